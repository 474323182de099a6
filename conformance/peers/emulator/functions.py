#!/usr/bin/env python3
"""Makes of our template what the gateway and the emulator read: `functions.py TEMPLATE BOOTSTRAP FOLDER`."""

import json
import sys
from pathlib import Path

import yaml
from aws_durable_execution_conformance_tests.validate import _CfnSafeLoader

template, bootstrap, folder = sys.argv[1:]
resources = yaml.load(Path(template).read_text(), Loader=_CfnSafeLoader)["Resources"]
names = [name for name, resource in resources.items() if resource["Type"] == "AWS::Serverless::Function"]
durable = {"DurableConfig": {"ExecutionTimeout": 300, "RetentionPeriodInDays": 7}}
Path(folder, "functions.json").write_text(json.dumps({name: {"command": [bootstrap]} for name in names}))
Path(folder, "configs.json").write_text(json.dumps({name: durable for name in names}))
