"""Habits: how people answered in the past, from which an answer nobody knows is drawn.

Chance is a hash of a seed, so that the same question to the same customer is always answered alike.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from care.domain.happenings import Event
from care.domain.metrics import SCALES

TICKET = "ticket"
USUAL = timedelta(hours=6)
_MOST_DELAYS = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question, or of a ticket.

    Attributes:
        after: How long after the asking it was answered, or after the opening closed; ``None`` for never.
        score: The score, for a survey.
        assumed: Whether it was drawn, because nobody knows.
        event: The event that told it, when it was told.
    """

    after: timedelta | None
    score: float | None = None
    assumed: bool = False
    event: Event | None = None


SILENCE = Outcome(None)


@dataclass(slots=True)
class Habit:
    """How one kind of question was answered.

    Attributes:
        asked: Questions of which it is known what became.
        scores: How often each score was given.
        delays: Seconds to the answer.
    """

    asked: int = 0
    answered: int = 0
    scores: Counter[float] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)

    def note(self, outcome: Outcome) -> None:
        """Count what became of one question."""
        self.asked += 1
        if outcome.after is not None:
            self.answered += 1
            if len(self.delays) < _MOST_DELAYS:
                self.delays.append(outcome.after.total_seconds())
        if outcome.score is not None:
            self.scores[outcome.score] += 1

    @property
    def rate(self) -> float | None:
        """Share of the questions that were answered, or ``None`` when none is known."""
        return self.answered / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Habits:
    """How every kind of question was answered.

    Attributes:
        seed: Chooses among the answers that could have been given.
        kinds: By survey, and ``ticket`` for the care team.
        rate: Share of the surveys that is answered, where it was said; it goes before what was learnt.
        recorded: Topics of which the past keeps every answer but not what was asked: who gave none was silent.
    """

    seed: int = 0
    kinds: Mapping[str, Habit] = field(default_factory=dict)
    rate: float | None = None
    recorded: frozenset[str] = frozenset()

    def rate_of(self, topic: str) -> float:
        """The share of the questions on this topic that is answered; nobody answers what was never asked before."""
        habit = self.kinds.get(topic)
        known = habit.rate if habit is not None else None
        if topic == TICKET or self.rate is None:
            return known or 0.0
        return self.rate

    def draw(self, topic: str, *names: object) -> Outcome:
        """The assumed outcome of a question; equal names draw equal outcomes."""
        answers, score, delay = _chances(self.seed, topic, *names)
        if answers >= self.rate_of(topic):
            return Outcome(None, assumed=True)
        habit = self.kinds.get(topic) or Habit()
        after = timedelta(seconds=_pick_delay(habit.delays, delay)) if habit.delays else USUAL
        return Outcome(after, None if topic == TICKET else self._score(topic, habit, score), assumed=True)

    def _score(self, topic: str, habit: Habit, chance: float) -> float:
        scores = sorted(habit.scores.items()) or [(score, 1) for score in SCALES.get(topic, range(1, 6))]
        left = chance * sum(count for _, count in scores)
        for score, count in scores:
            left -= count
            if left < 0:
                return score
        return scores[-1][0]


def learnt(outcomes: Iterable[tuple[str, Outcome]]) -> dict[str, Habit]:
    """Habits by topic from what became of questions; assumed outcomes teach nothing."""
    habits: dict[str, Habit] = {}
    for topic, outcome in outcomes:
        if not outcome.assumed:
            habits.setdefault(topic, Habit()).note(outcome)
    for habit in habits.values():
        habit.delays.sort()
    return habits


def _pick_delay(delays: list[float], chance: float) -> float:
    return delays[min(int(chance * len(delays)), len(delays) - 1)]


def _chances(*names: object) -> tuple[float, float, float]:
    """Three independent numbers from 0 to under 1."""
    digest = hashlib.sha256("\n".join(map(str, names)).encode()).digest()
    parts = [int.from_bytes(digest[at : at + 7], "big") / 256**7 for at in (0, 8, 16)]
    return parts[0], parts[1], parts[2]
