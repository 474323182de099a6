"""boto3 drives whole executions against the server, and plays the durable function itself. The relay starts this; see relay.rs."""

import json
import queue
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# What the client checks by itself never reaches the server; here the server is to check it.
client = boto3.client("lambda", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))


class Invocations:
    """The invocations of the durable function, by execution."""

    def __init__(self):
        self.queues = {}
        self.lock = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    def of(self, arn):
        with self.lock:
            return self.queues.setdefault(arn, queue.Queue())

    def read(self):
        for line in sys.stdin:
            line = json.loads(line)
            self.of(line["Event"]["DurableExecutionArn"]).put(line)

    def next(self, arn):
        return Invocation(self.of(arn).get(timeout=20))


class Invocation:
    """One invocation of the function, and the tokens it goes through."""

    def __init__(self, line):
        self.request_id = line["RequestId"]
        self.event = line["Event"]
        self.arn = self.event["DurableExecutionArn"]
        self.token = self.event["CheckpointToken"]
        self.operations = {op["Id"]: op for op in self.event["InitialExecutionState"]["Operations"]}

    def checkpoint(self, *updates, **more):
        answer = client.checkpoint_durable_execution(
            DurableExecutionArn=self.arn, CheckpointToken=self.token, Updates=list(updates), **more
        )
        self.token = answer.get("CheckpointToken")
        return answer

    def answer(self, status, **more):
        print(json.dumps({"RequestId": self.request_id, "Answer": {"Status": status, **more}}), flush=True)


invocations = Invocations()


def refused(code, call, *parts, **arguments):
    """The call fails with the client's own class for this exception, and a message with all of these parts."""
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        typed = getattr(client.exceptions, code, None)
        assert typed is None or isinstance(error, typed), type(error)
        message = error.response["Error"]["Message"]
        for part in parts:
            assert part in message, f"{part!r} is not in {message!r}"
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error.response
    raise AssertionError(f"{code} was expected of {call.__name__}({arguments})")


def start(name, payload=b'{"order": 42}'):
    answer = client.invoke(
        FunctionName="orders:$LATEST", InvocationType="Event", DurableExecutionName=name, Payload=payload
    )
    assert answer["StatusCode"] == 202, answer
    return answer["DurableExecutionArn"]


def step(id, action, **more):
    return {"Id": id, "Type": "STEP", "SubType": "Step", "Name": f"step {id}", "Action": action, **more}


def context(id, action, **more):
    return {"Id": id, "Type": "CONTEXT", "SubType": "RunInChildContext", "Action": action, **more}


def status(arn):
    return client.get_durable_execution(DurableExecutionArn=arn)["Status"]


def until(arn, *wanted):
    deadline = time.monotonic() + 20
    while status(arn) not in wanted:
        assert time.monotonic() < deadline, f"{arn} is {status(arn)} and not {wanted}"
        time.sleep(0.02)


