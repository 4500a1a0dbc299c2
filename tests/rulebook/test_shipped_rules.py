"""The rules this repository ships: checked, tested, described, and together kind to one customer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from care.domain.conditions import Value
from care.domain.happenings import Event
from care.domain.rulebook import Rulebook
from care.domain.simulation import Person, Played, Scripted, simulate
from care.rendering import TemplateInventory
from care.rulebook import testing
from care.rulebook.workspace import Workspace, load
from tests.rulebook.write_reference import README, with_reference

ROOT = Path(__file__).parents[2]
SHIPPED = load(ROOT / "rules", TemplateInventory(ROOT / "templates"))
RESULTS = tuple(testing.run_tests(SHIPPED))
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
def workspace() -> Workspace:
    return SHIPPED


@pytest.fixture
def rulebook() -> Rulebook:
    assert SHIPPED.rulebook is not None
    return SHIPPED.rulebook


def test_the_checker_finds_nothing(workspace: Workspace) -> None:
    assert [problem.message for problem in workspace.problems] == []


def test_there_are_four_journeys_with_tests_of_their_own(workspace: Workspace, rulebook: Rulebook) -> None:
    assert set(rulebook.entering) == {*("washing_machine_care", "after_service_visit", "first_purchase", "ask_consent")}
    assert {file.journey for file in workspace.tests} == set(rulebook.entering)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: f"{result.journey}: {result.name}")
def test_every_rule_test_passes(result: testing.TestResult) -> None:
    assert result.passed, "\n".join((*(failure.message for failure in result.failures), *result.timeline))


def test_the_rule_tests_are_many(workspace: Workspace) -> None:
    assert len(RESULTS) >= 12


def test_the_reference_in_the_readme_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_reference(text), "write it anew: python -m tests.rulebook.write_reference"


def delivered(rulebook: Rulebook, category: str, *, orders: int) -> Played:
    fields: dict[str, Value] = {"order.category": category, "order.total": 9_000_000}
    person = Person(
        fields={"customer.orders": orders, "customer.spent": 9_000_000, "customer.last_order_at": NOON},
        zone="Asia/Ho_Chi_Minh",
        consents={("email", "marketing"): True},
    )
    return simulate(rulebook, person, [Scripted(NOON, Event("i_1", "order.delivered", "DH-1"), fields)])


@pytest.mark.parametrize("category", ["washing_machine", "dryer", "fridge", "tv", "accessory"])
def test_a_first_purchase_is_greeted_once_whatever_it_is(rulebook: Rulebook, category: str) -> None:
    played = delivered(rulebook, category, orders=1)
    first_day = [message.template for message in played.messages if message.at < NOON + timedelta(days=1)]
    assert first_day == ["thank_you" if category == "washing_machine" else "welcome"]
    assert len({message.journey for message in played.messages}) == 1


def test_a_later_purchase_is_not_greeted_as_the_first(rulebook: Rulebook) -> None:
    assert delivered(rulebook, "tv", orders=3).messages == []
    assert delivered(rulebook, "washing_machine", orders=3).messages[0].template == "thank_you"


def test_every_journey_ends(rulebook: Rulebook) -> None:
    for category in ("washing_machine", "tv"):
        played = delivered(rulebook, category, orders=1)
        assert [left.reason for left in played.left] == ["completed"]


@pytest.mark.parametrize("motive", ["loyal", "discount", "impulse", "need_based"])
@pytest.mark.parametrize("category", ["washing_machine", "dryer", "fridge", "tv", "accessory"])
def test_there_is_one_reason_to_come_back_for_every_first_buyer(rulebook: Rulebook, motive: str, category: str) -> None:
    plan = rulebook.entering["first_purchase"].plan
    table = plan.tables["reason_to_come_back"]
    fitting = [
        row
        for row in table.rows
        if all(
            test is None or ((value in test.args) != test.negated)
            for test, value in zip(row.tests, (motive, category), strict=True)
        )
    ]
    assert len(fitting) == 1
    assert fitting[0].values[0] in rulebook.catalogue.offers


def test_every_queue_has_somebody_to_tell(rulebook: Rulebook) -> None:
    assert all(queue.email.endswith(".example") for queue in rulebook.catalogue.queues.values())
