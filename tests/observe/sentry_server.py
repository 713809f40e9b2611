"""A server that speaks Sentry's ingestion protocol, for tests: it takes envelopes apart as strictly as the documents of
the protocol allow, and answers as it is told to."""

import http.server
import json
import re
import threading

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = "42"


class Broken(Exception):
    """What was sent is not what the protocol asks for."""


def parse(body):
    """(header, [(item header, payload)]) of an envelope."""
    line, _, rest = body.partition(b"\n")
    header, items = json.loads(line), []
    while rest:
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        size = item["length"]
        payload, rest = rest[:size], rest[size:]
        if len(payload) != size or (rest and not rest.startswith(b"\n")):
            raise Broken(f"length {size} of {item['type']} is wrong")
        rest = rest[1:]
        items.append((item, json.loads(payload)))
    return header, items


class Server:
    """`answers`: of each request in turn (status, headers), the last one for all that follow; None: no answer at all until
    the server is closed."""

    def __init__(self, *answers):
        self.answers, self.requests, self.broken = list(answers) or [(200, {})], [], []
        self.lock, self.closing = threading.Lock(), threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.take(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    @property
    def dsn(self):
        return f"http://{KEY}@127.0.0.1:{self.http.server_port}/{PROJECT}"

    def check(self, request, body):
        if request.path != f"/api/{PROJECT}/envelope/":
            raise Broken(f"path {request.path}")
        if request.headers["Content-Type"] != "application/x-sentry-envelope":
            raise Broken(f"type {request.headers['Content-Type']}")
        auth = request.headers["X-Sentry-Auth"]
        if not re.fullmatch(rf"Sentry sentry_version=7, sentry_client=\S+/\S+, sentry_key={KEY}", auth):
            raise Broken(f"auth {auth}")
        header, items = parse(body)
        for item, payload in items:
            if item["type"] == "event" and not re.fullmatch("[0-9a-f]{32}", payload["event_id"]):
                raise Broken("event id")
            if item["type"] == "event" and payload["event_id"] != header["event_id"]:
                raise Broken("event ids differ")
        return items

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        with self.lock:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            try:
                self.requests.append((body, self.check(request, body)))
            except (Broken, ValueError, KeyError, TypeError) as error:
                self.broken.append(f"{error!r}: {body!r}")
        if answer is None:
            self.closing.wait()
            request.close_connection = True
            return
        status, headers = answer
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"{}")

    def items(self, kind):
        assert not self.broken, self.broken
        return [payload for _, items in self.requests for item, payload in items if item["type"] == kind]

    def close(self):
        self.closing.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
