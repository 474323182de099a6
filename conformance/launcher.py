#!/usr/bin/env python3
"""Runs AWS's conformance suite against functions that are served already.

The suite (PyPI: aws-durable-execution-conformance-tests) deploys a SAM template
to AWS, invokes each function, and holds its history, result and logs against
the requirements. Here its own code does all of that but three things, since
there is no AWS: nothing is deployed; a function has the name it has in the
template; its logs are the file <log dir>/<name>.log.

    launcher.py --endpoint http://127.0.0.1:9001 --logs target/logs \\
        --template conformance/template.yaml [--requirements DIR] [--keep DIR] \\
        [id or suite ...]

Exits with 0 if every requirement that was asked for is PASSED, with 1 if one is
not, and with 2 if nothing could be tested. `--requirements` takes a tree newer
than the packaged one; `--expect FILE` compares with a list of what passes and
why the others don't.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from pathlib import Path

# A machine's AWS settings must not matter, and nothing here may look for any.
os.environ.update(
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_ACCESS_KEY_ID="local",
    AWS_SECRET_ACCESS_KEY="local",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

import boto3  # noqa: E402
from aws_durable_execution_conformance_tests import app, clients, sam, validate  # noqa: E402
from aws_durable_execution_conformance_tests.extensions import load_extensions  # noqa: E402

SETTLE_SECONDS = 0.5  # for lines that are written after an invocation's answer


class Deployed:
    """Instead of sam.Deployer."""

    def __init__(self, **_):
        pass

    def build(self):
        pass

    def deploy(self, **_):
        pass


class LogFiles:
    """Instead of CloudWatch: those lines of a file that its filter would return.

    They are JSON objects that name the execution at their top level. The order
    of the file is the order in time.
    """

    folder = None

    def __init__(self, **_):
        pass

    def get_log_group_name(self, _stack, function):
        return function

    def get_execution_log_events(self, log_group_name, execution_arn, **_):
        time.sleep(SETTLE_SECONDS)
        file = self.folder / f"{log_group_name}.log"
        lines = file.read_text("utf-8", "replace").splitlines() if file.exists() else []
        return [
            {"message": line, "timestamp": number}
            for number, line in enumerate(lines)
            if self.is_of(execution_arn, line)
        ]

    @staticmethod
    def is_of(arn, line):
        try:
            record = json.loads(line)
        except ValueError:
            return False
        return isinstance(record, dict) and arn in (
            record.get("executionArn"),
            record.get("durableExecutionArn"),
        )


def connect(endpoint):
    """Instead of clients.AwsClients.create: a client of Lambda at that address, and no others."""

    def create(region, additional_services=()):
        if additional_services:
            give_up(f"there is no {', '.join(additional_services)} here")
        lambda_client = boto3.client(
            "lambda", region_name=region, endpoint_url=endpoint, config=clients.AWS_CLIENT_CONFIG
        )
        return clients.AwsClients({"lambda": lambda_client, "cloudformation": None, "logs": None})

    return create


def give_up(why):
    """Nothing can be tested."""
    print(why, file=sys.stderr)
    sys.exit(2)


def choose(template, wanted, covered):
    """The requirements that are asked for: by id or by suite, all by default."""
    registry = load_extensions(app.TESTS_DIR)
    cases = registry.discover_requirements(["all"])
    functions = validate.parse_function_descriptions(str(template))
    if wanted:
        suites = {case.suite.name for case in cases.values()}
        if unknown := set(wanted) - suites - set(cases):
            give_up(f"no such requirement or suite: {', '.join(sorted(unknown))}")
        cases = {id: case for id, case in cases.items() if wanted & {id, case.suite.name}}
    if covered:
        cases = {id: case for id, case in cases.items() if id in {id for _, id in functions}}
    # The template may be newer than the packaged requirements.
    return cases, [(function, id) for function, id in functions if id in cases]


def run(args):
    """The official run, in the official words; gives back its report."""
    if args.requirements:
        app.TESTS_DIR = args.requirements
    cases, functions = choose(args.template, set(args.wanted), args.covered)
    if not functions:
        give_up("no function of the template meets such a requirement")
    app.Deployer = Deployed
    app._maybe_cleanup = lambda *_: None
    app.AwsClients.create = connect(args.endpoint)
    app.ExtensionRegistry.discover_requirements = lambda *_: cases
    app.parse_function_descriptions = lambda _: functions
    sam.Invoker._resolve_function = lambda _, function: function
    validate.CloudWatchLogRetriever = LogFiles
    LogFiles.folder = args.logs

    args.keep.mkdir(parents=True, exist_ok=True)
    report = args.keep / "report"
    official = ["--template", str(args.template), "--language", "rust", "--history-dir", str(args.keep)]
    official += ["--max-workers", str(args.workers), "--fail-on", "failed+uncovered"]
    official += ["--report", "console", "json", "--report-file", str(report)]
    with contextlib.suppress(SystemExit):  # what it exits with is less than what we ask for
        app.run(official)
    entries = json.loads(report.with_suffix(".json").read_text())["results"]
    return {entry["id"]: entry for entry in entries}


def number(id):
    return [int(part) for part in id.split("-")]


def summary(entries):
    """How many of each suite passed, and what did not."""
    suites = {}
    for id, entry in sorted(entries.items(), key=lambda item: number(item[0])):
        suites.setdefault(entry["suite"], []).append(entry["status"])
    for suite, statuses in suites.items():
        print(f"{suite:20} {statuses.count('PASSED'):3} of {len(statuses):3} passed")
    passed = sum(entry["status"] == "PASSED" for entry in entries.values())
    print(f"{'all':20} {passed:3} of {len(entries):3} passed")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("wanted", nargs="*", metavar="ID|SUITE", help="only these requirements")
    add("--endpoint", required=True, metavar="URL")
    add("--logs", required=True, type=Path, metavar="DIR")
    add("--template", required=True, type=Path, metavar="FILE")
    add("--requirements", type=Path, metavar="DIR")
    add("--keep", type=Path, required=True, metavar="DIR", help="for histories and the report")
    add("--workers", type=int, default=12, metavar="N")
    add("--covered", action="store_true", help="only requirements that the template has a function for")
    add("--expect", type=Path, metavar="FILE", help="what passes, and why the others don't")
    args = parser.parse_args()
    if args.requirements and not args.requirements.is_dir():
        parser.error(f"{args.requirements} is no folder")

    entries = run(args)
    summary(entries)
    if args.expect:
        import expectations

        return expectations.compare(args.expect, entries)
    return 0 if all(entry["status"] == "PASSED" for entry in entries.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
