"""Answering: what customers and the care team do when a journey asks again what it asked in the past, or never did."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from care.backtest.habits import SILENCE, TICKET, USUAL, Habits, Outcome
from care.backtest.histories import ANSWERED, CLOSED, History
from care.backtest.world import PastWorld
from care.domain.happenings import Event
from care.domain.orders import OpenTicket, Order, SendMessage
from care.domain.simulation import Scripted
from care.domain.stepping import ticket_id

# An answer that names no survey belongs to a question asked at most so long before it.
WINDOW = timedelta(days=60)
_NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Question:
    """Something a journey asked and what became of it.

    Attributes:
        key: Id of the survey or of the ticket.
        topic: ``csat``, ``nps`` or ``ces``; ``ticket`` and its queue for a ticket.
        order_id: The shop's order the enrolment belongs to.
    """

    key: str
    topic: str
    order_id: str | None
    at: datetime
    outcome: Outcome

    @property
    def habit(self) -> str:
        """Whose habit it is: a survey's, or the care team's."""
        return self.topic.partition(" ")[0]


@dataclass(slots=True)
class Answering:
    """The reactions of one customer in one replay; ``questions`` fills with everything that was asked.

    What became of a question is taken from the first of these that knows: the replay by the other rules (``before``),
    where it was asked too; the past itself, by the question's id; the same survey about the same order in that other
    replay; an answer of the past that names no question. Where nobody knows, it is drawn by the habits of the past.
    """

    history: History
    world: PastWorld
    habits: Habits
    before: Sequence[Question] | None = None
    questions: list[Question] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)
    _count: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def __call__(self, order: Order, at: datetime) -> Iterator[Scripted]:
        """What follows from an order that was carried out."""
        match order:
            case SendMessage():
                if order.offer:
                    yield from self._redeemed(at)
                if order.survey and not order.part:
                    yield from self._asked(order.survey_id, order.survey, order.enrolment, at)
            case OpenTicket():
                yield from self._asked(ticket_id(order.key), f"{TICKET} {order.queue}", order.enrolment, at)

    def told(self, since: datetime) -> frozenset[str]:
        """Events that answered what was asked since then: other rules hear them only when they ask as well."""
        events = [question.outcome.event for question in self.questions if question.at >= since]
        return frozenset(event.id for event in events if event is not None)

    def forked(self, world: PastWorld) -> "Answering":
        """The same reactions from here on, in another world."""
        questions, used, count = list(self.questions), set(self._used), Counter(self._count)
        return Answering(self.history, world, self.habits, (), questions, used, count)

    def _redeemed(self, at: datetime) -> Iterator[Scripted]:
        """A code can be used once it was given: the next use the past knows of happens again."""
        for reply in self.history.replies:
            if reply.topic == "offer" and reply.at > at and reply.event.id not in self._used:
                self._used.add(reply.event.id)
                yield Scripted(reply.at, reply.event)
                return

    def _asked(self, key: str, topic: str, enrolment: str, at: datetime) -> Iterator[Scripted]:
        order_id = self.world.order_of.get(enrolment)
        number = self._count[topic, order_id] = self._count[topic, order_id] + 1
        question = Question(key, topic, order_id, at, SILENCE)
        outcome = self._known(question)
        if outcome is None:
            habit = question.habit
            outcome = self.habits.draw(habit, self.history.name, topic, order_id, number)
        if outcome.event is not None and outcome.event.id in self._used:
            outcome = replace(outcome, event=None)
        if outcome.event is not None:
            self._used.add(outcome.event.id)
        self.questions.append(Question(key, topic, order_id, at, outcome))
        if outcome.after is None or self._comes_by_itself(outcome):
            return
        event = self._event(question, outcome, number)
        yield Scripted(at + outcome.after, event, self.world.frozen.get(enrolment, {}))

    def _known(self, question: Question) -> Outcome | None:
        for known in (self._same(question), self._reply(question, exact=True), self._alike(question)):
            if known is not None:
                return known
        return self._reply(question, exact=False) or self._silence(question)

    def _reply(self, question: Question, *, exact: bool) -> Outcome | None:
        """The reply of the past to this very question, or one that names none and fits by its order and time."""
        for reply in self.history.replies:
            if reply.topic != question.habit or reply.event.id in self._used:
                continue
            if exact:
                fits = reply.about == question.key
            else:
                of_order = reply.event.order_id in (None, question.order_id)
                fits = not reply.about and of_order and question.at <= reply.at <= question.at + WINDOW
            if fits:
                after = reply.at - question.at
                return Outcome(after if after > _NO_TIME else USUAL, reply.score, event=reply.event)
        return None

    def _same(self, question: Question) -> Outcome | None:
        """What became of this very question in the replay by the other rules."""
        same = (was.outcome for was in self.before or () if was.key == question.key)
        return next(same, None)

    def _alike(self, question: Question) -> Outcome | None:
        """What became of another question on the same topic and order there, each taken once."""
        taken = {asked.key for asked in self.questions} | self._used
        for was in self.before or ():
            if (was.topic, was.order_id) == (question.topic, question.order_id) and was.key not in taken:
                self._used.add(was.key)
                return was.outcome
        return None

    def _silence(self, question: Question) -> Outcome | None:
        """Nobody answered, if it is known that this was asked; who keeps answers only keeps no other ones."""
        done = self.history.done
        if done is not None:
            return SILENCE if question.key in done else None
        return SILENCE if self.before is None and question.habit in self.habits.recorded else None

    def _comes_by_itself(self, outcome: Outcome) -> bool:
        """Whether the answer stands in the script and is heard anyway; for other rules it was taken out of there."""
        if self.before is not None or outcome.event is None:
            return False
        return any(reply.scripted and reply.event.id == outcome.event.id for reply in self.history.replies)

    def _event(self, question: Question, outcome: Outcome, number: int) -> Event:
        survey = question.habit != TICKET
        kind = f"{question.topic}{ANSWERED}" if survey else CLOSED
        data = {"score": outcome.score} if outcome.score is not None else {}
        name = (
            outcome.event.id if outcome.event is not None else f"assumed {question.topic} {question.order_id} {number}"
        )
        operator = outcome.event.operator if outcome.event is not None else ""
        return Event(name, kind, question.order_id if survey else None, data, question.key, operator)
