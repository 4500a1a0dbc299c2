"""Traces through Temporal: each decision hangs in the trace of what it heard, each message in that of its decision.

The SDK's own interceptor hangs everything a workflow does in the trace it was started in. Ours live for months and hear
of many purchases: the trace of an event travels in its signal's header, and the decision that hears it goes on in it. A
decision that hears nothing, because a wait is over, begins a trace of its own. Headers are no commands, so histories
replay the same with traces, without, and with those of another worker.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import temporalio.client
import temporalio.worker
from opentelemetry import context as contexts
from opentelemetry.context import Context
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    HandleSignalInput,
    HandleUpdateInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

from activities.contract import DecideRequest
from care.telemetry import tracing

if TYPE_CHECKING:
    from temporalio.contrib.opentelemetry import TracingInterceptor

HEADER = "_tracer-data"


def client_interceptors() -> Sequence[temporalio.client.Interceptor]:
    """What a client, and the workers over it, need for traces; nothing when this process has none."""
    if not tracing.is_on():
        return ()
    return (_of_the_sdk(), ByEvent())


def _of_the_sdk() -> "TracingInterceptor":
    from temporalio.contrib.opentelemetry import TracingInterceptor

    # Without it a decision that a timer woke would leave its messages without a common trace.
    return TracingInterceptor(tracing.tracer(), always_create_workflow_spans=True)


class ByEvent(temporalio.client.Interceptor, temporalio.worker.Interceptor):
    """Stands behind the SDK's interceptor and says in which trace its spans hang."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """Follow what a workflow hears."""
        return _Hearing


class _Hearing(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """Share what is heard with what goes out."""
        self._origins: dict[str, Payload] = {}
        super().init(_Deciding(outbound, self._origins))

    async def handle_signal(self, input: HandleSignalInput) -> None:
        """Remember the trace an event came in."""
        self._remember(input.args, input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        """Remember the trace a command came in."""
        self._remember(input.args, input.headers)
        return await super().handle_update_handler(input)

    def _remember(self, args: Sequence[Any], headers: Mapping[str, Payload]) -> None:
        if args and HEADER in headers:
            self._origins.setdefault(str(args[0]), headers[HEADER])


class _Deciding(WorkflowOutboundInterceptor):
    """Moves the workflow into the trace of what it decides; the tasks it makes for the orders inherit that."""

    def __init__(self, next: WorkflowOutboundInterceptor, origins: dict[str, Payload]) -> None:
        super().__init__(next)
        self._origins = origins

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
        request = input.args[0] if input.args else None
        if isinstance(request, DecideRequest):
            contexts.attach(self._origin(request))
        handle = super().start_local_activity(input)
        if HEADER in input.headers:
            contexts.attach(_context(input.headers[HEADER]))
        return handle

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        handle = super().start_activity(input)
        key = getattr(input.args[0], "key", "") if input.args else ""
        if key and HEADER in input.headers:
            self._origins[key] = input.headers[HEADER]
        return handle

    def _origin(self, request: DecideRequest) -> Context:
        """The trace of the first thing that was heard; a new one when nothing was."""
        for happening in request.happenings:
            if happening.id in self._origins:
                return _context(self._origins[happening.id])
        return contexts.get_current() if request.happenings else Context()


def _context(header: Payload) -> Context:
    carrier = PayloadConverter.default.from_payloads([header])[0]
    return tracing.incoming(carrier if isinstance(carrier, dict) else {})
