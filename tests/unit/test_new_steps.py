"""Split, set, webhook and repeat as the planner does them."""

from collections import Counter
from dataclasses import replace

import pytest

from care.domain.catalogue import Endpoint, Field
from care.domain.happenings import Settled
from care.domain.orders import CallWebhook
from care.domain.planner import plan as decide
from care.domain.simulation import Life, World
from care.domain.splitting import side_of
from care.domain.steps import Assignment, Repeat, SetStep, Share, Split, Step, Webhook
from tests.builders import Story, a_plan, branch, days, field, hours, send, uncapped, wait

JOURNEY_FIELDS = {
    "journey.tier": Field("journey.tier", "choice", ("gold", "plain")),
    "journey.visit_at": Field("journey.visit_at", "date"),
    "customer.tags": Field("customer.tags", "list"),
}
KNOWING = replace(uncapped(), fields=JOURNEY_FIELDS, endpoints={"crm": Endpoint("crm", "https://crm.example/hooks")})


def a_split(holdout: float = 0.0, *shares: tuple[str, float]) -> Split:
    sides = tuple(Share(then, part, 1) for then, part in shares or (("left", 0.5), ("right", 0.5)))
    return Split("split:test", 1, "test", sides, holdout)


def test_customers_are_divided_in_the_shares_that_were_asked_for() -> None:
    split = a_split(0.1, ("left", 0.7), ("right", 0.3))
    sides = Counter(share.then if (share := side_of(split, f"c_{number}")) else "out" for number in range(20_000))
    assert sides["out"] / 20_000 == pytest.approx(0.1, abs=0.01)
    assert sides["left"] / 18_000 == pytest.approx(0.7, abs=0.015)


def test_a_customer_stays_on_a_side_when_the_holdout_changes() -> None:
    for number in range(2_000):
        without, with_holdout = side_of(a_split(), f"c_{number}"), side_of(a_split(0.3), f"c_{number}")
        assert with_holdout in (None, without)


def test_a_side_comes_back_behind_the_split_and_a_held_out_customer_walks_none() -> None:
    paths: dict[str, tuple[Step, ...]] = {"left": (send("hello"),), "right": (send("hint"),)}
    seen = set()
    for number in range(40):
        story = Story(a_plan(a_split(0.3), send("bye"), paths=paths), catalogue=uncapped()).who(customer=f"c_{number}")
        seen.add(tuple(text.split()[3] for text in story.sent()))
    assert seen == {("hello", "bye"), ("hint", "bye"), ("bye",)}


def test_a_journey_value_that_was_set_can_be_tested_at_once() -> None:
    mark = SetStep("set:tier", 1, (Assignment("journey.tier", "is", "gold", 1),))
    gold = field("journey.tier", "is", "gold")
    story = Story(a_plan(mark, send("hello", only_if=gold), send("bye", only_if=field("journey.tier", "is", "plain"))))
    story.rulebook = replace(story.rulebook, catalogue=KNOWING)
    assert [text.split()[3] for text in story.sent()] == ["hello"]


def test_a_date_in_a_journey_value_is_a_date_to_rules() -> None:
    mark = SetStep("set:visit_at", 1, (Assignment("journey.visit_at", "is", "2026-03-03T03:00:00+00:00", 1),))
    soon = field("journey.visit_at", "in the next", 3 * 86_400)
    assert len(Story(a_plan(mark, send("hello", only_if=soon)), catalogue=KNOWING).sent()) == 1


def test_tags_are_added_and_taken_out_for_this_and_every_later_rule() -> None:
    add = SetStep("set:tags", 1, (Assignment("customer.tags", "add", "reviewer", 1),))
    drop = SetStep("set:tags_off", 1, (Assignment("customer.tags", "remove", "reviewer", 1),))
    is_reviewer = field("customer.tags", "includes", "reviewer")
    steps = (send("hello", only_if=is_reviewer), add, wait(1), send("hint", only_if=is_reviewer), drop)
    story = Story(a_plan(*steps, wait(1, "again"), send("bye", only_if=is_reviewer)), catalogue=KNOWING)
    assert [text.split()[3] for text in story.sent()] == ["hint"]


def a_webhook() -> Webhook:
    return Webhook("webhook:crm", 1, "crm", hours(2), {"score": "{{ csat.score }}"}, {"journey.tier": "customer.tier"})


CALLING = a_plan(a_webhook(), send("hello", only_if=field("journey.tier", "is", "gold")), send("bye"))


class Calling:
    """A customer whose journey calls a webhook, led by hand."""

    def __init__(self) -> None:
        story = Story(CALLING, catalogue=KNOWING)
        self.life = Life(story.rulebook, World(story.person), story.script)
        self.rulebook, self.now = story.rulebook, story.starts
        self.decision = next(self.life.decisions())[0]
        self.entries = list(self.decision.entries)

    @property
    def order(self) -> CallWebhook:
        return next(order for order in self.decision.orders if isinstance(order, CallWebhook))

    def settle(self, outcome: str, **more: object) -> None:
        told = Settled(self.order_key, outcome, **more)  # type: ignore[arg-type]
        self._decide([told])

    def wake(self) -> None:
        assert self.decision.wake_at is not None
        self.now = self.decision.wake_at
        self._decide([])

    def _decide(self, happenings: list[Settled]) -> None:
        facts = self.life.world.facts
        facts.event = None
        self.decision = decide(self.decision.state, happenings, facts, self.rulebook, self.now)
        self.entries.extend(self.decision.entries)

    @property
    def order_key(self) -> str:
        return f"{self.decision.state.enrolments[0].id}/webhook:crm/1:webhook"


