"""Promises that hold whatever operators do to a journey and whatever becomes of its plan."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from care.domain.audit import Entry
from care.domain.catalogue import Endpoint, Field
from care.domain.conditions import Value
from care.domain.journey import MAIN, Plan
from care.domain.orders import SendMessage
from care.domain.steps import Assignment, Branch, Repeat, Rule, SetStep, Share, Split, Step, Webhook
from tests.builders import CATALOGUE, COMPANY, HAPPY, a_plan, days, hours, offer, send, survey, ticket, until_day, wait
from tests.builders import wait_for as wait_for_event
from tests.operated import Operated, Paused, PublishedAnew, Resumed

Paths = dict[str, list[Step]]

MOOD = Field("journey.mood", "choice", ("glad", "sad"))
KNOWING = replace(
    CATALOGUE,
    company=replace(COMPANY, frequency_cap=None),
    fields={MOOD.name: MOOD},
    endpoints={"crm": Endpoint("crm", "https://crm.example/hooks")},
)
AWAKE = replace(KNOWING, company=replace(COMPANY, frequency_cap=None, quiet_hours=None))

NOTE = SetStep("set:mood", 1, (Assignment(MOOD.name, "is", "glad", 1),))
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(["hello", "hint", "receipt", "bye"]).map(lambda name: send(name)),
    st.integers(1, 6).map(wait),
    st.integers(1, 6).map(wait),
    st.integers(0, 30).map(until_day),
    st.just(offer("gift", "email", "sms")),
    st.builds(survey, st.integers(1, 5).map(days), st.none() | st.integers(1, 3).map(days)),
    st.integers(1, 5).map(lambda count: ticket(up_to=days(count), sla=days(1), escalate_to="leads")),
    st.integers(1, 5).map(lambda count: wait_for_event("order.returned", days(count))),
    st.just(NOTE),
    st.just(Webhook("webhook:crm", 1, "crm", hours(2))),
)
HAPPENINGS: st.SearchStrategy[tuple[str, dict[str, Value]]] = st.sampled_from(
    [
        ("csat.answered", {"score": 1}),
        ("csat.answered", {"score": 5}),
        ("ticket.closed", {}),
        ("consent.withdrawn", {"channel": "email", "purpose": "care"}),
        ("consent.given", {"channel": "email", "purpose": "marketing"}),
        ("order.returned", {}),
        ("operator.paused", {"operator": "Mai"}),
        ("operator.resumed", {"operator": "Mai"}),
    ]
)
CALLERS: tuple[Step, ...] = (
    Repeat("outer", 1, "again", 3, days(4)),
    Branch("choice", 1, (Rule(HAPPY, "glad", 1), Rule(None, "other", 2))),
    Split("parting", 1, "parting", (Share("glad", 0.5, 1), Share("other", 0.5, 2)), 0.1),
)
INNER = Repeat("inner", 1, "within", 2)


class Drafts:
    """Plans of one journey, each made from the one before by an author who changes this and that."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw, self._count = draw, 0
        self.paths: Paths = {name: self._some(1, 3) for name in ("again", "within", "glad", "other")}
        self.paths["again"].append(INNER)
        self.paths[MAIN] = self._some(2, 5)
        for caller in CALLERS:
            self._put(MAIN, caller)

    def plan(self) -> Plan:
        paths = {name: tuple(steps) for name, steps in self.paths.items() if name != MAIN}
        return a_plan(*self.paths[MAIN], paths=paths)

    def change(self) -> None:
        """Change the draft in some places."""
        for _ in range(self._draw(st.integers(1, 4))):
            self._draw(st.sampled_from([self._add, self._drop, self._shift, self._retime, self._rename, self._swap]))()

    def _some(self, low: int, high: int) -> list[Step]:
        return [self._named(step) for step in self._draw(st.lists(STEPS, min_size=low, max_size=high))]

    def _named(self, step: Step) -> Step:
        self._count += 1
        return replace(step, id=f"{step.id} {self._count}")

    def _put(self, path: str, step: Step) -> None:
        self.paths[path].insert(self._draw(st.integers(0, len(self.paths[path]))), step)

    def _movable(self) -> list[tuple[str, Step]]:
        """Steps that may go: no caller, and not the last of their path."""
        callers = {INNER.id, *(caller.id for caller in CALLERS)}
        return [
            (path, step)
            for path, steps in self.paths.items()
            for step in steps
            if step.id not in callers and len(steps) > 1
        ]

    def _add(self) -> None:
        self._put(self._draw(st.sampled_from(sorted(self.paths))), self._named(self._draw(STEPS)))

    def _take(self) -> Step | None:
        movable = self._movable()
        if not movable:
            return None
        path, step = self._draw(st.sampled_from(movable))
        self.paths[path].remove(step)
        return step

    def _drop(self) -> None:
        self._take()

    def _shift(self) -> None:
        step = self._take()
        if step is not None:
            self._put(self._draw(st.sampled_from(sorted(self.paths))), step)

    def _retime(self) -> None:
        """Give one kind of step other lengths everywhere."""
        length = self._draw(st.integers(1, 9))
        for steps in self.paths.values():
            for at, step in enumerate(steps):
                if step.verb == "wait":
                    steps[at] = replace(wait(length), id=step.id)
                elif step.verb == "survey":
                    steps[at] = replace(step, up_to=days(length))
                elif step.verb == "repeat":
                    steps[at] = replace(step, times=max(2, length // 2))

    def _rename(self) -> None:
        """Give a path that is walked again and again another name."""
        for at, step in enumerate(self.paths[MAIN]):
            if isinstance(step, Repeat):
                self._count += 1
                name = f"again {self._count}"
                self.paths[name] = self.paths.pop(step.path)
                self.paths[MAIN][at] = replace(step, path=name)

    def _swap(self) -> None:
        """Let a caller stand elsewhere."""
        caller = self._draw(st.sampled_from([step for step in self.paths[MAIN] if step.id in ("outer", "choice")]))
        self.paths[MAIN].remove(caller)
        self._put(MAIN, caller)


@st.composite
def operated(draw: st.DrawFn) -> Operated:
    drafts = Drafts(draw)
    story = Operated(drafts.plan(), catalogue=KNOWING).who(consents={("email", "marketing"): True})
    assert isinstance(story, Operated)
    for number in range(draw(st.integers(0, 3))):
        drafts.change()
        plan = replace(drafts.plan(), hash=f"hash {number + 2}", revision=number + 2)
        story.published(draw(st.floats(0, 25)), plan)
    _pauses(draw, story)
    if draw(st.integers(0, 9)) == 0:
        story.emptied(draw(st.floats(1, 40)))
    for day, (event, data) in draw(st.lists(st.tuples(st.floats(0.01, 40), HAPPENINGS), max_size=5)):
        story.then(day, event, "o1", **data)
    return story


def _pauses(draw: st.DrawFn, story: Operated) -> None:
    """One pause after the other; the last one may never end."""
    day = draw(st.floats(0.01, 10))
    for _ in range(draw(st.integers(0, 3))):
        story.paused(day, draw(st.sampled_from(["freeze", "run"])))
        day += draw(st.floats(0.01, 8))
        if draw(st.integers(0, 9)):
            story.resumed(day)
            day += draw(st.floats(0.01, 8))
        else:
            return


def _begins(entry: Entry) -> bool:
    """Whether an entry is one that a step writes as it begins, and only then."""
    return (
        entry.kind in ("set", "ticket", "asked")
        or (entry.kind == "branched" and entry.code != "chosen")
        or (entry.kind == "waiting" and entry.verb in ("wait", "wait_for"))
        or (entry.kind in ("sending", "calling"))
    )


def _walks(entries: list[Entry]) -> Counter[str]:
    """How often each path was walked: by its name where a branch led there, by its caller where it is repeated."""
    walks = Counter({MAIN: 1})
    for entry in entries:
        if entry.kind == "branched":
            walks[entry.what.partition(" → ")[2]] += 1
        elif entry.kind == "repeated" and " → pass " in entry.what:
            walks[entry.step] += 1
    return walks


def _sources(plans: list[Plan]) -> dict[str, set[str]]:
    """What may lead to each step in any of the plans."""
    found: dict[str, set[str]] = {}
    for plan in plans:
        repeats = {step.path: step.id for steps in plan.paths.values() for step in steps if isinstance(step, Repeat)}
        for path, steps in plan.paths.items():
            for step in steps:
                found.setdefault(step.id, set()).add(repeats.get(path, path))
    return found


def _paused(story: Operated) -> Iterator[tuple[datetime, datetime]]:
    """From when until when the journey was paused."""
    acts = sorted((act for act in story.acts if isinstance(act, Paused | Resumed)), key=lambda act: act.at)
    for number, act in enumerate(acts):
        if isinstance(act, Paused):
            yield act.at, acts[number + 1].at if number + 1 < len(acts) else act.at + timedelta(days=9_999)


def _plans(story: Operated) -> list[Plan]:
    first = story.rulebook.entering[story.journey].plan
    return [first, *(act.plan for act in story.acts if isinstance(act, PublishedAnew))]


@settings(max_examples=300, deadline=None)
@given(operated())
def test_whatever_operators_do_nothing_happens_twice_and_everybody_comes_to_an_end(story: Operated) -> None:
    played = story.played()

    ordered = Counter(order.key for decision in story.decisions for order in decision.orders)
    assert {key: count for key, count in ordered.items() if count > 1} == {}

    begun = Counter(entry.step for entry in played.entries if _begins(entry))
    walks, moves = _walks(played.entries), [entry.kind for entry in played.entries].count("moved")
    for step, sources in _sources(_plans(story)).items():
        landings = moves if sources != {MAIN} else 0
        assert begun[step] <= sum(walks[source] for source in sources) + landings, (step, sources)

    breaks = list(_paused(story))
    assert not [at for at in (message.at for message in played.messages) if any(a <= at < b for a, b in breaks)]

    stays = any(b - a > timedelta(days=999) for a, b in breaks)
    assert len(played.left) == len({left.enrolment for left in played.left})
    entered = {entry.enrolment for entry in played.entries if entry.kind == "entered"}
    assert stays or {left.enrolment for left in played.left} == entered

    instants = [entry.at for entry in played.entries]
    assert instants == sorted(instants)


@settings(max_examples=60, deadline=None)
@given(operated())
def test_the_same_is_decided_with_and_without_explanations(story: Operated) -> None:
    with_whys, without = story.played(), story.played(explain=False)
    assert with_whys.messages == without.messages
    assert [(e.kind, e.at, e.what) for e in with_whys.entries] == [(e.kind, e.at, e.what) for e in without.entries]


TIMED: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(["hello", "hint", "receipt"]).map(lambda name: send(name)),
    st.integers(1, 5).map(wait),
    st.builds(survey, st.integers(2, 5).map(days), st.none() | st.just(days(1))),
    st.integers(1, 5).map(lambda count: wait_for_event("order.returned", days(count))),
    st.integers(1, 5).map(lambda count: ticket(up_to=days(count))),
    st.just(Repeat("outer", 1, "again", 3, days(4))),
)


@st.composite
def timed(draw: st.DrawFn) -> Plan:
    """A journey of nothing but lengths of time, which sends at any hour."""
    steps = [
        replace(step, id=f"{step.id} {at}") for at, step in enumerate(draw(st.lists(TIMED, min_size=2, max_size=7)))
    ]
    return a_plan(*steps, paths={"again": (send("bye"), wait(1))})


@settings(max_examples=150, deadline=None)
@given(timed(), st.lists(st.floats(0.1, 3.9), min_size=2, max_size=6))
def test_frozen_pauses_only_move_everything_behind_them(plan: Plan, lengths: list[float]) -> None:
    undisturbed, story = Operated(plan, catalogue=AWAKE), Operated(plan, catalogue=AWAKE)
    day, lost, breaks = 0.0, 0.0, []
    for before, during in zip(lengths[::2], lengths[1::2], strict=False):
        day += before
        story.paused(day).resumed(day + during)
        breaks.append((day - lost, during))
        day, lost = day + during, lost + during

    expected = []
    for message in undisturbed.played().messages:
        at = (message.at - undisturbed.starts) / timedelta(days=1)
        expected.append((message.key, at + sum(during for begins, during in breaks if begins <= at)))
    found = [(message.key, (message.at - story.starts) / timedelta(days=1)) for message in story.played().messages]

    assert [key for key, _ in found] == [key for key, _ in expected]
    for (_, real), (_, wanted) in zip(found, expected, strict=True):
        assert abs(real - wanted) < 1e-6


@settings(max_examples=150, deadline=None)
@given(operated(), st.data())
def test_publishing_what_is_published_already_moves_nobody(story: Operated, data: st.DataObject) -> None:
    story.acts = [act for act in story.acts if not isinstance(act, PublishedAnew)]
    before = story.played()
    same = replace(story.rulebook.entering[story.journey].plan, hash="the same by another hash", revision=2)
    story.published(data.draw(st.floats(0, 30)), same)
    after = story.played()
    assert _happened(after.messages) == _happened(before.messages)
    assert [(each.at, each.reason) for each in after.left] == [(each.at, each.reason) for each in before.left]


def _happened(messages: list[SendMessage]) -> list[tuple[datetime, str, str]]:
    return [(message.at, message.step, message.template) for message in messages]
