"""Previewing: a journey tried on one made-up customer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from care.domain.conditions import Value, said
from care.domain.customers import Facts
from care.domain.happenings import Event
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.sight import FactSight
from care.domain.simulation import Person, Played, Scripted, decisions
from care.domain.stepping import ticket_id
from care.domain.timing import instant_of
from care.rulebook.amounts import share_words
from care.rulebook.ruletests import Happening
from care.trying.previews import ANSWERS, CLOSES, Assumed, Preview, Previewed, Sending
from care.trying.scenes import Scene, instant, read_scene
from care.trying.suiting import Chosen, Goal, Suiting, TypeGoal
from care.trying.usual import Usual

OWN_ORDER = "DH-10241"
OTHER_ORDER = "DH-10377"
ENTRY = "entry"


def preview(rulebook: Rulebook, asked: Preview, now: datetime) -> Previewed:
    """Try a journey, alone, on a customer who is let in if that can be brought about.

    Args:
        now: The instant ``today`` counts from (UTC).

    Raises:
        PreviewError: When what was asked for cannot be read.
    """
    scene = read_scene(asked, rulebook, now)
    walked = rulebook.entering[asked.journey]
    by_hash = {walked.plan.hash: walked}
    alone = Rulebook(rulebook.catalogue, rulebook.types, {asked.journey: walked}, by_hash, policies=rulebook.policies)
    return _Trial(alone, asked, scene).played()


@dataclass
class _Reactions:
    """What the customer and the shop's people do about what the journey does."""

    scene: Scene
    first: str = ""
    answered: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    tickets: int = 0

    def __call__(self, order: Order, at: datetime) -> Iterator[Scripted]:
        """Answer a survey that is asked for the first time; close a ticket."""
        if isinstance(order, SendMessage) and order.survey and not order.part:
            yield from self._answer(order, at)
        elif isinstance(order, OpenTicket):
            self.tickets += 1
            if self.scene.closes is not None:
                closed = Event(f"closed {self.tickets}", "ticket.closed", OWN_ORDER, about=ticket_id(order.key))
                yield Scripted(self.scene.closes(at, self.scene.zone), closed)

    def _answer(self, order: SendMessage, at: datetime) -> Iterator[Scripted]:
        kind = order.survey
        self.first = self.first or kind
        score = self.scene.scores.get(kind, self.scene.first_score if kind == self.first else None)
        if score is None:
            self.silent.append(kind)
            return
        self.answered.append(kind)
        number = len(self.answered)
        said = Event(f"answer {number}", f"{kind}.answered", OWN_ORDER, {"score": score}, about=order.step_key)
        yield Scripted(self.scene.answers(at, self.scene.zone), said)


