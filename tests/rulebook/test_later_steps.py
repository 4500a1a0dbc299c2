"""The steps split, set, webhook and repeat, and where they can lead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from care.domain.catalogue import Catalogue
from care.domain.conditions import FieldTest
from care.domain.conditions import Test as Asked
from care.domain.journey import Plan
from care.domain.moments import Duration
from care.domain.steps import Assignment, Repeat, SetStep, Share, Split, Step, Webhook
from care.rulebook.versions import dump, load, plan_hash
from care.rulebook.workspace import Workspace
from tests.rulebook.folders import EXAMPLES, a_journey, loaded, told

Example = Callable[..., Workspace]
WAIT = "  - wait: 1 day\n"
LEAVE = f"{WAIT}paths:\n  leave:\n    - exit: now\n"
MONTH = "  - repeat: month\n    times: 3\n"
PATHS = "paths:\n  late:\n    - wait: 1 day\n  again:\n    - wait: 2 days\n"
VIP = FieldTest("customer.type", Asked("is", ("vip",), "vip"))

STEPS: list[tuple[str, Step]] = [
    (
        "- split: gift\n  between: {late: 30%, again: 20%, continue: 25.5%, exit: 24.5%}\n  holdout: 5%",
        Split(
            "split:gift",
            5,
            "gift",
            (Share("late", 0.3, 6), Share("again", 0.2, 6), Share("continue", 0.255, 6), Share("exit", 0.245, 6)),
            0.05,
        ),
    ),
    (
        "- split: who_gets_it\n  between:\n    late: 100%\n  holdout: 20%\n  only_if: {customer.type: vip}\n  id: s",
        Split("s", 5, "who_gets_it", (Share("late", 1.0, 7),), 0.2, VIP),
    ),
    (
        "- set:\n    journey.mood: happy\n    journey.calls: 1 thousand\n    customer.tags: add khách quen",
        SetStep(
            "set:mood",
            5,
            (
                Assignment("journey.mood", "is", "happy", 6),
                Assignment("journey.calls", "is", 1_000, 7),
                Assignment("customer.tags", "add", "khách quen", 8),
            ),
        ),
    ),
    (
        "- set: {customer.tags: [add a, remove b], journey.warranty_ends: 2027-03-01}\n  only_if: {customer.type: vip}",
        SetStep(
            "set:tags",
            5,
            (
                Assignment("customer.tags", "add", "a", 5),
                Assignment("customer.tags", "remove", "b", 5),
                Assignment("journey.warranty_ends", "is", "2027-02-28T17:00:00+00:00", 5),
            ),
            VIP,
        ),
    ),
    (
        "- webhook: crm\n  with: {score: '{{ csat.score }}', what: 'bought  a TV'}\n"
        "  save: {journey.tier: customer.tier, journey.calls: calls.0}\n  up_to: 1 hour",
        Webhook(
            "webhook:crm",
            5,
            "crm",
            Duration(3_600, False, "1 hour"),
            {"score": "{{ csat.score }}", "what": "bought a TV"},
            {"journey.tier": "customer.tier", "journey.calls": "calls.0"},
        ),
    ),
    (
        "- webhook: chatbot\n  up_to: 4 business hours",
        Webhook("webhook:chatbot", 5, "chatbot", Duration(14_400, True, "4 business hours")),
    ),
    (
        "- repeat: again\n  times: 4\n  every: 90 days\n  until: {customer.type: vip}",
        Repeat("repeat:again", 5, "again", 4, Duration(7_776_000, False, "90 days"), VIP),
    ),
    ("- repeat: again\n  times: 2 times", Repeat("repeat:again", 5, "again", 2)),
]


@pytest.mark.parametrize(("text", "step"), STEPS, ids=lambda value: getattr(value, "verb", None))
def test_a_later_step_becomes_what_the_planner_walks(text: str, step: Step, tmp_path: Path) -> None:
    catalog = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8").replace("to: 100,", "to: 1000,")
    indented = "".join(f"  {line}\n" for line in text.splitlines())
    unused = (
        "  - branch:\n      - when: {ticket.open: yes}\n        then: late\n      - otherwise: again\n    id: both\n"
    )
    journey = a_journey(f"{indented}{unused}{PATHS}")
    workspace = loaded(tmp_path, catalog=catalog, example=journey)
    assert workspace.rulebook is not None, workspace.problems
    assert workspace.rulebook.entering["example"].plan.paths["steps"][0] == step


def test_plans_with_later_steps_and_holidays_are_kept_and_come_back(tmp_path: Path) -> None:
    workspace = loaded(tmp_path, example=(EXAMPLES / "journeys" / "yearly_care.yaml").read_text(encoding="utf-8"))
    assert workspace.rulebook is None
    text = (EXAMPLES / "catalog.yaml").read_text(encoding="utf-8")
    catalog = text.replace("company:\n", "company:\n  holidays: [2027-02-05 to 2027-02-06]\n")
    steps = "".join(f"  {line}\n" for text, _ in (STEPS[1], STEPS[3], STEPS[4], STEPS[6]) for line in text.splitlines())
    top = "priority: high\nsending: {quiet_hours: 20:00 to 09:00, frequency_cap: 1 message in 3 days}\n"
    read = loaded(tmp_path / "again", catalog=catalog, example=a_journey(f"{steps}{PATHS}", top)).rulebook
    assert read is not None
    plan = read.entering["example"].plan
    again = load(Plan, dump(plan))
    assert again == plan
    assert plan_hash(again) == plan.hash
    assert load(Catalogue, dump(read.catalogue)) == read.catalogue


@pytest.mark.parametrize(
    "steps",
    [
        "  - split: a\n    between: {exit: 100%}\n    holdout: 5%\n  - wait: 1 day\n",
        "  - repeat: leave\n    times: 2\n    until: {customer.type: vip}\n" + LEAVE,
        "  - split: a\n    between: {exit: 50%, continue: 50%}\n  - wait: 1 day\n",
    ],
)
def test_a_step_behind_a_split_or_a_repeat_may_be_reached(steps: str, example: Example) -> None:
    assert told(example(steps)) == []


@pytest.mark.parametrize(
    ("steps", "problems"),
    [
        ("  - split: a\n    between: {exit: 50%, leave: 50%}\n" + LEAVE, "J030:7:5"),
        ("  - repeat: leave\n    times: 2\n" + LEAVE, "J030:7:5"),
        (f"{MONTH}    every: 30 days\n  - wait: until day 50\npaths:\n  month:\n    - wait: 1 day\n", "J034:8:5"),
        (f"{MONTH}  - wait: until day 5\npaths:\n  month:\n    - wait: 6 days\n", "J034:7:5"),
        ("  - repeat: a\n    times: 2\npaths:\n  a:\n    - split: b\n      between: {a: 50%, exit: 50%}\n", "J032:8:3"),
    ],
)  # fmt: skip
def test_what_no_way_through_a_split_or_a_repeat_reaches_is_told(steps: str, problems: str, example: Example) -> None:
    assert told(example(steps)) == [problems]


def test_a_day_that_is_past_only_in_later_passes_is_not_told(example: Example) -> None:
    steps = f"{MONTH}    every: 30 days\npaths:\n  month:\n    - wait: until day 5\n"
    assert told(example(steps)) == []


def test_repeats_in_repeats_come_to_a_thousand_passes_at_most(example: Example) -> None:
    steps = "  - repeat: a\n    times: {}\npaths:\n  a:\n    - repeat: b\n      times: 50\n  b:\n    - wait: 1 day\n"
    assert told(example(steps.format(20))) == []


def test_journey_values_are_tested_like_any_field(example: Example) -> None:
    steps = (
        "  - set: {journey.mood: happy, journey.warranty_ends: 2027-03-01}\n"
        "  - wait: until 1 day after journey.warranty_ends\n"
        "  - ticket: care_team\n    about: '{{ journey.mood }}'\n    up_to: 1 day\n    only_if: {journey.mood: happy}\n"
    )
    assert [problem.message for problem in example(steps).problems] == []
