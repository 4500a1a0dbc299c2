"""The kill matrix in small; ``make kill-matrix`` is the whole of it."""

import json
import subprocess
import sys

import pytest

from tests.kill_matrix.cases import ROUTES, Trial
from tests.kill_matrix.judging import judge

TWILIO, MAIL = "sms twilio", "email smtp"
LEAVING = [("wire: answered", "transmitting")]


def test_a_few_dozen_kills_over_every_channel_lose_and_double_nothing() -> None:
    # In a process of its own: it forks, which a process with threads must not.
    command = [sys.executable, "-m", "tests.kill_matrix", "--kills", "42", "--lanes", "1", "--seed", "small", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    told = json.loads(done.stdout)
    assert told["faults"] == []
    assert told["total"]["kills"] >= 42
    assert {row["channel"] for row in told["rows"]} == {route.name for route in ROUTES}
    assert any(row["unknown"] for row in told["rows"])


@pytest.mark.parametrize(
    ("trial", "received", "became"),
    [
        (Trial(TWILIO, "m", LEAVING, "sent", "sent"), 1, "sent"),
        (Trial(TWILIO, "m", LEAVING, "sent", "sent"), 2, "doubled"),
        (Trial(TWILIO, "m", LEAVING, "sent", "sent"), 0, "lost"),
        (Trial(TWILIO, "m", LEAVING, "", "transmitting"), 1, "lost"),
        (Trial(TWILIO, "m", LEAVING, "failed", "failed"), 0, "lost"),
        (Trial(TWILIO, "m", LEAVING, "unknown", "unknown"), 1, "evasive"),
        (Trial(MAIL, "m", LEAVING, "unknown", "unknown"), 1, "unknown"),
        (Trial(MAIL, "m", LEAVING, "unknown", "unknown"), 0, "unknown"),
        (Trial(MAIL, "m", [("store: claimed", "claimed")], "unknown", "unknown"), 0, "evasive"),
        (Trial(MAIL, "m", [("wire: RCPT", "transmitting")], "unknown", "unknown"), 0, "evasive"),
        (Trial(MAIL, "m", LEAVING, "unknown", "unknown"), 2, "doubled"),
    ],
)
def test_every_end_is_counted_for_what_it_is(trial: Trial, received: int, became: str) -> None:
    verdict = judge([trial], {"m": received})
    total = verdict.total
    assert [name for name in ("sent", "unknown", "lost", "doubled", "evasive") if getattr(total, name)] == [became]
    assert (total.kills, bool(verdict.faults)) == (1, became not in ("sent", "unknown"))


def test_a_message_sent_before_in_the_same_process_must_have_arrived_once_too() -> None:
    trial = Trial(MAIL, "m", LEAVING, "unknown", "unknown", earlier=["e"])
    assert judge([trial], {"m": 1, "e": 1}).faults == []
    assert judge([trial], {"m": 1}).faults == ["email smtp: e, sent before, was received 0×"]


def test_a_message_marked_before_anything_of_it_can_have_left_is_a_fault_however_it_ends() -> None:
    early = Trial(MAIL, "m", [("wire: DATA", "transmitting")], "sent", "sent")
    assert judge([early], {"m": 1}).faults == [f"marked as leaving before it could: {early}"]
