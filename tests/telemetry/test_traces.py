"""Which trace a decision and its messages hang in, on the real engine; whole runs are in ``tests/acceptance``."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner

from activities.contract import Decided, DecideRequest
from care.settings import load_settings
from care.telemetry import tracing
from care.temporal.client import connect, tell
from care.temporal.tracing import client_interceptors
from tests.journeys.scripted import (
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    carried_out_by,
    decided,
    eventually,
    finished,
    handle_of,
    step_by_step,
    until_landed,
)
from tests.replay.test_replay import HISTORIES
from tests.temporal_server import a_worker
from workflows import customer_care
from workflows.customer_care import CustomerCare
from workflows.sweep import Sweep

PLAIN = UnsandboxedWorkflowRunner()
SENDING = ["StartActivity:decide", "StartActivity:send_message", "RunActivity:send_message"]


@pytest.fixture
async def traced(temporal_address: str, exporter: InMemorySpanExporter) -> Client:
    return await connect(load_settings(temporal_address=temporal_address))


def spans_of(exporter: InMemorySpanExporter, customer: str) -> list[ReadableSpan]:
    """A customer's spans, with those around them in their traces."""
    spans = exporter.get_finished_spans()
    traces = {
        span.context.trace_id
        for span in spans
        if span.context and (span.attributes or {}).get("temporalWorkflowID") == f"care/{customer}"
    }
    return [span for span in spans if span.context and span.context.trace_id in traces]


def way_to(span: ReadableSpan, spans: list[ReadableSpan]) -> list[str]:
    """The names from the root of its trace down to a span."""
    by_id = {each.context.span_id: each for each in spans if each.context}
    above = by_id.get(span.parent.span_id) if span.parent else None
    return [*(way_to(above, spans) if above else []), span.name]


def ways_to(name: str, spans: list[ReadableSpan]) -> list[list[str]]:
    return [way_to(span, spans) for span in spans if span.name == name]


def sends(name: str, **more: timedelta) -> Callable[[DecideRequest], Decided]:
    return lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, name),), **more)


def waits(asked: DecideRequest) -> Decided:
    return decided(asked, wake_in=timedelta(days=30))


async def buys(client: Client, customer: str, event: str, task_queue: str) -> None:
    """What the API does while it answers a purchase."""
    with tracing.span(f"POST {event}"):
        await tell(client, customer, event, task_queue=task_queue)


async def test_a_purchase_and_its_message_are_one_trace(
    traced: Client, exporter: InMemorySpanExporter, task_queue: str
) -> None:
    customer, world = a_customer(), ScriptedWorld()
    decider = ScriptedDecider(step_by_step(sends("thanks"), until_landed))
    async with a_worker(traced, task_queue, carried_out_by(decider, world), runner=PLAIN):
        await buys(traced, customer, "i_1", task_queue)
        await finished(traced, customer)
    spans = spans_of(exporter, customer)
    assert ways_to("RunActivity:send_message", spans) == [
        ["POST i_1", "SignalWithStartWorkflow:CustomerCare", *SENDING]
    ]
    (sent,) = [span for span in spans if span.name == "RunActivity:send_message"]
    assert sent.attributes is not None
    assert (sent.attributes["care.customer"], sent.attributes["care.outcome"]) == (customer, "sent")


@pytest.mark.parametrize("renews", [False, True])
async def test_a_later_purchase_has_a_trace_of_its_own(
    traced: Client,
    exporter: InMemorySpanExporter,
    task_queue: str,
    renews: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if renews:
        monkeypatch.setattr(customer_care, "HISTORY_LIMIT", 1)
    customer, world = a_customer(), ScriptedWorld()
    decider = ScriptedDecider(step_by_step(sends("thanks"), waits, sends("again"), until_landed))
    async with a_worker(traced, task_queue, carried_out_by(decider, world), runner=PLAIN):
        await buys(traced, customer, "i_1", task_queue)
        await eventually(lambda: len(decider.answers) == 2)
        await buys(traced, customer, "i_2", task_queue)
        await finished(traced, customer)
    ways = ways_to("RunActivity:send_message", spans_of(exporter, customer))
    assert sorted(ways) == [
        ["POST i_1", "SignalWithStartWorkflow:CustomerCare", *SENDING],
        ["POST i_2", "SignalWithStartWorkflow:CustomerCare", *SENDING],
    ]


async def test_a_message_after_a_wait_begins_a_trace_with_its_decision(
    traced: Client, exporter: InMemorySpanExporter, task_queue: str
) -> None:
    customer, world = a_customer(), ScriptedWorld()
    soon = timedelta(seconds=1)
    decider = ScriptedDecider(step_by_step(lambda asked: decided(asked, wake_in=soon), sends("hint"), until_landed))
    async with a_worker(traced, task_queue, carried_out_by(decider, world), runner=PLAIN):
        await buys(traced, customer, "i_1", task_queue)
        await finished(traced, customer)
    assert ways_to("RunActivity:send_message", spans_of(exporter, customer)) == [SENDING]


async def test_a_history_with_traces_replays_without_them_and_with_every_task_replayed(
    traced: Client, exporter: InMemorySpanExporter, task_queue: str
) -> None:
    customer, world = a_customer(), ScriptedWorld()
    decider = ScriptedDecider(step_by_step(sends("thanks"), waits, sends("again"), until_landed))
    async with a_worker(traced, task_queue, carried_out_by(decider, world), runner=PLAIN, cached=0):
        await buys(traced, customer, "i_1", task_queue)
        await eventually(lambda: len(decider.answers) == 2)
        await buys(traced, customer, "i_2", task_queue)
        await finished(traced, customer)
    assert [order.step for order in world.sent] == ["thanks", "again"]
    traces = {way[0] for way in ways_to("RunActivity:send_message", spans_of(exporter, customer))}
    assert traces == {"POST i_1", "POST i_2"}
    history = await handle_of(traced, customer).fetch_history()
    await a_replayer().replay_workflow(history)
    await a_replayer(*worker_interceptors()).replay_workflow(history)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_of_before_replays_with_traces(path: Path, exporter: InMemorySpanExporter) -> None:
    history = WorkflowHistory.from_json("care/c_0123456789abcdef0123", path.read_text(encoding="utf-8"))
    await a_replayer(*worker_interceptors()).replay_workflow(history)
    assert not [span.name for span in exporter.get_finished_spans() if span.name.startswith("Start")]


def worker_interceptors() -> list[Interceptor]:
    found = [each for each in client_interceptors() if isinstance(each, Interceptor)]
    assert len(found) == 2
    return found


def a_replayer(*interceptors: Interceptor) -> Replayer:
    return Replayer(
        workflows=[CustomerCare, Sweep],
        data_converter=pydantic_data_converter,
        workflow_runner=PLAIN,
        interceptors=interceptors,
    )
