// Lambda's runtime for JavaScript in a few lines: asks the Runtime API for events and answers them. AWS's own, aws-lambda-ric, is built from C++ when it is
// installed, which takes cmake and autotools; what it does for a handler is this.
//
//   node runtime.mjs handlers.StepBasic

const [module, name] = process.argv[2].split(".");
const { [name]: handler } = await import(`./${module}.mjs`);
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

for (;;) {
  const event = await fetch(`${api}/next`);
  const id = event.headers.get("lambda-runtime-aws-request-id");
  const deadline = Number(event.headers.get("lambda-runtime-deadline-ms"));
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: event.headers.get("lambda-runtime-invoked-function-arn"),
    tenantId: event.headers.get("lambda-runtime-aws-tenant-id") ?? undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  let [how, answer] = ["response", null];
  try {
    answer = (await handler(await event.json(), context)) ?? null;
  } catch (error) {
    how = "error";
    answer = { errorType: error.name, errorMessage: error.message, trace: error.stack.split("\n") };
  }
  await fetch(`${api}/${id}/${how}`, { method: "POST", body: JSON.stringify(answer) });
}
