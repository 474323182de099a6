// @aws-sdk/client-lambda drives whole executions against the server, and plays the durable function itself. The relay starts this; see relay.rs.
// It has no commands to pause, resume and delete executions; boto3_client.py sends those.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

// From where `run` has installed it, which is not beside this file.
const require = createRequire(process.env.CLIENT_MODULES ?? import.meta.url);
const sdk = require("@aws-sdk/client-lambda");
const { version } = require("@aws-sdk/client-lambda/package.json");

const client = new sdk.LambdaClient({ endpoint: process.env.AWS_ENDPOINT_URL_LAMBDA, maxAttempts: 1 });

/** `send("StopDurableExecution", input)` sends a `StopDurableExecutionCommand`. */
const send = (operation, input) => client.send(new sdk[`${operation}Command`](input));
const text = (payload) => Buffer.from(payload).toString();

/** The call fails with the SDK's own class for this exception, and a message with all of these parts. */
async function refused(exception, parts, operation, input) {
  await assert.rejects(send(operation, input), (error) => {
    assert.ok(error instanceof sdk[exception], `${operation}: ${error.name} ${error.message} is no ${exception}`);
    assert.ok(error.$metadata.requestId);
    for (const part of parts) assert.ok(error.message.includes(part), `${part} is not in ${error.message}`);
    return true;
  });
}

/** The invocations of the durable function, by execution. */
const arrived = new Map();
const awaited = new Map();
createInterface({ input: process.stdin }).on("line", (line) => {
  const invocation = JSON.parse(line);
  const arn = invocation.Event.DurableExecutionArn;
  const waiting = awaited.get(arn)?.shift();
  if (waiting) waiting(invocation);
  else arrived.set(arn, [...(arrived.get(arn) ?? []), invocation]);
});

