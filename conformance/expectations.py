"""Compares what passed with what is known to pass, and why the rest does not.

The list is TOML: a table per known defect, with the requirements that it fails
and what its errors look like. Anything else is a change, for better or worse.
"""

import re
import sys
import tomllib


def compare(file, entries):
    """Tells what has changed since the list was written; 0 if nothing has."""
    defects = tomllib.loads(file.read_text())
    known = {id: defect for defect in defects.values() for id in defect["ids"]}
    names = {id: name for name, defect in defects.items() for id in defect["ids"]}
    changes = []
    for id, entry in entries.items():
        passed = entry["status"] == "PASSED"
        if passed and id in known:
            changes.append(f"{id} passes now, in spite of {names[id]}")
        elif not passed and id not in known:
            changes.append(f"{id} does not pass: {first(entry)}")
        elif not passed and (other := unexplained(known[id], entry)):
            changes.append(f"{id} fails for another reason than {names[id]}: {other}")
    failed = sum(entry["status"] != "PASSED" for entry in entries.values())
    print(f"{failed} do not pass, each for the reason that {file} gives" if not changes else "")
    for change in changes:
        print(change, file=sys.stderr)
    return 1 if changes else 0


def first(entry):
    return (entry["errors"] or [entry["status"]])[0]


def unexplained(defect, entry):
    """An error that the defect doesn't explain. Of one that moves all later events, the first is enough."""
    errors = entry["errors"][:1] if defect.get("moves_events") else entry["errors"]
    return next((error for error in errors if not re.search(defect["error"], error)), None)
