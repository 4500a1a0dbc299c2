"""The demo's time: every customer has their own, and it enters the real servers at two doors.

A workflow that begins does so at its customer's instant, and a request is answered at its sender's.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.client import Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle

from care import clock
from care.temporal.client import workflow_id

_HEADER = "x-demo-time"
_NOW: ContextVar[datetime] = ContextVar("now")


@dataclass(slots=True)
class OwnTimes:
    """What time it is for whom.

    Attributes:
        of: When a customer's next workflow begins (UTC), by customer key; without one it begins now, in real time.
        over: When the days were over (UTC): the time of every request that says none, from then on.
    """

    of: dict[str, datetime] = field(default_factory=dict)
    over: datetime | None = None

    def delay(self, workflow: str) -> timedelta | None:
        """How long a new workflow has to wait for its virtual beginning."""
        start = self.of.get(workflow.removeprefix(workflow_id("")))
        return max(start - clock.now(), timedelta()) if start is not None else None

    def of_request(self) -> datetime:
        """What time it is for whoever sent the request at hand (UTC)."""
        return _NOW.get(None) or self.over or clock.now()


class StartsInItsOwnTime(Interceptor):
    """Has every new customer's workflow begin at the customer's virtual instant instead of today."""

    def __init__(self, times: OwnTimes) -> None:
        self._times = times

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Put the delay before each start."""
        return _Delayed(next, self._times)


class _Delayed(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, times: OwnTimes) -> None:
        super().__init__(next)
        self._times = times

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.start_delay = self._times.delay(input.id)
        return await super().start_workflow(input)


class CarriesTime:
    """Lets each request say what time it is for its sender (an ASGI middleware): customers are not all at one day."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the time of a request while it is answered."""
        told = dict(scope.get("headers", ())).get(_HEADER.encode())
        token = _NOW.set(datetime.fromisoformat(told.decode())) if told else None
        try:
            await self._app(scope, receive, send)
        finally:
            if token is not None:
                _NOW.reset(token)


def at(now: datetime) -> dict[str, str]:
    """The header by which a request says what time it is for its sender."""
    return {_HEADER: now.isoformat()}
