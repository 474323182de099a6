// Replay of the benches' workflow by the official JavaScript SDK: ns of CPU per recorded step, one line for each round.
import assert from "node:assert";
import { withDurableExecution } from "@aws/durable-execution-sdk-js";

const STEPS = 1000;
const EXECUTION = "11111111-1111-1111-1111-111111111111";
const RESULT = "x".repeat(98);
const rounds = Number(process.argv[2]);

// Acknowledges everything, and keeps the ids that steps are recorded under.
const ids = new Set();
let calls = 0;
const durableExecutionClient = {
  async checkpoint({ Updates }) {
    calls += 1;
    for (const update of Updates) {
      if (update.Type === "STEP") ids.add(update.Id);
    }
    return { CheckpointToken: "token", NewExecutionState: { Operations: [] } };
  },
  async getExecutionState() {
    throw new Error("one page is all there is");
  },
};

const handler = withDurableExecution(
  async (steps, context) => {
    let total = 0;
    for (let step = 0; step < steps; step++) {
      total += (await context.step("work", async () => RESULT)).length;
    }
    return total;
  },
  { durableExecutionClient },
);

// The invocation as text, of the shape that src/history.rs makes.
const event = () =>
  JSON.stringify({
    DurableExecutionArn: `arn:aws:lambda:eu-central-1:123456789012:function:bench:1/durable-execution/bench/${EXECUTION}`,
    CheckpointToken: "token",
    InitialExecutionState: {
      Operations: [
        {
          Id: EXECUTION,
          Type: "EXECUTION",
          Status: "STARTED",
          StartTimestamp: 1767225600000,
          ExecutionDetails: { InputPayload: String(STEPS) },
        },
        ...[...ids].map((Id) => ({
          Id,
          Name: "work",
          Type: "STEP",
          SubType: "Step",
          Status: "SUCCEEDED",
          StartTimestamp: 1767225600250,
          EndTimestamp: 1767225600500,
          StepDetails: { Attempt: 1, Result: JSON.stringify(RESULT) },
        })),
      ],
      NextMarker: "",
    },
  });

const context = {
  awsRequestId: "bench",
  functionName: "bench",
  functionVersion: "1",
  invokedFunctionArn: "arn",
  memoryLimitInMB: "128",
  getRemainingTimeInMillis: () => 60_000,
};
const expected = String(STEPS * RESULT.length);
const answer = async (text) => {
  const output = await handler(JSON.parse(text), context);
  assert.equal(output.Result, expected, JSON.stringify(output));
};

await answer(event());
assert.equal(ids.size, STEPS);
const text = event();
for (let round = 0; round <= rounds; round++) {
  calls = 0;
  const begun = process.cpuUsage();
  await answer(text);
  const { user, system } = process.cpuUsage(begun);
  const passed = (user + system) * 1000;
  assert.equal(calls, 0, "it only replayed");
  // The first round warms up.
  if (round > 0) console.log(`value\treplay.ns\tjavascript\t${passed / STEPS}`);
}
process.exit(0);
