"""The HTTP server of the SMS gateway and the CRM: it runs inside a loop that is there and can hang up on a caller."""

from asyncio import Transport
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

# Under this name a request's state holds its connection, for a route that ends it: no HTTP answer can do that.
LINE = "line"


class HttpServer(uvicorn.Server):
    """Serves an application inside a running loop and leaves signals to whoever owns the process."""

    def __init__(self, api: FastAPI, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                api,
                host,
                port,
                http=_Line,
                lifespan="off",
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=1,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    @property
    def port(self) -> int:
        """The port it listens on, once it has started."""
        return int(self.servers[0].sockets[0].getsockname()[1])


class _Line(H11Protocol):
    """A connection that its routes can reach."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, LINE: transport}
