"""What surrounds every activity besides its pulse: it is timed and counted, and its log and span bear its ids."""

import logging
import time
from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from opentelemetry import trace
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.advancing import Send
from activities.contract import DecideRequest
from care.domain.happenings import Settled
from care.domain.orders import CallWebhook, EscalateTicket, OpenTicket, SendMessage
from care.telemetry import logs, meters, tracing

log = logging.getLogger("care.activities")

_SEND = "send_message"


class Measuring(Interceptor):
    """Measures the activities of a worker; stands outside of ``Pulse``, so that errors come without foreign words."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Put the measures around an activity."""
        return _Measured(next)


class _Measured(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        asked, info = input.args[0] if input.args else None, activity.info()
        waited = (info.started_time - asked.at).total_seconds() if isinstance(asked, SendMessage) else 0
        return await _observed(info.activity_type, asked, super().execute_activity(input), waited)


def observed(send: Send) -> Send:
    """What sends messages within a task, measured as the activity would be and with a span of its own."""

    async def sending(order: SendMessage, now: datetime) -> Settled:
        with tracing.span(_SEND):
            settled: Settled = await _observed(_SEND, order, send(order, now), (now - order.at).total_seconds())
            return settled

    return sending


async def _observed(kind: str, asked: object, work: Awaitable[Any], waited: float) -> Any:
    ids, began = _ids(asked), time.perf_counter()
    trace.get_current_span().set_attributes({f"care.{name}": value for name, value in ids.items() if value})
    with logs.about(activity=kind, **ids):
        try:
            answer = await work
        except Exception as error:
            if not _is_benign(error):
                meters.ACTIVITY_ERRORS.labels(kind, meters.error_of(_class(error))).inc()
            raise
        if isinstance(answer, Settled):
            log.info("%s: %s", kind, " ".join(filter(None, (answer.outcome, answer.code))))
    passed = time.perf_counter() - began
    meters.ACTIVITY_SECONDS.labels(kind).observe(passed)
    if isinstance(answer, Settled):
        told = {"care.outcome": answer.outcome, "care.code": answer.code}
        trace.get_current_span().set_attributes({name: value for name, value in told.items() if value})
        _count(asked, answer, waited + passed)
    elif isinstance(asked, DecideRequest):
        meters.DECISIONS.labels(_trigger(asked)).observe(passed)
    return answer


def _count(order: object, settled: Settled, late: float) -> None:
    match order:
        case SendMessage():
            meters.MESSAGES.labels(order.channel, order.purpose, settled.outcome).inc()
            if settled.outcome == "sent":
                meters.MESSAGE_LATENESS.labels(order.channel, order.purpose).observe(max(late, 0.0))
        case CallWebhook():
            meters.WEBHOOKS.labels(meters.name_of(order.endpoint), settled.outcome).inc()
        case OpenTicket():
            meters.TICKETS.labels(meters.name_of(order.queue), "opened").inc()
        case EscalateTicket() if settled.code != "closed":
            meters.TICKETS.labels(meters.name_of(order.queue), "escalated").inc()


def _trigger(request: DecideRequest) -> str:
    if not request.happenings:
        return "time"
    return "event" if any(each.kind == "heard" for each in request.happenings) else "outcome"


def _ids(asked: object) -> dict[str, str]:
    """The ids a log line and a span may bear."""
    match asked:
        case DecideRequest():
            return {"customer": asked.customer}
        case SendMessage():
            return {"customer": asked.customer, "journey": asked.journey, "order": asked.key, "channel": asked.channel}
        case OpenTicket() | CallWebhook():
            return {"customer": asked.customer, "journey": asked.journey, "order": asked.key}
        case EscalateTicket():
            return {"customer": asked.customer, "order": asked.key}
        case _:
            return {}


def _is_benign(error: Exception) -> bool:
    return isinstance(error, ApplicationError) and error.category == ApplicationErrorCategory.BENIGN


def _class(error: Exception) -> str:
    """The class of an error; one that was told to Temporal already bears that of its cause."""
    return (error.type if isinstance(error, ApplicationError) else None) or type(error).__name__
