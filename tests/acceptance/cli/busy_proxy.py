"""A proxy before the real server that is busy for its first few requests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@contextmanager
def busy_proxy(url: str, refusals: int) -> Iterator[str]:
    """The address of a proxy that answers 503 so many times and then passes everything on."""
    left = [refusals]

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if left[0]:
                left[0] -= 1
                self._answer(503, b"{}", {"Retry-After": "0"})
                return
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
            answer = httpx.post(url + self.path, content=body, headers=headers, timeout=30)
            self._answer(answer.status_code, answer.content, {})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
