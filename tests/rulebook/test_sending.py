"""A journey's own limits: they tighten the company's and never loosen them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.catalogue import Cap, Window
from care.domain.journey import Sending
from care.rulebook.clocktimes import cap, cap_words, stretch, stretch_words
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import EXAMPLES, a_journey, loaded, told

Example = Callable[..., Workspace]
SEND = "  - send: thank_you\n    by: email\n"
CATALOG = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
BARE = CATALOG.replace("  quiet_hours: 21:00 to 08:00\n", "").replace("  frequency_cap: 3 messages in 7 days\n", "")


def limits(workspace: Workspace) -> Sending | None:
    assert workspace.rulebook is not None, workspace.problems
    return workspace.rulebook.entering["example"].plan.sending


def test_limits_and_rank_are_read(example: Example) -> None:
    top = (
        "priority: high\nsending:\n  quiet_hours: 20:30 to 9:00\n  frequency_cap: 1 message in 2 days\n"
        "  timezone: Asia/Tokyo\n"
    )
    workspace = example(SEND, top)
    assert limits(workspace) == Sending(Window(1_230, 540), Cap(1, 172_800), "Asia/Tokyo")
    assert workspace.rulebook is not None
    assert workspace.rulebook.entering["example"].plan.priority == "high"


def test_without_limits_a_journey_has_the_companys(example: Example) -> None:
    assert limits(example(SEND)) is None


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("quiet_hours: 21:00 to 08:00", True),
        ("quiet_hours: 20:00 to 08:00", True),
        ("quiet_hours: 09:00 to 08:59", True),
        ("quiet_hours: 21:01 to 08:00", False),
        ("quiet_hours: 20:00 to 07:59", False),
        ("quiet_hours: 12:00 to 13:00", False),
        ("frequency_cap: 2 messages in 7 days", True),
        ("frequency_cap: 1 message in 1 day", True),
        ("frequency_cap: 4 messages in 14 days", True),
        ("frequency_cap: 3 messages in 7 days", False),
        ("frequency_cap: 3 messages in 6 days", False),
        ("frequency_cap: 6 messages in 14 days", False),
        ("frequency_cap: 6 messages in 8 days", False),
        ("frequency_cap: 5 messages in 8 days", True),
    ],
)
def test_a_limit_that_holds_nothing_back_is_refused(setting: str, allowed: bool, example: Example) -> None:
    column = 3 + setting.index(" ") + 1
    assert told(example(SEND, f"sending:\n  {setting}\n")) == ([] if allowed else [f"J012:5:{column}"])


@pytest.mark.parametrize(
    ("sending", "problems"),
    [
        ("{timezone: Asia/Tokyo}", ["J003:4:11"]),
        ("{timezone: Asia/Tokyo, quiet_hours: 22:00 to 06:00}", []),
        ("{frequency_cap: 100 messages in 1 day}", []),
        ("{}", ["J012:4:1"]),
        ("", ["J012:4:1"]),
        ("strict", ["J012:4:10"]),
        ("[quiet_hours]", ["J012:4:10"]),
    ],
)
def test_a_company_without_limits_can_be_tightened_too(sending: str, problems: list[str], tmp_path: Path) -> None:
    assert told(loaded(tmp_path, catalog=BARE, example=a_journey(SEND, f"sending: {sending}\n"))) == problems


def test_a_company_that_cannot_be_read_is_not_held_against_the_journey(tmp_path: Path) -> None:
    broken = CATALOG.replace("21:00 to 08:00", "always")
    workspace = loaded(tmp_path, catalog=broken, example=a_journey(SEND, "sending: {quiet_hours: 22:00 to 06:00}\n"))
    assert {problem.file for problem in workspace.problems} == {"catalog.yaml"}


MINUTES = st.integers(0, 1_439)


@given(MINUTES, MINUTES.filter(bool))
def test_a_stretch_in_words_reads_as_the_stretch(start: int, length: int) -> None:
    window = Window(start, (start + length) % 1_440)
    assert stretch(stretch_words(window)) == window


@given(st.integers(1, 999), st.integers(1, 5_000))
def test_a_cap_in_words_reads_as_the_cap(count: int, minutes: int) -> None:
    limit = Cap(count, minutes * 60)
    assert cap(cap_words(limit)) == limit
