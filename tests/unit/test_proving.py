"""Promises: kept by rules that keep them, broken by the shortest story of rules that do not."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from care.domain.catalogue import Catalogue, Field, Window
from care.domain.law import Law
from care.domain.rulebook import CustomerType, Rulebook, TypeRule
from care.domain.steps import Exit, Share, Split, Step, Webhook
from care.rulebook.policies import shipped
from care.rulebook.promises import Promise
from care.trying.choices import Choices, Chosen
from care.trying.lives import Lives
from care.trying.proving import Proof, prove
from tests.builders import (
    CATALOGUE,
    COMPANY,
    DAY,
    HAPPY,
    UNHAPPY,
    a_plan,
    a_rulebook,
    branch,
    days,
    field,
    hours,
    offer,
    send,
    survey,
    ticket,
    uncapped,
    wait,
    wait_for,
)

FIELDS = {
    "csat.score": Field("csat.score", "number", low=1, high=5, whole=True, set_by="survey csat"),
    "csat.last": Field("csat.last", "number", low=1, high=5, whole=True),
    "customer.spent": Field("customer.spent", "number", low=0, high=1000, always=True),
}


def a_shop(
    *steps: Step, catalogue: Catalogue = CATALOGUE, paths: dict[str, tuple[Step, ...]] | None = None
) -> Rulebook:
    return a_rulebook(a_plan(*steps, paths=paths), catalogue=replace(catalogue, fields=FIELDS))


CARING = a_shop(
    send("hello"),
    wait(3),
    survey(),
    branch((UNHAPPY, "help"), (HAPPY, "gift"), (None, "continue")),
    paths={"help": (ticket(), send("sorry")), "gift": (wait(1), offer())},
)
PERSON = Promise("Unhappy customers get a person", "always", 3, when=UNHAPPY, verb="ticket", seconds=DAY)


def proofs(
    rulebook: Rulebook, promises: Sequence[Promise] = (), *, limit: int = 200_000, jobs: int = 1
) -> dict[str, Proof]:
    return {proof.promise.text: proof for proof in prove(rulebook, promises, limit=limit, jobs=jobs)}


def test_every_walk_through_the_choices_is_taken_once() -> None:
    choices, seen = Choices(), []
    while True:
        first = choices.one_of("ab")
        seen.append((first, choices.one_of("xyz" if first == "a" else "u")))
        if not choices.more():
            break
    assert seen == [("a", "x"), ("a", "y"), ("a", "z"), ("b", "u")]


def test_a_value_nobody_asks_for_divides_nothing() -> None:
    choices = Choices()
    values = Chosen(lambda key: choices.one_of((1, None)))
    assert "never asked" not in values.chosen
    assert (values.get("asked"), "asked" in values) == (1, True)
    assert choices.more()


def test_rules_that_care_keep_every_promise() -> None:
    found = proofs(CARING, [PERSON, Promise("Never an offer for the unhappy", "never", when=UNHAPPY, verb="offer")])
    assert {text: proof.verdict for text, proof in found.items()} == dict.fromkeys(found, "kept")
    assert len(found) == 7


def test_a_broken_promise_comes_with_the_shortest_story() -> None:
    lazy = a_shop(send("hello"), survey(), branch((HAPPY, "gift"), (None, "continue")), paths={"gift": (offer(),)})
    proof = proofs(lazy, [PERSON])["Unhappy customers get a person"]
    assert proof.verdict == "broken"
    assert proof.story is not None
    assert [event for _, event in proof.story.events] == ["csat.answered, score 1"]
    assert proof.story.broken.message == "ticket did not happen by then"
    assert {entry.kind for entry in proof.story.timeline} >= {"entered", "asked", "answered", "exited"}


@pytest.mark.parametrize(
    ("promise", "message"),
    [
        (Promise("few", "at_most", count=1, seconds=DAY), "2 messages in 1 day"),
        (Promise("short", "ends", seconds=2 * DAY), "it took 3 days"),
        (Promise("no bye", "never", name="bye"), "send:bye → order by email (journey)"),
    ],
)
def test_limits_ends_and_names_can_be_promised(promise: Promise, message: str) -> None:
    found = proofs(a_shop(send("hello"), send("hint"), wait(3), send("bye"), catalogue=uncapped()), [promise])
    assert found[promise.text].story is not None
    assert found[promise.text].story.broken.message == message  # type: ignore[union-attr]


def test_a_promise_for_some_customers_says_nothing_of_others() -> None:
    rich = field("customer.spent", "at least", 500)
    rulebook = a_shop(send("hello", only_if=rich), send("bye"))
    assert proofs(rulebook, [Promise("p", "never", when=rich, name="bye")])["p"].verdict == "broken"
    poor = replace(rich, test=replace(rich.test, op="less than"))
    assert proofs(rulebook, [Promise("p", "never", when=poor, name="hello")])["p"].verdict == "kept"


@pytest.mark.parametrize(("name", "side"), [("hello", "one"), ("hint", "other"), ("bye", "holdout")])
def test_somebody_stands_on_every_side_of_a_split(name: str, side: str) -> None:
    split = Split("split:test", 1, "test", (Share("one", 0.5, 1), Share("other", 0.5, 1)), 0.1)
    paths: dict[str, tuple[Step, ...]] = {
        "one": (send("hello"), Exit("exit:one", 1, "one")),
        "other": (send("hint"), Exit("exit:other", 1, "other")),
    }
    proof = proofs(a_shop(split, send("bye"), paths=paths), [Promise("p", "never", name=name)])["p"]
    assert proof.story is not None
    assert proof.story.given["split.test"] == side
    way = "continue" if side == "holdout" else side
    assert f"split:test → {way}" in [entry.what for entry in proof.story.timeline]


@pytest.mark.parametrize(("second", "hints"), [(0.5, {0, 2}), (0.9, {0, 1, 2})])
def test_splits_of_one_name_and_equal_shares_put_a_customer_on_one_side(second: float, hints: set[int]) -> None:
    splits = [
        Split(f"split:{part}", 1, "test", (Share("one", part, 1), Share("continue", 1 - part, 1)))
        for part in (0.5, second)
    ]
    plan = a_plan(splits[0], wait(1), replace(splits[1], id="split:second"), paths={"one": (send("hint"),)})
    lives = Lives(a_rulebook(plan, catalogue=replace(uncapped(), fields=FIELDS)), plan).all(1000)
    reached = (life for life in lives if life.given_at_start.get("reach.email", "email"))
    told = ([entry for decision, _ in life.steps for entry in decision.entries] for life in reached)
    assert {sum(entry.kind == "sending" for entry in entries) for entries in told} == hints


def test_an_endpoint_may_answer_whatever_a_rule_tells_apart_or_nothing() -> None:
    webhook = Webhook("webhook:crm", 1, "crm", hours(2), save={"journey.tier": "customer.tier"})
    gold = field("journey.tier", "is", "gold")
    tier = Field("journey.tier", "choice", ("plain", "gold"))
    plan = a_plan(webhook, send("hint", only_if=gold), branch((gold, "exit"), (None, "continue")), send("bye"))
    rulebook = a_rulebook(plan, catalogue=replace(CATALOGUE, fields={**FIELDS, tier.name: tier}))
    found = proofs(rulebook, [Promise(name, "never", name=name) for name in ("hint", "bye")])
    stories = {name: found[name].story for name in ("hint", "bye")}
    assert {name: story and story.given["webhook.crm.customer.tier"] for name, story in stories.items()} == {
        "hint": "gold",
        "bye": None,
    }


def test_what_was_not_looked_at_is_said_and_not_called_kept() -> None:
    found = proofs(CARING, limit=5)
    assert {proof.verdict for proof in found.values()} == {"not proven", "kept"}
    assert "more lives than were looked at" in found["No marketing without consent"].how


def test_a_type_that_no_journey_lets_in_is_named() -> None:
    rules = (TypeRule(field("customer.spent", "at least", 500), "vip", 1), TypeRule(None, "new", 2))
    fields = {**FIELDS, "customer.type": Field("customer.type", "choice", ("vip", "new"), always=True)}
    plan = replace(a_plan(send("hello")), audience=field("customer.type", "is", "new"))
    rulebook = a_rulebook(plan, catalogue=replace(CATALOGUE, fields=fields))
    rulebook = replace(rulebook, types=(CustomerType("customer.type", rules),))
    proof = proofs(rulebook)["Every customer type has a journey it can enter"]
    assert (proof.verdict, proof.how) == ("broken", "no journey lets in: customer.type vip")


def test_the_guard_rails_keep_the_hours_of_every_law_whatever_quiet_hours_are() -> None:
    text = "Never outside the hours the law allows, in any time zone"
    late = replace(CATALOGUE, company=replace(COMPANY, quiet_hours=Window(1380, 480)))
    selling = replace(a_shop(offer("gift", "sms"), catalogue=late), policies=shipped())
    assert proofs(selling)[text].verdict == "kept"
    selling.__dict__["law"] = Law()
    trouble = "journey may send marketing by sms on Monday at 21:00, forbidden in the United States"
    assert proofs(selling)[text].how == trouble
    caring = replace(a_shop(send("hello", "sms"), catalogue=late), policies=shipped())
    caring.__dict__["law"] = Law()
    assert proofs(caring)[text].verdict == "kept"


def test_a_promise_is_not_kept_by_a_journey_that_nobody_enters() -> None:
    never = replace(UNHAPPY, test=replace(UNHAPPY.test, args=(0,)))
    plan = replace(a_plan(send("hello")), audience=never)
    proof = proofs(a_rulebook(plan, catalogue=replace(CATALOGUE, fields=FIELDS)))["No marketing without consent"]
    assert proof.verdict == "not proven"
    assert "nobody entered journey, so nothing was seen there" in proof.how


def test_what_an_event_carries_is_chosen_like_any_fact() -> None:
    fields = {**FIELDS, "event.express": Field("event.express", "yes/no")}
    express = field("event.express", "is", True)
    plan = replace(a_plan(send("hello")), trigger=replace(a_plan().trigger, when=express))
    waiting = a_plan(
        replace(wait_for("order.placed", days(3), "late"), when=express),
        send("bye"),
        paths={"late": (Exit("exit:late", 1, "late"),)},
    )
    catalogue = replace(CATALOGUE, fields=fields)
    for rulebook, name in (
        (a_rulebook(plan, catalogue=catalogue), "hello"),
        (a_rulebook(waiting, catalogue=catalogue), "bye"),
    ):
        assert proofs(rulebook, [Promise("p", "never", name=name)])["p"].verdict == "broken"


def test_two_processes_find_what_one_finds() -> None:
    one, two = (prove(CARING, [PERSON], jobs=jobs) for jobs in (1, 2))
    assert one == two
