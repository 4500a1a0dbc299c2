"""The pure core: conditions, and whole journeys in the simulator."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from care.domain.conditions import Group, Named, Value, explain
from care.domain.happenings import Event
from care.domain.rulebook import Rulebook
from care.domain.simulation import Person, Scripted, simulate
from care.rulebook.workspace import load
from tests.bench.figures import Figure, figure, per_second
from tests.builders import Story, a_plan, field, send, wait


class _Sight:
    """Facts for the condition that is measured."""

    now = datetime(2026, 3, 2, 3, tzinfo=UTC)
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    known: dict[str, Value] = {"csat.score": 3, "customer.type": "vip", "order.total": 12_000_000}  # noqa: RUF012

    def value(self, field: str) -> Value | None:
        return self.known.get(field)


CONDITION = Group(
    "all",
    (
        Named("satisfied", field("csat.score", "at least", 4)),
        field("customer.type", "is", "at_risk", negated=True),
        field("order.total", "between", 5_000_000, 20_000_000),
    ),
)


FOUR_MESSAGES = a_plan(
    send("hello"), wait(30, "first"), send("hint"), wait(30, "second"), send("sorry"), wait(30, "third"), send("bye")
)


def conditions() -> Figure:
    sight = _Sight()
    rates = per_second(lambda: explain(CONDITION, sight), 20_000)
    return figure("condition of three tests, explained", "per second", rates, 100_000)


def simulations() -> list[Figure]:
    """Four messages over ninety days, and beside them the shipped washing-machine journey with an answer."""
    four = Story(FOUR_MESSAGES)
    figures = []
    for name, explained, target in (("explained", True, 2_000), ("not explained", False, 5_000)):
        rates = per_second(partial(simulate, four.rulebook, four.person, four.script, explain=explained), 800)
        figures.append(figure(f"simulated 4-message 90-day journey, {name}", "per second", rates, target))
    book, person, script = shipped()
    for name, explained, target in (("explained", True, 2_000), ("not explained", False, 5_000)):
        rates = per_second(partial(simulate, book, person, script, explain=explained), 400)
        figures.append(figure(f"simulated washing_machine_care, {name}", "per second", rates, target))
    return figures


def shipped() -> tuple[Rulebook, Person, list[Scripted]]:
    """The shipped washing-machine journey: five messages, a score of 5, 25 entries in the timeline."""
    workspace = load(Path("rules"))
    assert workspace.rulebook is not None
    walked = workspace.rulebook.entering["washing_machine_care"]
    types, catalogue = workspace.rulebook.types, workspace.rulebook.catalogue
    book = Rulebook(catalogue, types, {"washing_machine_care": walked}, {walked.plan.hash: walked})
    start = datetime(2026, 3, 2, 3, tzinfo=UTC)
    order: dict[str, Value] = {"order.category": "washing_machine", "order.total": 12_000_000}
    script = [
        Scripted(start, Event("bought", "order.delivered", "o1"), order),
        Scripted(start + timedelta(days=8), Event("answered", "csat.answered", data={"score": 5})),
    ]
    return book, Person({"customer.orders": 1, "customer.spent": 12_000_000}, "Asia/Ho_Chi_Minh"), script