class _Trial:
    """One preview while it is played."""

    def __init__(self, rulebook: Rulebook, asked: Preview, scene: Scene) -> None:
        self._rulebook = rulebook
        self._fields = rulebook.catalogue.fields
        self._asked = asked
        self._scene = scene
        self._starts = instant_of(scene.starts, scene.zone)
        self._given = {name: value for name, value in scene.facts.items() if value is not None}
        self._chosen: dict[str, Chosen] = {}
        self._forced: dict[str, str] = {}
        self._cast()

    def _cast(self) -> None:
        """Find facts with which the customer is who was asked for, and is let in."""
        usual = Usual(self._fields, self._scene.facts, self._starts)
        found = self._suiting(self._scene.facts, self._scene.types, usual)
        if found is None:
            self._forced = {goal.field: goal.value for goal in self._scene.types}
            found = self._suiting({**self._scene.facts, **self._forced}, (), usual) or {}
        self._chosen = {name: fact for name, fact in found.items() if fact.value is not None}
        for name, known in self._fields.items():
            taken = name in found or name in self._scene.facts or name in self._rulebook.worked_out
            value = None if taken or known.same_as or known.set_by else usual.value(known)
            if value is not None and not name.startswith("journey."):
                self._chosen[name] = Chosen(value, "")

    def _suiting(
        self, facts: Mapping[str, Value | None], types: tuple[TypeGoal, ...], usual: Usual
    ) -> dict[str, Chosen] | None:
        """Facts with which the customer comes as far in as possible."""
        plan = self._scene.plan
        asked = (("the trigger asks for it", plan.trigger.when), ("the audience asks for it", plan.audience))
        wishes = [Goal(condition, why) for why, condition in asked if condition is not None]
        suiting = Suiting(self._rulebook, facts, usual, self._sight({}))
        tries = (suiting.facts((*types, *wishes[:count])) for count in range(len(wishes), -1, -1))
        return next((found for found in tries if found is not None), None)

    @property
    def _facts(self) -> dict[str, Value]:
        chosen = {name: fact.value for name, fact in self._chosen.items() if fact.value is not None}
        return {**chosen, **self._given, **self._forced}

    def _sight(self, fields: Mapping[str, Value]) -> FactSight:
        facts = Facts(self._scene.customer, fields, self._scene.zone.key)
        return FactSight(facts, self._rulebook, self._starts, self._scene.zone)

    def played(self) -> Previewed:
        """Play it, keeping what is known whenever a message leaves."""
        scene, played, reactions = self._scene, Played(), _Reactions(self._scene)
        sendings = []
        for decision, facts in decisions(self._rulebook, self._person(), list(self._script()), reacts=reactions):
            played.add(decision)
            for order in decision.orders:
                if isinstance(order, SendMessage):
                    run = next(run for run in decision.state.enrolments if run.id == order.enrolment)
                    kept = replace(facts, fields=dict(facts.fields), frozen=dict(facts.frozen))
                    sendings.append(Sending(order, kept, run))
        sight = self._sight(self._facts)
        return Previewed(
            plan=scene.plan,
            name=self._asked.name,
            locale=scene.locale,
            zone=scene.zone,
            starts=self._starts,
            types={name: said(sight.value(name)) for name in self._rulebook.worked_out},
            given=self._told(sight),
            assumed=tuple(self._assumed(reactions, sight)),
            entries=tuple(played.entries),
            sendings=tuple(sendings),
            notes=tuple(self._notes(reactions)),
        )

    def _person(self) -> Person:
        scene = self._scene
        fields = {name: value for name, value in self._facts.items() if not name.startswith(("order.", "event."))}
        return Person(fields, scene.zone.key, scene.reach, scene.consents, scene.customer, scene.replies)

    def _script(self) -> Iterator[Scripted]:
        order = {name: value for name, value in self._facts.items() if name.startswith("order.")}
        data = {name.removeprefix("event."): value for name, value in self._facts.items() if name.startswith("event.")}
        yield Scripted(self._starts, Event(ENTRY, self._scene.plan.trigger.event, OWN_ORDER, data), order)
        for number, happening in enumerate(self._scene.happens, 1):
            yield self._scripted(number, happening, order)

    def _scripted(self, number: int, happening: Happening, own: Mapping[str, Value]) -> Scripted:
        mine = happening.order == "own"
        order = {name: value for name, value in happening.facts.items() if name.startswith("order.")}
        fields = {name: value for name, value in happening.facts.items() if name not in order}
        event = Event(f"event {number}", happening.event, OWN_ORDER if mine else OTHER_ORDER, happening.data)
        at = instant(self._scene, happening.at.day, happening.at.minute)
        return Scripted(at, event, {**own, **order} if mine else order, fields)

    def _told(self, sight: FactSight) -> dict[str, str]:
        """What was given, in words."""
        facts = {name: self._words(name, value, sight) for name, value in self._scene.facts.items()}
        others = {name: said for name, said in self._asked.given.items() if name.startswith(("consent.", "reach"))}
        return {**facts, **others}

    def _words(self, name: str, value: Value | None, sight: FactSight) -> str:
        is_share = name in self._fields and self._fields[name].type == "percent"
        return share_words(float(value)) if is_share and isinstance(value, int | float) else said(value, sight)

    def _assumed(self, reactions: _Reactions, sight: FactSight) -> Iterator[Assumed]:
        for name, value in self._forced.items():
            yield Assumed(name, value, "set directly: no facts were found that make it so")
        for name, fact in sorted(self._chosen.items()):
            if name != "ticket.open" or fact.value is True:
                yield Assumed(name, self._words(name, fact.value, sight), fact.why)
        told = {name for name in self._asked.given if name.startswith("consent.")}
        for (channel, purpose), given in self._scene.consents.items():
            name = f"consent.{channel}.{purpose}"
            if given and name not in told and channel in self._scene.reach:
                yield Assumed(name, "yes")
        for kind in dict.fromkeys(reactions.answered):
            if not self._asked.answers:
                yield Assumed(f"{kind}.answered", ANSWERS)
        for kind in dict.fromkeys(reactions.silent):
            yield Assumed(f"{kind}.answered", "never", "no score was given")
        if reactions.tickets and not self._asked.closes:
            yield Assumed("ticket.closed", f"after {CLOSES}")

    def _notes(self, reactions: _Reactions) -> Iterator[str]:
        back = self._starts.astimezone(self._scene.zone)
        if back.replace(tzinfo=None, fold=0) != self._scene.starts:
            skipped = f"{self._scene.starts:%H:%M} does not exist on {self._scene.starts:%Y-%m-%d}"
            yield f"{skipped} in {self._scene.zone.key}: clocks go forward; taken as {back:%H:%M}"
        for kind in self._asked.scores:
            if kind not in reactions.answered:
                yield f"{kind} was never asked, so nobody gave it a score"
        if self._asked.score and not reactions.answered:
            yield f"no survey was asked, so nobody gave it a {self._asked.score}"
