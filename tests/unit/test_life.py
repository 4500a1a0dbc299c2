"""A simulated life, led on a stretch at a time, forked, and begun where somebody stands."""

from datetime import timedelta

from care.domain.decisions import Decision
from care.domain.orders import SendMessage
from care.domain.simulation import Life, World
from tests.builders import MONDAY_10, Story, a_plan, a_rulebook, send, survey, wait

LONG = a_plan(send("hello"), wait(3, "first"), survey(), wait(20, "second"), send("bye"))


def a_story() -> Story:
    return Story(LONG).then(4, "csat.answered", "o1", score=5).then(9, "order.returned", "o1")


def a_life(story: Story) -> Life:
    return Life(story.rulebook, World(story.person), story.script)


def sent(decisions: list[Decision]) -> list[tuple[str, str]]:
    orders = [order for decision in decisions for order in decision.orders if isinstance(order, SendMessage)]
    return [(order.template, f"{(order.at - MONDAY_10) / timedelta(days=1):g}") for order in orders]


def test_a_life_in_stretches_is_the_life_at_once() -> None:
    story = a_story()
    whole = [decision for decision, _ in a_life(story).decisions()]
    life, parts = a_life(story), []
    for day in (0, 1, 3, 3.5, 4, 10, 60):
        parts += [decision for decision, _ in life.decisions(MONDAY_10 + timedelta(days=day))]
    parts += [decision for decision, _ in life.decisions()]
    assert parts == whole
    assert len(sent(whole)) == 3


def test_a_stretch_ends_before_its_instant() -> None:
    life = a_life(a_story())
    three = MONDAY_10 + timedelta(days=3)
    assert sent([decision for decision, _ in life.decisions(three)]) == [("hello", "0")]
    assert life.wake == three
    assert sent([decision for decision, _ in life.decisions(three + timedelta(seconds=1))]) == [("ask", "3")]


def test_a_fork_goes_its_own_way() -> None:
    story = a_story()
    life = a_life(story)
    assert len(list(life.decisions(MONDAY_10 + timedelta(days=1)))) == 2
    world = World(story.person)
    world.frozen.update(life.world.frozen)
    twin = life.forked(a_rulebook(LONG), world)
    twin.forget({story.script[1].event.id})
    rest = [decision for decision, _ in life.decisions()]
    other = [decision for decision, _ in twin.decisions()]
    assert sent(rest) == [("ask", "3"), ("bye", "24")]
    assert any(entry.kind == "answered" for decision in rest for entry in decision.entries)
    assert any(entry.kind == "unanswered" for decision in other for entry in decision.entries)


def test_a_life_can_begin_where_somebody_stands() -> None:
    story = a_story()
    before = a_life(story)
    (entering, _) = next(before.decisions())
    # The first message was ordered and is on its way.
    world = World(story.person)
    world.frozen.update(before.world.frozen)
    world.order_of.update(before.world.order_of)
    life = Life(story.rulebook, world, ())
    life.stand(entering.state, MONDAY_10 + timedelta(minutes=5))
    decisions = [decision for decision, _ in life.decisions()]
    assert decisions[0].entries[0].kind == "sent"
    assert sent(decisions) == [("ask", "3.00347"), ("bye", "30.0035")]
