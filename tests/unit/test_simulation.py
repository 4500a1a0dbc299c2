"""The simulator's world: what answers back when a journey speaks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from care.domain.happenings import Event
from care.domain.orders import CallWebhook, OpenTicket, Order, SendMessage
from care.domain.simulation import Person, Scripted, World, simulate
from care.domain.stepping import ticket_id
from tests.builders import MONDAY_10, UNHAPPY, Story, a_plan, branch, send, survey, ticket, wait

HELP = (ticket(), send("sorry"))


def _unhappy_story() -> Story:
    plan = a_plan(wait(1), survey(), branch((UNHAPPY, "help"), (None, "continue")), send("bye"), paths={"help": HELP})
    return Story(plan)


def _reacts(order: Order, at: datetime) -> Iterator[Scripted]:
    if isinstance(order, SendMessage) and order.survey:
        event = Event("answer", f"{order.survey}.answered", data={"score": 2}, about=order.step_key)
        yield Scripted(at + timedelta(hours=3), event)
    if isinstance(order, OpenTicket):
        yield Scripted(at + timedelta(hours=5), Event("closed", "ticket.closed", about=ticket_id(order.key)))


def test_an_order_can_be_answered_by_what_it_set_off() -> None:
    story = _unhappy_story()
    played = simulate(story.rulebook, story.person, story.script, reacts=_reacts)
    told = [f"{story.local(message.at)} {message.template}" for message in played.messages]
    assert told == ["day 1 10:00 ask", "day 1 18:00 sorry", "day 1 18:00 bye"]


def test_without_reactions_only_the_script_happens() -> None:
    story = _unhappy_story()
    assert [message.template for message in simulate(story.rulebook, story.person, story.script).messages] == [
        "ask",
        "bye",
    ]


def test_a_reaction_is_asked_for_once_for_every_order() -> None:
    story = _unhappy_story()
    seen: list[str] = []

    def counted(order: Order, at: datetime) -> Iterator[Scripted]:
        seen.append(order.key)
        yield from _reacts(order, at)

    simulate(story.rulebook, story.person, story.script, reacts=counted)
    assert len(seen) == len(set(seen)) == 4


def test_of_two_events_at_one_instant_the_one_scripted_first_is_heard_first() -> None:
    story = Story(a_plan(survey(), wait(5)))
    story.then(1, "csat.answered", "o1", score=1).then(1, "order.returned", "o1")
    heard = [entry.event for entry in story.played().entries if entry.kind == "answered"]
    assert heard == ["ev1"]
    story = Story(a_plan(survey(), wait(5)))
    story.then(1, "csat.answered", "o1", score=1).then(1, "csat.answered", "o1", score=5)
    scores = [entry.score for entry in story.played().entries if entry.kind == "answered"]
    assert scores == [1.0]


def test_an_endpoint_answers_what_the_person_is_given_and_nothing_else() -> None:
    world = World(Person(replies={"crm": {"customer.tier": "gold", "unused": 1}}))
    order = _call("crm", {"journey.tier": "customer.tier", "journey.mood": "mood"})
    settled = world.obey(order)
    assert (settled.id, settled.outcome, settled.values) == ("k:webhook", "done", {"journey.tier": "gold"})
    assert world.obey(_call("bot", {"journey.tier": "tier"})).values == {}


def _call(endpoint: str, save: dict[str, str]) -> CallWebhook:
    until = MONDAY_10 + timedelta(hours=1)
    return CallWebhook("k:webhook", "c", "e", "j", "p", "s", endpoint, MONDAY_10, until, {}, save)