def whole_execution():
    """Steps, contexts, a wait and a callback, over several invocations."""
    began = datetime.now(timezone.utc) - timedelta(seconds=2)
    arn = start("whole")
    assert start("whole") == arn, "the same name and payload give the same execution"
    refused("DurableExecutionAlreadyStartedException", start, "whole", name="whole", payload=b"{}")

    first = invocations.next(arn)
    assert first.arn == arn and list(first.operations) == [arn.rsplit("/")[-1]], first.event
    execution = next(iter(first.operations.values()))
    assert json.loads(execution["ExecutionDetails"]["InputPayload"]) == {"order": 42}, execution
    assert isinstance(execution["StartTimestamp"], int), "the envelope has milliseconds"

    used = first.token
    answer = first.checkpoint(step("charge", "START"), step("charge", "SUCCEED", Payload='"paid"'), ClientToken="once")
    changed = {op["Id"]: op for op in answer["NewExecutionState"]["Operations"]}
    assert changed["charge"]["Status"] == "SUCCEEDED" and changed["charge"]["StepDetails"]["Result"] == '"paid"', changed
    assert isinstance(changed["charge"]["StartTimestamp"], datetime), "the API has seconds"

    # The same call again has the same answer; another with a token that is used up has none.
    again = client.checkpoint_durable_execution(
        DurableExecutionArn=arn, CheckpointToken=used, ClientToken="once",
        Updates=[step("charge", "START"), step("charge", "SUCCEED", Payload='"paid"')],
    )
    assert again["CheckpointToken"] == first.token, again
    checkpoint = client.checkpoint_durable_execution
    refused("InvalidParameterValueException", checkpoint, "Invalid Checkpoint Token",
            DurableExecutionArn=arn, CheckpointToken=used, Updates=[])
    # A batch is all or nothing, and its token is still good.
    refused("InvalidParameterValueException", checkpoint, "Updates[1].WaitOptions.WaitSeconds", "greater than or equal to 1",
            DurableExecutionArn=arn, CheckpointToken=first.token,
            Updates=[step("lost", "START"), {"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 0}}])
    refused("InvalidParameterValueException", checkpoint, "update 2 of 2", "never started",
            DurableExecutionArn=arn, CheckpointToken=first.token, Updates=[step("lost", "START"), step("other", "SUCCEED")])

    first.checkpoint(context("closed", "START"), *(step(f"closed-{n}", "START", ParentId="closed") for n in range(3)))
    first.checkpoint(*(step(f"closed-{n}", "SUCCEED", ParentId="closed", Payload=str(n)) for n in range(3)))
    first.checkpoint(context("closed", "SUCCEED", Payload='"three"'))
    first.checkpoint(context("kept", "START"), step("kept-0", "START", ParentId="kept"))
    first.checkpoint(step("kept-0", "SUCCEED", ParentId="kept", Payload="0"))
    first.checkpoint(context("kept", "SUCCEED", ContextOptions={"ReplayChildren": True}))
    answer = first.checkpoint(
        {"Id": "approve", "Type": "CALLBACK", "SubType": "Callback", "Name": "approve", "Action": "START",
         "CallbackOptions": {"TimeoutSeconds": 60, "HeartbeatTimeoutSeconds": 30}},
        {"Id": "pause", "Type": "WAIT", "SubType": "Wait", "Action": "START", "WaitOptions": {"WaitSeconds": 1}},
    )
    changed = {op["Id"]: op for op in answer["NewExecutionState"]["Operations"]}
    callback_id = changed["approve"]["CallbackDetails"]["CallbackId"]

    # Pages of state: in the order of starts, without what a completed context stands for.
    pages, marker = [], {}
    while True:
        page = client.get_durable_execution_state(
            DurableExecutionArn=arn, CheckpointToken=first.token, MaxItems=2, **marker)
        assert 1 <= len(page["Operations"]) <= 2, page
        pages.append(page["Operations"])
        if not page.get("NextMarker"):
            break
        marker = {"Marker": page["NextMarker"]}
    ids = [op["Id"] for page in pages for op in page]
    assert ids == [arn.rsplit("/")[-1], "charge", "closed", "kept", "kept-0", "approve", "pause"], ids
    times = [op["StartTimestamp"] for page in pages for op in page]
    assert times == sorted(times), times
    whole = client.get_durable_execution_state(DurableExecutionArn=arn, CheckpointToken=first.token)
    assert [op["Id"] for op in whole["Operations"]] == ids and "NextMarker" not in whole
    paginator = client.get_paginator("get_durable_execution_state")
    paged = paginator.paginate(DurableExecutionArn=arn, CheckpointToken=first.token, PaginationConfig={"PageSize": 3})
    assert [op["Id"] for page in paged for op in page["Operations"]] == ids

    state = client.get_durable_execution_state
    refused("InvalidParameterValueException", state, "'MaxItems'", "less than or equal to 1000",
            DurableExecutionArn=arn, CheckpointToken=first.token, MaxItems=1001)
    refused("InvalidParameterValueException", state, "marker",
            DurableExecutionArn=arn, CheckpointToken=first.token, Marker="nowhere")
    first.answer("PENDING")

    # Each completion makes an invocation of its own.
    client.send_durable_execution_callback_heartbeat(CallbackId=callback_id)
    client.send_durable_execution_callback_success(CallbackId=callback_id, Result=b'{"by": "Ada" }')
    refused("CallbackTimeoutException", client.send_durable_execution_callback_success, CallbackId=callback_id, Result=b"1")
    refused("CallbackTimeoutException", client.send_durable_execution_callback_heartbeat, CallbackId=callback_id)
    seen = {}
    while not (seen.get("approve") and seen.get("pause")):
        later = invocations.next(arn)
        seen = {id: later.operations[id]["Status"] == "SUCCEEDED" for id in ("approve", "pause")}
        if not all(seen.values()):
            later.answer("PENDING")
    assert later.operations["approve"]["CallbackDetails"]["Result"] == '{"by": "Ada" }', "byte for byte"
    assert "closed-0" not in later.operations and "kept-0" in later.operations
    assert later.event["UpdatedOperationIds"], later.event
    assert status(arn) == "RUNNING"
    later.answer("SUCCEEDED", Result='"shipped"')
    until(arn, "SUCCEEDED")

    got = client.get_durable_execution(DurableExecutionArn=arn)
    assert got["Result"] == '"shipped"' and json.loads(got["InputPayload"]) == {"order": 42}, got
    assert got["DurableExecutionName"] == "whole" and got["Version"] == "$LATEST", got
    assert got["DurableConfig"] == {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 7}, got
    assert began <= got["StartTimestamp"] <= got["EndTimestamp"] <= datetime.now(timezone.utc) + timedelta(seconds=2), got
    assert got["FunctionArn"].endswith(":function:orders:$LATEST") and got["ExecutionDataIncluded"] is True, got
    bare = client.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)
    assert not {"Result", "InputPayload", "Error"} & set(bare) and bare["ExecutionDataIncluded"] is False, bare

    history(arn)
    return arn


def history(arn):
    events = client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
    assert [event["EventId"] for event in events] == list(range(1, len(events) + 1))
    types = [event["EventType"] for event in events]
    assert types[0] == "ExecutionStarted" and types[-1] == "ExecutionSucceeded", types
    assert all(isinstance(event["EventTimestamp"], datetime) for event in events)
    succeeded = next(event for event in events if event["EventType"] == "CallbackSucceeded")
    assert succeeded["CallbackSucceededDetails"]["Result"] == {"Payload": '{"by": "Ada" }', "Truncated": False}, succeeded
    started = next(event for event in events if event["EventType"] == "CallbackStarted")
    assert started["CallbackStartedDetails"]["Timeout"] == 60 and started["CallbackStartedDetails"]["HeartbeatTimeout"] == 30
    child = next(event for event in events if event.get("Id") == "closed-1")
    assert child["ParentId"] == "closed" and child["Name"] == "step closed-1", child
    completed = [event["InvocationCompletedDetails"] for event in events if event["EventType"] == "InvocationCompleted"]
    assert len(completed) >= 2 and all(details["RequestId"] for details in completed), completed

    paginator = client.get_paginator("get_durable_execution_history")
    for reverse in (False, True):
        pages = paginator.paginate(DurableExecutionArn=arn, ReverseOrder=reverse, PaginationConfig={"PageSize": 4})
        ids = [event["EventId"] for page in pages for event in page["Events"]]
        assert ids == sorted(ids, reverse=reverse) and len(ids) == len(events), ids
    bare = client.get_durable_execution_history(DurableExecutionArn=arn, IncludeExecutionData=False)["Events"]
    assert "paid" not in str(bare) and len(bare) == len(events), bare


def callbacks():
    """A callback that fails and one that nobody opened."""
    arn = start("callbacks")
    invocation = invocations.next(arn)
    answer = invocation.checkpoint({"Id": "c", "Type": "CALLBACK", "Action": "START"})
    callback_id = answer["NewExecutionState"]["Operations"][0]["CallbackDetails"]["CallbackId"]
    invocation.answer("PENDING")
    fail = client.send_durable_execution_callback_failure
    fail(CallbackId=callback_id, Error={"ErrorType": "Declined", "ErrorMessage": "no", "ErrorData": "51", "StackTrace": ["a", "b"]})
    invocation = invocations.next(arn)
    details = invocation.operations["c"]["CallbackDetails"]
    assert details["Error"] == {"ErrorType": "Declined", "ErrorMessage": "no", "ErrorData": "51", "StackTrace": ["a", "b"]}, details
    refused("ResourceNotFoundException", fail, CallbackId="bm9ib2R5", Error={})
    refused("InvalidParameterValueException", fail, "'CallbackId'", "pattern", CallbackId="not base64!", Error={})
    invocation.answer("FAILED", Error={"ErrorType": "Declined", "ErrorMessage": "no"})
    until(arn, "FAILED")
    got = client.get_durable_execution(DurableExecutionArn=arn)
    assert got["Error"] == {"ErrorType": "Declined", "ErrorMessage": "no"} and "Result" not in got, got


def invoking():
    """The three ways to invoke, and what can go wrong."""
    invoke = client.invoke
    dry = invoke(FunctionName="orders", InvocationType="DryRun")
    assert dry["StatusCode"] == 204 and "DurableExecutionArn" not in dry, dry
    refused("ResourceNotFoundException", invoke, "nobody", FunctionName="nobody")
    refused("InvalidParameterValueException", invoke, "'InvocationType'", "[Event, RequestResponse, DryRun]", FunctionName="orders", InvocationType="Now")
    refused("InvalidParameterValueException", invoke, "'DurableExecutionName'", FunctionName="orders", DurableExecutionName="no spaces")
    refused("InvalidRequestContentException", invoke, "JSON", FunctionName="orders", Payload=b"{order: 42}")
    refused("RequestTooLargeException", invoke, "limit 1048576", FunctionName="orders", InvocationType="Event", Payload=b'"' + b"x" * 1048576 + b'"')
    refused("RequestTooLargeException", invoke, "limit 6291456", FunctionName="orders", Payload=b'"' + b"x" * 6291456 + b'"')

    echoed = invoke(FunctionName="arn:aws:lambda:xx-local-1:000000000000:function:echo", Payload=b'{"a": 1}')
    assert echoed["StatusCode"] == 200 and echoed["Payload"].read() == b'{"a": 1}' and "FunctionError" not in echoed, echoed
    assert echoed["ExecutedVersion"] == "$LATEST" and "DurableExecutionArn" not in echoed, echoed
    tenant = invoke(FunctionName="tenants", TenantId="blue and green")
    assert tenant["Payload"].read() == b'"blue and green"'
    refused("InvalidParameterValueException", invoke, "tenant", FunctionName="tenants")

    # Synchronously, the answer comes with the end.
    for name, play, payload, error in [
        ("sync", {"status": "SUCCEEDED", "Result": "[1]"}, b"[1]", None),
        ("sync-failed", {"status": "FAILED", "Error": {"ErrorType": "Boom", "ErrorMessage": "it went boom"}}, None, "Unhandled"),
    ]:
        arn = start(name, b"null")
        invocation = invocations.next(arn)
        answers = queue.Queue()
        waiting = threading.Thread(target=lambda: answers.put(
            invoke(FunctionName="orders", DurableExecutionName=name, Payload=b"null")))
        waiting.start()
        time.sleep(0.1)
        assert answers.empty(), "it waits"
        invocation.answer(**play)
        waiting.join(20)
        answer = answers.get(timeout=1)
        assert answer["StatusCode"] == 200 and answer["DurableExecutionArn"] == arn, answer
        assert answer.get("FunctionError") == error, answer
        body = answer["Payload"].read()
        assert body == payload or json.loads(body)["errorMessage"] == "it went boom", body


def listing(whole):
    """Filters, pages and orders of a function's executions."""
    names = [f"listed-{n}" for n in range(5)]
    arns = [start(name) for name in names]
    stopped = client.stop_durable_execution(DurableExecutionArn=arns[0], Error={"ErrorType": "Enough", "ErrorMessage": "of it"})
    assert isinstance(stopped["StopTimestamp"], datetime), stopped
    got = client.get_durable_execution(DurableExecutionArn=arns[0])
    assert got["Status"] == "STOPPED" and got["Error"]["ErrorType"] == "Enough", got
    assert client.stop_durable_execution(DurableExecutionArn=arns[0])["StopTimestamp"] == stopped["StopTimestamp"]
    client.stop_durable_execution(DurableExecutionArn=arns[1])

    list_ = client.list_durable_executions_by_function
    found = lambda **query: [it["DurableExecutionName"] for it in list_(FunctionName="orders", **query)["DurableExecutions"]]
    assert [name for name in found() if name in names] == names[::-1], "the newest first"
    assert [name for name in found(ReverseOrder=True) if name in names] == names
    assert found(DurableExecutionName="listed-3") == ["listed-3"]
    assert found(Statuses=["STOPPED"], ReverseOrder=True) == names[:2]
    assert set(found(Statuses=["STOPPED", "SUCCEEDED"])) >= {"listed-0", "whole"}
    assert found(DurableExecutionName="whole", Qualifier="$LATEST") == ["whole"] and found(DurableExecutionName="whole", Qualifier="7") == []
    line = list_(FunctionName="orders", DurableExecutionName="whole")["DurableExecutions"][0]
    assert line["DurableExecutionArn"] == whole and line["Status"] == "SUCCEEDED" and line["EndTimestamp"] >= line["StartTimestamp"], line
    assert found(StartedAfter=datetime.now(timezone.utc) + timedelta(hours=1)) == []
    assert len(found(StartedBefore=datetime.now(timezone.utc) + timedelta(hours=1))) >= 6
    paginator = client.get_paginator("list_durable_executions_by_function")
    pages = list(paginator.paginate(FunctionName="orders", PaginationConfig={"PageSize": 2}))
    assert [it["DurableExecutionName"] for page in pages for it in page["DurableExecutions"]] == found()
    refused("InvalidParameterValueException", list_, "'Statuses[0]'", "RUNNING", FunctionName="orders", Statuses=["SLEEPING"])
    refused("ResourceNotFoundException", list_, "nobody", FunctionName="nobody")
    for arn in arns[2:]:
        client.stop_durable_execution(DurableExecutionArn=arn)


def pausing():
    """Pause, resume, stop and delete."""
    arn = start("paused")
    invocation = invocations.next(arn)
    pause, resume, delete = client.pause_durable_execution, client.resume_durable_execution, client.delete_durable_execution
    pause(DurableExecutionArn=arn, Reason="inventory", ExecutionTimeoutPaused=False, ClientToken="p1")
    got = client.get_durable_execution(DurableExecutionArn=arn)
    assert got["Status"] in ("PAUSING", "PAUSED") and got["PauseDetails"]["Reason"] == "inventory", got
    assert got["PauseDetails"]["ExecutionTimeoutPaused"] is False, got
    pause(DurableExecutionArn=arn, Reason="inventory", ExecutionTimeoutPaused=False, ClientToken="p1")
    invocation.checkpoint({"Id": "w", "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": 1}})
    invocation.answer("PENDING")
    until(arn, "PAUSED")
    refused("ResourceConflictException", delete, DurableExecutionArn=arn)
    time.sleep(1.2)
    assert invocations.of(arn).empty(), "a paused execution is not invoked"
    resume(DurableExecutionArn=arn, Reason="counted")
    later = invocations.next(arn)
    assert later.operations["w"]["Status"] == "SUCCEEDED", later.operations
    refused("ResourceConflictException", resume, DurableExecutionArn=arn)
    later.answer("SUCCEEDED", Result="1")
    until(arn, "SUCCEEDED")
    types = [event["EventType"] for event in client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]]
    assert "ExecutionPaused" in types and "ExecutionResumed" in types, types
    refused("ResourceConflictException", pause, DurableExecutionArn=arn)
    refused("InvalidParameterValueException", pause, "'Reason'", "1024", DurableExecutionArn=arn, Reason="x" * 1025)
    deleted = delete(DurableExecutionArn=arn)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202 and isinstance(deleted["DeletionRequestTimestamp"], datetime), deleted
    for call in (client.get_durable_execution, client.get_durable_execution_history, client.stop_durable_execution, delete, pause, resume):
        refused("ResourceNotFoundException", call, arn, DurableExecutionArn=arn)
    refused("InvalidParameterValueException", client.get_durable_execution, "'DurableExecutionArn'", "pattern", DurableExecutionArn="whole")


whole = whole_execution()
callbacks()
invoking()
listing(whole)
pausing()
print(f"boto3 {boto3.__version__}: every operation of the service")
