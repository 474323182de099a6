#!/usr/bin/env python3
"""Makes of a template of the Python handlers what `cargo durable serve` reads.

    functions.py TEMPLATE HANDLERS PYTHON OUTPUT [NAME=VALUE ..]

Each function is a process of Python's own Lambda runtime, awslambdaric.
"""

import json
import sys
from pathlib import Path

import yaml
from aws_durable_execution_conformance_tests.validate import _CfnSafeLoader


def value(text):
    """The targets are ARNs that CloudFormation puts in: `!Sub "${TargetEcho.Arn}:$LATEST"`."""
    if isinstance(text, dict):
        text = next(iter(text.values()))
    return text.replace("${", "").replace(".Arn}", "")


def main(template, handlers, python, output, *more):
    resources = yaml.load(Path(template).read_text(), Loader=_CfnSafeLoader)["Resources"]
    lines = []
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        variables = properties.get("Environment", {}).get("Variables", {})
        environment = {key: value(text) for key, text in variables.items()}
        # As the templates have it: the SDK's logger names the execution only in JSON.
        environment |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        environment |= dict(pair.split("=", 1) for pair in more)
        handler = properties["Handler"]
        lines += [
            "[[function]]",
            f"name = {json.dumps(name)}",
            f"command = {json.dumps([python, '-m', 'awslambdaric', handler])}",
            f"cwd = {json.dumps(str(Path(handlers).resolve()))}",
            "env = { %s }" % ", ".join(f"{key} = {json.dumps(text)}" for key, text in environment.items()),
        ]
        if "DurableConfig" in properties:
            lines.append('durable = { execution_timeout = "5m", retention_days = 7 }')
        if "TenancyConfig" in properties:
            lines.append("tenant_isolation = true")
        lines.append("")
    Path(output).write_text("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
