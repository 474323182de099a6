"""Replay of the benches' workflow by the official Python SDK: ns of CPU per recorded step, one line for each round."""

import json
import logging
import sys
import time
from types import SimpleNamespace

from aws_durable_execution_sdk_python import durable_execution, durable_step

STEPS = 1000
# The Python SDK finds the execution by the last part of its ARN.
EXECUTION = "11111111-1111-1111-1111-111111111111"
RESULT = "x" * 98


class Stub:
    """Acknowledges everything, and keeps the ids that steps are recorded under."""

    def __init__(self):
        self.ids = {}
        self.calls = 0

    def checkpoint_durable_execution(self, **request):
        self.calls += 1
        for update in request["Updates"]:
            if update["Type"] == "STEP":
                self.ids[update["Id"]] = None
        return {"CheckpointToken": "token", "NewExecutionState": {"Operations": []}}


@durable_step
def work(_context):
    return RESULT


def workflow(steps, context):
    return sum(len(context.step(work(), name="work")) for _ in range(steps))


def event(ids):
    """The invocation as text, of the shape that src/history.rs makes."""
    operations = [
        {
            "Id": EXECUTION,
            "Type": "EXECUTION",
            "Status": "STARTED",
            "StartTimestamp": 1767225600000,
            "ExecutionDetails": {"InputPayload": str(STEPS)},
        }
    ]
    for id in ids:
        operations.append(
            {
                "Id": id,
                "Name": "work",
                "Type": "STEP",
                "SubType": "Step",
                "Status": "SUCCEEDED",
                "StartTimestamp": 1767225600250,
                "EndTimestamp": 1767225600500,
                "StepDetails": {"Attempt": 1, "Result": json.dumps(RESULT)},
            }
        )
    return json.dumps(
        {
            "DurableExecutionArn": "arn:aws:lambda:eu-central-1:123456789012:function:bench:1/durable-execution/bench/" + EXECUTION,
            "CheckpointToken": "token",
            "InitialExecutionState": {"Operations": operations, "NextMarker": ""},
        }
    )


def main(rounds):
    logging.disable(logging.CRITICAL)
    stub = Stub()
    handler = durable_execution(workflow, boto3_client=stub)
    context = SimpleNamespace(
        aws_request_id="bench",
        tenant_id=None,
        client_context=None,
        identity=None,
        log_group_name=None,
        log_stream_name=None,
        function_name="bench",
        function_version="1",
        memory_limit_in_mb="128",
        invoked_function_arn="arn",
        get_remaining_time_in_millis=lambda: 60_000,
        log=lambda _: None,
    )
    expected = str(STEPS * len(RESULT))
    answer = handler(json.loads(event([])), context)
    assert answer["Result"] == expected, answer
    assert len(stub.ids) == STEPS, len(stub.ids)
    text = event(stub.ids)
    for round in range(rounds + 1):
        stub.calls = 0
        begun = time.process_time_ns()
        answer = handler(json.loads(text), context)
        passed = time.process_time_ns() - begun
        assert answer["Result"] == expected, answer
        assert stub.calls == 0, "it only replayed"
        # The first round warms up.
        if round > 0:
            print(f"value\treplay.ns\tpython\t{passed / STEPS}")


main(int(sys.argv[1]))
