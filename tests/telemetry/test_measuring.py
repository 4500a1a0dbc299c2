"""What surrounds an activity counts it, and tells its ids to the log; on the real engine."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from care.domain.errors import CareError
from care.domain.happenings import Settled
from care.domain.orders import SendMessage
from care.telemetry import logs, meters
from care.temporal.client import tell
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    a_ticket,
    carried_out_by,
    decided,
    finished,
    step_by_step,
    until_landed,
)
from tests.temporal_server import a_worker


def total(metric: str, **labels: str) -> float:
    return meters.REGISTRY.get_sample_value(metric, labels) or 0.0


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.addFilter(logs._with_ids)
        self.told: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append({"message": record.getMessage(), **logs._ids(record)})


async def test_outcomes_errors_and_lateness_are_counted(
    temporal: Client, task_queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    customer, tries = a_customer(), []

    async def deliver(order: SendMessage) -> Settled:
        tries.append(order)
        if len(tries) == 1:
            raise CareError("the store is busy")
        return Settled(order.key, "sent")

    hour = timedelta(hours=1)
    before = {
        "sent": total("care_messages_total", channel="email", purpose="marketing", outcome="sent"),
        "errors": total("care_activity_errors_total", activity="send_message", error="CareError"),
        "late": total("care_message_lateness_seconds_sum", channel="email", purpose="marketing"),
        "opened": total("care_tickets_total", queue="care_team", what="opened"),
        "events": total("care_decision_seconds_count", trigger="event"),
    }
    decider = ScriptedDecider(
        step_by_step(
            lambda asked: decided(
                asked,
                orders=(
                    a_message(customer, asked.now - hour, purpose="marketing"),
                    a_ticket(customer, asked.now),
                ),
            ),
            until_landed,
            until_landed,
            until_landed,
        )
    )
    kept, log = Kept(), logging.getLogger("care.activities")
    log.addHandler(kept)
    caplog.set_level(logging.INFO, log.name)
    try:
        async with a_worker(temporal, task_queue, carried_out_by(decider, ScriptedWorld(deliver))):
            await tell(temporal, customer, "i_1", task_queue=task_queue)
            await finished(temporal, customer)
    finally:
        log.removeHandler(kept)
    assert total("care_messages_total", channel="email", purpose="marketing", outcome="sent") == before["sent"] + 1
    errors = total("care_activity_errors_total", activity="send_message", error="CareError")
    assert errors == before["errors"] + 1
    late = total("care_message_lateness_seconds_sum", channel="email", purpose="marketing") - before["late"]
    assert 3600 <= late < 3900
    assert total("care_tickets_total", queue="care_team", what="opened") == before["opened"] + 1
    assert total("care_decision_seconds_count", trigger="event") >= before["events"] + 1
    (line,) = [line for line in kept.told if line["message"] == "send_message: sent"]
    assert (line["customer"], line["journey"], line["activity"]) == (customer, "first_purchase", "send_message")
