#!/usr/bin/env python3
"""Lambda in front of AWS's local emulator of durable executions, which has none.

The emulator (`dex-local-runner start-server`) keeps the executions and serves
`/2025-12-01/`, but leaves Invoke and running functions to whatever is at its
`--lambda-endpoint`. That is this gateway:

* an Invoke starts an execution at the emulator, and for RequestResponse waits
  until it has ended;
* an Invoke that the emulator marks as its own runs the handler: a process of
  the function, one request at a time, which talks to us over Lambda's Runtime
  API; its stdout and stderr go to `<log dir>/<function>.log`;
* `/2025-12-01/` goes on to the emulator. What comes back is passed on as it is
  but for one thing: an InvocationCompleted without details gets empty ones
  (the emulator forgets them; without this no requirement would say anything).

Standard library only. `--functions` is a JSON object: name -> {"command": [..],
"environment": {..}}.
"""

import argparse
import http.client
import json
import os
import queue
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MARKER = "X-Dex-Handler-Invoke"
ACCOUNT = "123456789012"
REGION = "us-west-2"
TERMINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED"}


class Handler(BaseHTTPRequestHandler):
    """What both servers here share."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status, body=b"", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Worker:
    """A process of a function, and the Runtime API it asks for work."""

    def __init__(self, name, function, emulator, log):
        self.asks = queue.Queue()
        self.answers = queue.Queue()
        worker = self

        class RuntimeApi(Handler):
            def do_GET(self):  # /2018-06-01/runtime/invocation/next
                request = worker.asks.get()
                if request is None:
                    return
                self.answer(
                    200,
                    request["payload"],
                    Content_Type="application/json",
                    Lambda_Runtime_Aws_Request_Id=request["id"],
                    Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 60_000),
                    Lambda_Runtime_Invoked_Function_Arn=arn(name),
                )

            def do_POST(self):
                body = self.body()
                self.answer(202, {"status": "OK"})
                worker.answers.put(("error" if self.path.endswith("/error") else "response", body))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        environment = {
            **os.environ,
            "_HANDLER": name,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self.server.server_port,
            "AWS_ENDPOINT_URL_LAMBDA": emulator,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            **function.get("environment", {}),
        }
        self.process = subprocess.Popen(
            function["command"], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        status = self.process.wait()
        error = {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"Runtime exited with error: exit status {status}",
        }
        self.answers.put(("exit", json.dumps(error).encode()))

    def run(self, payload):
        self.asks.put({"id": str(uuid.uuid4()), "payload": payload})
        return self.answers.get()

    def end(self):
        self.asks.put(None)
        self.process.kill()
        self.server.shutdown()
        self.server.server_close()


class Functions:
    """All functions: their idle processes, and their logs."""

    def __init__(self, functions, emulator, log_dir):
        self.functions = functions
        self.emulator = emulator
        self.log_dir = log_dir
        self.lock = threading.Lock()
        self.idle = {name: [] for name in functions}
        self.all = set()

    def run(self, name, payload):
        with self.lock:
            worker = self.idle[name].pop() if self.idle[name] else None
        if worker is None:
            with open(self.log_dir / f"{name}.log", "ab") as log:
                worker = Worker(name, self.functions[name], self.emulator, log)
            with self.lock:
                self.all.add(worker)
        kind, body = worker.run(payload)
        with self.lock:
            if kind == "exit":
                self.all.discard(worker)
            else:
                self.idle[name].append(worker)
        if kind == "exit":
            worker.end()
        return kind, body

    def end(self):
        for worker in self.all:
            worker.end()


def arn(name):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def filled(path, body):
    """A page of history in which every completed invocation has details."""
    if not urllib.parse.urlsplit(path).path.endswith("/history"):
        return body
    page = json.loads(body)
    for event in page.get("Events", []):
        if event["EventType"] == "InvocationCompleted":
            event.setdefault("InvocationCompletedDetails", {})
    return json.dumps(page).encode()


def gateway(functions, emulator):
    where = urllib.parse.urlsplit(emulator)

    def ask(method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=120)
        try:
            connection.request(method, path, body, headers or {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    class Gateway(Handler):
        def do_GET(self):
            if self.path == "/":  # Are you up? Not before the emulator is.
                self.answer(200)
            else:
                self.forward("GET")

        def do_POST(self):
            parts = urllib.parse.urlsplit(self.path).path.split("/")
            if parts[1:3] == ["2015-03-31", "functions"] and parts[4:] == ["invocations"]:
                self.invoke(urllib.parse.unquote(parts[3]))
            else:
                self.forward("POST")

        def forward(self, method):
            body = self.body()
            kept = ("content-type", "x-amz-client-token")
            headers = {k: v for k, v in self.headers.items() if k.lower() in kept}
            status, headers, body = ask(method, self.path, body, headers)
            if status == 200:
                body = filled(self.path, body)
            kept = ("content-type", "x-amzn-errortype")
            self.answer(status, body, **{k: v for k, v in headers.items() if k.lower() in kept})

        def invoke(self, function):
            name = function.split(":function:")[-1].split(":")[0]
            payload = self.body()
            if name not in functions.functions:
                self.answer(
                    404,
                    {"Type": "User", "Message": f"Function not found: {arn(name)}"},
                    X_Amzn_ErrorType="ResourceNotFoundException",
                )
            elif self.headers.get(MARKER) == "true":
                kind, body = functions.run(name, payload)
                error = {} if kind == "response" else {"X_Amz_Function_Error": "Unhandled"}
                self.answer(200, body, X_Amz_Executed_Version="$LATEST", **error)
            else:
                self.start(name, payload)

        def start(self, name, payload):
            request = {
                "AccountId": ACCOUNT,
                "FunctionName": name,
                "FunctionQualifier": "$LATEST",
                "ExecutionName": self.headers.get("X-Amz-Durable-Execution-Name", str(uuid.uuid4())),
                "ExecutionTimeoutSeconds": 300,
                "ExecutionRetentionPeriodDays": 7,
                "InvocationId": str(uuid.uuid4()),
                "Input": payload.decode(),
            }
            if tenant := self.headers.get("X-Amz-Tenant-Id"):
                request["TenantId"] = tenant
            status, _, body = ask("POST", "/start-durable-execution", json.dumps(request))
            if status not in (200, 201):
                self.answer(status, body)
                return
            execution = json.loads(body)["ExecutionArn"]
            headers = {"X_Amz_Durable_Execution_Arn": execution, "X_Amz_Executed_Version": "$LATEST"}
            if self.headers.get("X-Amz-Invocation-Type") == "Event":
                self.answer(202, **headers)
                return
            path = "/2025-12-01/durable-executions/" + urllib.parse.quote(execution, safe="")
            ended = {"Status": None}
            until = time.monotonic() + 300
            while ended.get("Status") not in TERMINAL and time.monotonic() < until:
                time.sleep(0.1)
                ended = json.loads(ask("GET", path)[2])
            if ended.get("Status") == "SUCCEEDED":
                self.answer(200, (ended.get("Result") or "null").encode(), **headers)
            else:
                error = ended.get("Error") or {}
                self.answer(200, error, X_Amz_Function_Error="Unhandled", **headers)

    return Gateway


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--port", type=int, required=True)
    add("--emulator", required=True, metavar="URL")
    add("--functions", type=Path, required=True, metavar="JSON")
    add("--log-dir", type=Path, required=True, metavar="DIR")
    args = parser.parse_args()

    functions = Functions(json.loads(args.functions.read_text()), args.emulator, args.log_dir)
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", args.port), gateway(functions, args.emulator))
    server.daemon_threads = True
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        functions.end()


if __name__ == "__main__":
    import signal

    # A launcher ends us with SIGTERM: leave no process of a function behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