def test_the_answer_of_a_webhook_fills_journey_values() -> None:
    calling = Calling()
    assert calling.order.values == {"score": "{{ csat.score }}"}
    calling.settle("done", values={"journey.tier": "gold"})
    assert [order.template for order in calling.decision.orders if order.kind == "send"] == ["hello"]


def test_a_webhook_that_fails_for_now_is_tried_again_under_the_same_key() -> None:
    calling = Calling()
    first = calling.order
    calling.settle("retry", reason="the endpoint answered 503", code="503")
    assert calling.decision.orders == ()
    calling.wake()
    assert calling.order.key == first.key
    assert calling.order.expires_at == first.expires_at


def test_a_webhook_without_an_answer_in_time_lets_the_journey_go_on() -> None:
    calling = Calling()
    for _ in range(12):
        calling.settle("retry", code="503")
        calling.wake()
        if calling.decision.state.enrolments[0].step != "webhook:crm":
            break
    assert [order.template for order in calling.decision.orders if order.kind == "send"] == ["bye"]
    assert "no_answer" in {entry.code for entry in calling.entries}


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_a_webhook_that_will_never_work_is_told_and_passed(outcome: str) -> None:
    calling = Calling()
    calling.settle(outcome, reason="the endpoint answered 404", code="404")
    assert [order.template for order in calling.decision.orders if order.kind == "send"] == ["bye"]
    assert calling.entries[-2].kind != "called"


def test_an_answer_that_comes_too_late_changes_no_value() -> None:
    calling = Calling()
    key = calling.order_key
    while calling.decision.state.enrolments[0].step == "webhook:crm":
        calling.wake()
    calling._decide([Settled(key, "done", values={"journey.tier": "gold"})])
    assert calling.decision.state.enrolments[0].values == {}


def test_what_was_left_out_of_an_answer_is_a_data_quality_entry() -> None:
    calling = Calling()
    calling.settle("done", reason="journey.tier: the answer is not one of the choices")
    assert "data_quality" in {entry.kind for entry in calling.entries}


def a_repeat(times: int = 3, every: int | None = 30, until: object = None) -> Repeat:
    return Repeat("repeat:filter", 1, "filter", times, days(every) if every else None, until)  # type: ignore[arg-type]


def repeating(*path: Step, step: Repeat) -> Story:
    return Story(a_plan(step, send("bye"), paths={"filter": path}), catalogue=uncapped())


def test_a_path_is_repeated_so_often_and_in_that_rhythm() -> None:
    story = repeating(send("hint"), wait(1), send("ask"), step=a_repeat())
    assert story.sent() == [
        "day 0 10:00 hint email",
        "day 1 10:00 ask email",
        "day 30 10:00 hint email",
        "day 31 10:00 ask email",
        "day 60 10:00 hint email",
        "day 61 10:00 ask email",
        "day 61 10:00 bye email",
    ]


def test_each_pass_has_its_own_message_keys() -> None:
    keys = [message.key for message in repeating(send("hint"), step=a_repeat()).played().messages]
    assert len(set(keys)) == len(keys) == 4
    assert [key.rsplit("/", 1)[1] for key in keys] == ["1:email", "2:email", "3:email", "1:email"]


def test_a_repeat_ends_as_soon_as_its_until_holds() -> None:
    mark = SetStep("set:tier", 1, (Assignment("journey.tier", "is", "gold", 1),))
    step = a_repeat(until=field("journey.tier", "is", "gold"))
    story = repeating(send("hint"), mark, step=step)
    story.rulebook = replace(story.rulebook, catalogue=KNOWING)
    assert story.sent() == ["day 0 10:00 hint email", "day 0 10:00 bye email"]


def test_a_repeat_without_a_rhythm_goes_round_at_once() -> None:
    story = repeating(wait(2), send("hint"), step=a_repeat(every=None))
    assert [text.split(" email")[0] for text in story.sent()] == [
        "day 2 10:00 hint",
        "day 4 10:00 hint",
        "day 6 10:00 hint",
        "day 6 10:00 bye",
    ]


def test_a_repeat_within_a_repeat_counts_its_own_passes() -> None:
    inner = Repeat("repeat:inner", 1, "inner", 2, days(1))
    outer = Repeat("repeat:outer", 1, "outer", 2, days(10))
    paths: dict[str, tuple[Step, ...]] = {"outer": (inner,), "inner": (send("hint"),)}
    story = Story(a_plan(outer, paths=paths), catalogue=uncapped())
    assert [text.split(" hint")[0] for text in story.sent()] == [
        "day 0 10:00",
        "day 1 10:00",
        "day 10 10:00",
        "day 11 10:00",
    ]
    assert len({message.key for message in story.played().messages}) == 4


def test_a_path_two_branches_lead_to_is_walked_twice_with_its_own_keys() -> None:
    first, second = branch((None, "again")), replace(branch((None, "again")), id="branch_2")
    story = Story(a_plan(first, wait(1), second, paths={"again": (send("hint"),)}), catalogue=uncapped())
    assert len({message.key for message in story.played().messages}) == 2


def test_an_enrolment_that_leaves_in_the_middle_of_a_repeat_is_over() -> None:
    plan = a_plan(a_repeat(), paths={"filter": (send("hint"), wait(1))})
    played = Story(plan, catalogue=uncapped()).then(10, "operator.exited", journey="journey", operator="Mai").played()
    assert len(played.messages) == 1
    assert [left.reason for left in played.left] == ["ended by Mai"]
