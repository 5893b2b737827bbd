"""A local HTTP server whose answers a test gives as functions, and minimal profiles to answer with."""

import contextlib
import gzip
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from goleak_lsp.profile import profile_pb2

INDEX = (
    b"<html><body><a href='goroutine?debug=1'>goroutine</a> <a href='http://192.0.2.1/goroutineleak'>goroutineleak</a>"
)


def pprof(kind: str, counts: dict[str, int], time_nanos: int = 10**18) -> bytes:
    """A gzip protobuf profile of sample type ``kind``: one function a stack."""
    strings = ["", kind, "count", "main.go"]
    message = profile_pb2.Profile(time_nanos=time_nanos)
    message.sample_type.add(type=1, unit=2)
    for number, (function, count) in enumerate(counts.items(), 1):
        strings.append(function)
        message.function.add(id=number, name=len(strings) - 1, filename=3, start_line=1)
        message.location.add(id=number).line.add(function_id=number, line=1)
        message.sample.add(location_id=[number], value=[count])
    message.string_table.extend(strings)
    return gzip.compress(message.SerializeToString())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.headers.append(dict(self.headers))
        answer = self.server.answers.get(self.path)
        with contextlib.suppress(OSError):
            if callable(answer):
                answer(self)
                self.close_connection = True
            else:
                send(self, b"404 page not found" if answer is None else answer, 404 if answer is None else 200)

    def log_message(self, *arguments):
        pass


def send(handler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    if body.startswith(b"<"):
        headers.setdefault("Content_Type", "text/html; charset=utf-8")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self):
        # HTTPServer looks up its own name here, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(answers: dict, port: int = 0):
    """Serves ``answers`` (path to bytes, or to a function of the handler); gives the server."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.answers, server.asked, server.headers = answers, [], []
    server.ended = threading.Event()
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
