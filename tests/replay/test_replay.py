"""Histories of released versions replay in today's code: who fell asleep in the old one wakes up in the new."""

import json
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.workflow import NondeterminismError

from tests.temporal_server import SANDBOX
from workflows.customer_care import CustomerCare
from workflows.sweep import Sweep

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
RUNNERS = {"sandboxed": SANDBOX, "unsandboxed": UnsandboxedWorkflowRunner()}


def a_replayer(runner: WorkflowRunner) -> Replayer:
    return Replayer(workflows=[CustomerCare, Sweep], data_converter=pydantic_data_converter, workflow_runner=runner)


def test_every_order_the_interpreter_carries_out_is_in_some_history() -> None:
    carried_out = {
        name for path in HISTORIES for name in re.findall(r'"activityType": {\s*"name": "(\w+)"', path.read_text())
    }
    assert carried_out == {"send_message", "open_ticket", "escalate_ticket", "call_webhook", "sweep"}
    assert len(HISTORIES) >= 9


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path, runner: str) -> None:
    history = WorkflowHistory.from_json("care/c_0123456789abcdef0123", path.read_text(encoding="utf-8"))
    await a_replayer(RUNNERS[runner]).replay_workflow(history)


async def test_a_history_that_the_interpreter_would_not_write_is_refused() -> None:
    (path,) = (path for path in HISTORIES if path.stem.endswith("two_messages"))
    altered = json.loads(path.read_text(encoding="utf-8"))
    for event in altered["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled is not None:
            scheduled["activityType"]["name"] = "open_ticket"
    history = WorkflowHistory.from_json("care/c_0123456789abcdef0123", json.dumps(altered))
    with pytest.raises(NondeterminismError):
        await a_replayer(SANDBOX).replay_workflow(history)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_recorded_history_names_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "site-packages" not in text
    assert "@" not in text
