// Handlers for some requirements of each suite, on AWS's SDK for JavaScript. A handler is named after the function it is.

import { withDurableExecution } from "@aws/durable-execution-sdk-js";

const durable = (handler) => withDurableExecution(handler);
const retry = (attempts) => ({
  retryStrategy: (_error, attempt) => ({ shouldRetry: attempt < attempts, delay: { seconds: 1 } }),
});
const results = (batch) => batch.getResults();

// 1-1
export const StepBasic = durable((name, context) => context.step(async () => `Hello, ${name}!`));

// 1-8
export const StepAndWait = durable(async (_, context) => {
  const value = await context.step("compute", async () => "computed");
  await context.wait({ seconds: 2 });
  return value;
});

// 1-12
export const RetryExhausted = durable((_, context) =>
  context.step("hopeless", async () => {
    throw new Error("every attempt fails");
  }, retry(4)),
);

// 1-20
export const ErrorHandled = durable(async (_, context) => {
  try {
    return await context.step("fails", async () => {
      throw new Error("handled");
    }, retry(1));
  } catch {
    return context.step("fallback", async () => "fallback_result");
  }
});

// 2-3
export const SequentialWaits = durable(async (_, context) => {
  await context.wait("wait-1", { seconds: 2 });
  await context.wait("wait-2", { seconds: 2 });
  return { completedWaits: 2 };
});

// 3-6
export const NestedChildren = durable((input, context) =>
  context.runInChildContext("outer", async (outer) => {
    const value = await outer.step("echo", async () => input);
    return outer.runInChildContext("inner", (inner) => inner.step("echo", async () => value));
  }),
);

// 3-11
export const LargeChild = durable(async (input, context) => {
  const large = await context.runInChildContext("large", async (child) => {
    child.configureLogger({ modeAware: false });
    child.logger.info(`building from ${input}`);
    const value = await child.step("echo", async () => input);
    return value.repeat(300_000 / value.length);
  });
  await context.wait({ seconds: 1 });
  return large.length;
});

// 4-6
export const CallbackFails = durable(async (name, context) => {
  const [result] = await context.createCallback(name);
  return result;
});

// 4-11
export const CallbackTimesOutDuringWait = durable(async (name, context) => {
  const [result] = await context.createCallback(name, { timeout: { seconds: 3 } });
  await context.wait({ seconds: 6 });
  return result;
});

// 4-19
export const TwoCallbacksReversed = durable(async ([a, b], context) => {
  const [first] = await context.createCallback(a);
  const [second] = await context.createCallback(b);
  const two = await second;
  return [await first, two];
});

export const TargetEcho = durable(async (input, context) => {
  await context.wait({ seconds: 1 });
  return input;
});

export const TargetError = durable(async (_, context) => {
  await context.wait({ seconds: 1 });
  throw new Error("target function error");
});

// 5-1
export const InvokeBasic = durable((input, context) => context.invoke("echo", "TargetEcho:$LATEST", input));

// 5-10
export const InvokeFailureThenWait = durable(async (input, context) => {
  const said = await context.invoke("error", "TargetError:$LATEST", input).catch((error) => `caught: ${error.message}`);
  await context.wait({ seconds: 1 });
  return said;
});

// 6-1
export const PollBasic = durable((threshold, context) =>
  context.waitForCondition(async (count) => count + 1, {
    initialState: 0,
    waitStrategy: (count) => ({ shouldContinue: count < threshold, delay: { seconds: 1 } }),
  }),
);

// 7-1, 7-5
export const ApprovalBasic = durable((name, context) => context.waitForCallback(name, async () => {}));
export const ApprovalTimesOut = durable((name, context) =>
  context.waitForCallback(name, async () => {}, { timeout: { seconds: 3 } }),
);

// 8-1
export const ParallelBasic = durable(async (_, context) =>
  results(
    await context.parallel(
      "parallel",
      ["task-1", "task-2"].map((task) => (branch) => branch.step("task", async () => task)),
      { maxConcurrency: 1 },
    ),
  ),
);

// 8-14
export const BranchWaits = durable(async (_, context) =>
  results(
    await context.parallel(
      "parallel",
      [
        (branch) => branch.step("task", async () => "b0"),
        async (branch) => {
          await branch.wait({ seconds: 2 });
          return "b1";
        },
      ],
      { maxConcurrency: 1 },
    ),
  ),
);

// 9-1
export const MapBasic = durable(async (names, context) =>
  results(
    await context.map("map", names, (item, name) => item.step("greet", async () => `Hello, ${name}!`), {
      maxConcurrency: 1,
    }),
  ),
);

// 9-16
export const MapLarge = durable(async (_, context) => {
  const batch = await context.map("large", ["a", "b", "c", "d"], async (_item, letter) => letter.repeat(70_000), {
    maxConcurrency: 1,
  });
  return { successCount: batch.successCount, totalCount: batch.totalCount };
});