async function next(arn) {
  const line = arrived.get(arn)?.shift() ?? (await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no invocation of ${arn}`)), 20_000);
    const taken = (line) => { clearTimeout(timer); resolve(line); };
    awaited.set(arn, [...(awaited.get(arn) ?? []), taken]);
  }));
  return new Invocation(line);
}

/** One invocation of the function, and the tokens it goes through. */
class Invocation {
  constructor(line) {
    this.requestId = line.RequestId;
    this.event = line.Event;
    this.arn = this.event.DurableExecutionArn;
    this.token = this.event.CheckpointToken;
    this.operations = new Map(this.event.InitialExecutionState.Operations.map((it) => [it.Id, it]));
  }

  async checkpoint(...Updates) {
    const answer = await send("CheckpointDurableExecution", {
      DurableExecutionArn: this.arn, CheckpointToken: this.token, Updates,
    });
    this.token = answer.CheckpointToken;
    return new Map(answer.NewExecutionState.Operations.map((it) => [it.Id, it]));
  }

  answer(Status, more = {}) {
    console.log(JSON.stringify({ RequestId: this.requestId, Answer: { Status, ...more } }));
  }
}

async function start(DurableExecutionName, payload = '{"order":42}') {
  const answer = await send("Invoke", {
    FunctionName: "orders", Qualifier: "$LATEST", InvocationType: "Event", DurableExecutionName, Payload: payload,
  });
  assert.equal(answer.StatusCode, 202);
  return answer.DurableExecutionArn;
}

async function until(arn, wanted) {
  for (let tries = 0; tries < 1000; tries++) {
    const { Status } = await send("GetDurableExecution", { DurableExecutionArn: arn });
    if (Status === wanted) return;
    await sleep(20);
  }
  assert.fail(`${arn} did not become ${wanted}`);
}

const step = (Id, Action, more = {}) => ({ Id, Type: "STEP", SubType: "Step", Name: `step ${Id}`, Action, ...more });
const context = (Id, Action, more = {}) => ({ Id, Type: "CONTEXT", SubType: "RunInChildContext", Action, ...more });

/** Steps, contexts, a wait and a callback, over several invocations. */
async function wholeExecution() {
  const arn = await start("whole");
  assert.equal(await start("whole"), arn);
  await refused("DurableExecutionAlreadyStartedException", ["whole"], "Invoke",
    { FunctionName: "orders", InvocationType: "Event", DurableExecutionName: "whole", Payload: "{}" });

  const first = await next(arn);
  const used = first.token;
  const changed = await first.checkpoint(step("charge", "START"), step("charge", "SUCCEED", { Payload: '"paid"' }));
  assert.equal(changed.get("charge").StepDetails.Result, '"paid"');
  assert.ok(changed.get("charge").StartTimestamp instanceof Date);
  const batch = (CheckpointToken, Updates) => ({ DurableExecutionArn: arn, CheckpointToken, Updates });
  await refused("InvalidParameterValueException", ["Invalid Checkpoint Token"], "CheckpointDurableExecution", batch(used, []));
  await refused("InvalidParameterValueException", ["'Updates[1].WaitOptions.WaitSeconds'", "greater than or equal to 1"],
    "CheckpointDurableExecution", batch(first.token, [
      step("lost", "START"),
      { Id: "w", Type: "WAIT", Action: "START", WaitOptions: { WaitSeconds: 0 } },
    ]));
  await refused("InvalidParameterValueException", ["update 2 of 2", "never started"],
    "CheckpointDurableExecution", batch(first.token, [step("lost", "START"), step("other", "SUCCEED")]));

  const numbers = [0, 1, 2];
  await first.checkpoint(context("closed", "START"),
    ...numbers.map((n) => step(`closed-${n}`, "START", { ParentId: "closed" })));
  await first.checkpoint(...numbers.map((n) => step(`closed-${n}`, "SUCCEED", { ParentId: "closed", Payload: `${n}` })));
  await first.checkpoint(context("closed", "SUCCEED", { Payload: '"three"' }), context("kept", "START"));
  await first.checkpoint(step("kept-0", "START", { ParentId: "kept" }), step("kept-0", "SUCCEED", { ParentId: "kept" }));
  await first.checkpoint(context("kept", "SUCCEED", { ContextOptions: { ReplayChildren: true } }));
  const opened = await first.checkpoint(
    { Id: "approve", Type: "CALLBACK", Name: "approve", Action: "START", CallbackOptions: { TimeoutSeconds: 60, HeartbeatTimeoutSeconds: 30 } },
    { Id: "pause", Type: "WAIT", SubType: "Wait", Action: "START", WaitOptions: { WaitSeconds: 1 } });
  const CallbackId = opened.get("approve").CallbackDetails.CallbackId;

  // Pages of state: in the order of starts, without what a completed context stands for.
  const ids = [];
  const state = { DurableExecutionArn: arn, CheckpointToken: first.token };
  let Marker, last = new Date(0);
  do {
    const page = await send("GetDurableExecutionState", { ...state, MaxItems: 2, Marker });
    assert.ok(page.Operations.length >= 1 && page.Operations.length <= 2);
    for (const { Id, StartTimestamp } of page.Operations) {
      assert.ok(StartTimestamp >= last);
      last = StartTimestamp;
      ids.push(Id);
    }
    Marker = page.NextMarker;
  } while (Marker);
  assert.deepEqual(ids, [arn.split("/").at(-1), "charge", "closed", "kept", "kept-0", "approve", "pause"]);
  const paged = [];
  for await (const page of sdk.paginateGetDurableExecutionState({ client, pageSize: 3 }, state)) {
    paged.push(...page.Operations.map((it) => it.Id));
  }
  assert.deepEqual(paged, ids);
  await refused("InvalidParameterValueException", ["'MaxItems'", "1000"], "GetDurableExecutionState", { ...state, MaxItems: 1001 });
  await refused("InvalidParameterValueException", ["marker"], "GetDurableExecutionState", { ...state, Marker: "nowhere" });
  first.answer("PENDING");

  await send("SendDurableExecutionCallbackHeartbeat", { CallbackId });
  await send("SendDurableExecutionCallbackSuccess", { CallbackId, Result: '{"by": "Ada" }' });
  await refused("CallbackTimeoutException", [], "SendDurableExecutionCallbackSuccess", { CallbackId, Result: "1" });
  await refused("CallbackTimeoutException", [], "SendDurableExecutionCallbackHeartbeat", { CallbackId });
  let later;
  for (;;) {
    later = await next(arn);
    if (["approve", "pause"].every((id) => later.operations.get(id).Status === "SUCCEEDED")) break;
    later.answer("PENDING");
  }
  assert.equal(later.operations.get("approve").CallbackDetails.Result, '{"by": "Ada" }');
  assert.ok(!later.operations.has("closed-0") && later.operations.has("kept-0"));
  later.answer("SUCCEEDED", { Result: '"shipped"' });
  await until(arn, "SUCCEEDED");

  const got = await send("GetDurableExecution", { DurableExecutionArn: arn });
  assert.equal(got.Result, '"shipped"');
  assert.equal(got.InputPayload, '{"order":42}');
  assert.equal(got.DurableExecutionName, "whole");
  assert.deepEqual(got.DurableConfig, { ExecutionTimeout: 3600, RetentionPeriodInDays: 7 });
  assert.ok(got.StartTimestamp instanceof Date && got.EndTimestamp >= got.StartTimestamp);
  const bare = await send("GetDurableExecution", { DurableExecutionArn: arn, IncludeExecutionData: false });
  assert.ok(bare.Result === undefined && bare.InputPayload === undefined && bare.ExecutionDataIncluded === false);
  await history(arn);
  return arn;
}

async function history(DurableExecutionArn) {
  const { Events } = await send("GetDurableExecutionHistory", { DurableExecutionArn });
  assert.deepEqual(Events.map((it) => it.EventId), Events.map((_, n) => n + 1));
  assert.equal(Events[0].EventType, "ExecutionStarted");
  assert.equal(Events.at(-1).EventType, "ExecutionSucceeded");
  assert.ok(Events.every((it) => it.EventTimestamp instanceof Date));
  const succeeded = Events.find((it) => it.EventType === "CallbackSucceeded");
  assert.deepEqual(succeeded.CallbackSucceededDetails.Result, { Payload: '{"by": "Ada" }', Truncated: false });
  for (const ReverseOrder of [false, true]) {
    const ids = [];
    const query = { DurableExecutionArn, ReverseOrder };
    for await (const page of sdk.paginateGetDurableExecutionHistory({ client, pageSize: 4 }, query)) {
      ids.push(...page.Events.map((it) => it.EventId));
    }
    const expected = Events.map((it) => it.EventId);
    assert.deepEqual(ids, ReverseOrder ? expected.reverse() : expected);
  }
  const bare = await send("GetDurableExecutionHistory", { DurableExecutionArn, IncludeExecutionData: false });
  assert.ok(!JSON.stringify(bare.Events).includes("paid"));
}

/** A callback that fails, and one that nobody opened. */
async function callbacks() {
  const arn = await start("callbacks");
  const invocation = await next(arn);
  const opened = await invocation.checkpoint({ Id: "c", Type: "CALLBACK", Action: "START" });
  const { CallbackId } = opened.get("c").CallbackDetails;
  invocation.answer("PENDING");
  const Error = { ErrorType: "Declined", ErrorMessage: "no", ErrorData: "51", StackTrace: ["a", "b"] };
  await send("SendDurableExecutionCallbackFailure", { CallbackId, Error });
  const later = await next(arn);
  assert.deepEqual(later.operations.get("c").CallbackDetails.Error, Error);
  await refused("ResourceNotFoundException", [], "SendDurableExecutionCallbackFailure", { CallbackId: "bm9ib2R5", Error });
  await refused("InvalidParameterValueException", ["'CallbackId'", "pattern"], "SendDurableExecutionCallbackFailure", { CallbackId: "not base64!" });
  later.answer("FAILED", { Error: { ErrorType: "Declined", ErrorMessage: "no" } });
  await until(arn, "FAILED");
  const got = await send("GetDurableExecution", { DurableExecutionArn: arn });
  assert.deepEqual(got.Error, { ErrorType: "Declined", ErrorMessage: "no" });
}

/** The three ways to invoke, and what can go wrong. */
async function invoking() {
  const dry = await send("Invoke", { FunctionName: "orders", InvocationType: "DryRun" });
  assert.equal(dry.StatusCode, 204);
  await refused("ResourceNotFoundException", ["nobody"], "Invoke", { FunctionName: "nobody" });
  const unknown = "arn:aws:lambda:xx-local-1:000000000000:function:orders:$LATEST/durable-execution/no/body";
  for (const operation of ["GetDurableExecution", "GetDurableExecutionHistory", "StopDurableExecution"]) {
    await refused("ResourceNotFoundException", [unknown], operation, { DurableExecutionArn: unknown });
    await refused("InvalidParameterValueException", ["'DurableExecutionArn'", "pattern"], operation, { DurableExecutionArn: "whole" });
  }
  await refused("InvalidParameterValueException", ["'InvocationType'", "RequestResponse"], "Invoke", { FunctionName: "orders", InvocationType: "Now" });
  await refused("InvalidParameterValueException", ["'DurableExecutionName'"], "Invoke", { FunctionName: "orders", DurableExecutionName: "no spaces" });
  await refused("InvalidRequestContentException", ["JSON"], "Invoke", { FunctionName: "orders", Payload: "{order: 42}" });
  const long = (bytes) => JSON.stringify("x".repeat(bytes));
  await refused("RequestTooLargeException", ["limit 1048576"], "Invoke", { FunctionName: "orders", InvocationType: "Event", Payload: long(1048576) });
  await refused("RequestTooLargeException", ["limit 6291456"], "Invoke", { FunctionName: "orders", Payload: long(6291456) });
  const echoed = await send("Invoke", { FunctionName: "000000000000:function:echo:$LATEST", Payload: '{"a": 1}' });
  assert.equal(text(echoed.Payload), '{"a": 1}');
  assert.equal(echoed.ExecutedVersion, "$LATEST");
  const tenant = await send("Invoke", { FunctionName: "tenants", TenantId: "blue and green" });
  assert.equal(text(tenant.Payload), '"blue and green"');

  const arn = await start("sync", "null");
  const invocation = await next(arn);
  const waiting = send("Invoke", { FunctionName: "orders", DurableExecutionName: "sync", Payload: "null" });
  const early = await Promise.race([waiting, sleep(100)]);
  assert.equal(early, undefined);
  invocation.answer("SUCCEEDED", { Result: "[1]" });
  const answer = await waiting;
  assert.equal(text(answer.Payload), "[1]");
  assert.deepEqual([answer.DurableExecutionArn, answer.FunctionError], [arn, undefined]);
}

/** Filters, pages and orders of a function's executions, and stopping. */
async function listing(whole) {
  const names = ["listed-0", "listed-1", "listed-2", "listed-3"];
  const arns = [];
  for (const name of names) arns.push(await start(name));
  const Error = { ErrorType: "Enough", ErrorMessage: "of it" };
  const stopped = await send("StopDurableExecution", { DurableExecutionArn: arns[0], Error });
  assert.ok(stopped.StopTimestamp instanceof Date);
  const got = await send("GetDurableExecution", { DurableExecutionArn: arns[0] });
  assert.deepEqual([got.Status, got.Error], ["STOPPED", Error]);

  const list = (query) => send("ListDurableExecutionsByFunction", { FunctionName: "orders", ...query });
  const found = async (query) => (await list(query)).DurableExecutions.map((it) => it.DurableExecutionName);
  assert.deepEqual((await found()).filter((it) => names.includes(it)), [...names].reverse());
  assert.deepEqual((await found({ ReverseOrder: true })).filter((it) => names.includes(it)), names);
  assert.deepEqual(await found({ DurableExecutionName: "listed-3" }), ["listed-3"]);
  assert.deepEqual(await found({ Statuses: ["STOPPED"] }), ["listed-0"]);
  assert.deepEqual((await found({ Statuses: ["STOPPED", "FAILED"] })).sort(), ["callbacks", "listed-0"]);
  const soon = new Date(Date.now() + 3_600_000);
  assert.deepEqual(await found({ StartedAfter: soon }), []);
  assert.ok((await found({ StartedBefore: soon, Qualifier: "$LATEST" })).length >= 6);
  const [line] = (await list({ DurableExecutionName: "whole" })).DurableExecutions;
  assert.deepEqual([line.DurableExecutionArn, line.Status], [whole, "SUCCEEDED"]);
  const paged = [];
  for await (const page of sdk.paginateListDurableExecutionsByFunction({ client, pageSize: 2 }, { FunctionName: "orders" })) {
    paged.push(...page.DurableExecutions.map((it) => it.DurableExecutionName));
  }
  assert.deepEqual(paged, await found());
  await refused("InvalidParameterValueException", ["'Statuses[0]'", "RUNNING"], "ListDurableExecutionsByFunction", { FunctionName: "orders", Statuses: ["SLEEPING"] });
  for (const DurableExecutionArn of arns.slice(1)) await send("StopDurableExecution", { DurableExecutionArn });
}

const whole = await wholeExecution();
await callbacks();
await invoking();
await listing(whole);
console.log(`@aws-sdk/client-lambda ${version}: every operation of the service that it knows`);
process.exit(0);
