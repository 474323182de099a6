#!/usr/bin/env python3
"""Makes of handlers.mjs what the launcher and `cargo durable serve` read: `functions.py HANDLERS FOLDER`."""

import json
import re
import sys
from pathlib import Path

handlers, folder = map(Path, sys.argv[1:])
template = ["Resources:"]
served = []
ids = []
for line in handlers.read_text().splitlines():
    if found := re.fullmatch(r"// ((\d+-\d+(, )?)+)", line):
        ids = found[1].split(", ")
    if found := re.match(r"export const (\w+) = durable", line):
        name = found[1]
        template += [f"  {name}:", "    Type: AWS::Serverless::Function"]
        if ids:  # of two functions under one comment, the first has the first
            template.append(f"    TestingMetadata: {{TestDescription: ['{ids.pop(0)}']}}")
        command = ["node", "runtime.mjs", f"handlers.{name}"]
        served += [
            f"[[function]]\nname = {json.dumps(name)}\ncommand = {json.dumps(command)}",
            f"cwd = {json.dumps(str(folder))}\ndurable = {{ execution_timeout = \"5m\", retention_days = 7 }}\n",
        ]
(folder / "template.yaml").write_text("\n".join(template) + "\n")
(folder / "functions.toml").write_text("\n".join(served))
