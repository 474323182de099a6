#!/usr/bin/env python3
"""The one call of DynamoDB that a handler makes (3-12): a counter per execution. `counter.py PORT`."""

import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

counts = Counter()
lock = threading.Lock()


class UpdateItem(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock:
            key = json.dumps(request["Key"])
            counts[key] += 1
            answer = {"Attributes": {"attemptCount": {"N": str(counts[key])}}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), UpdateItem).serve_forever()
