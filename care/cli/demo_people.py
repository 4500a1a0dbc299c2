"""The people of the demo: customers who read their mail and answer as they feel, and the person who closes tickets.

Nobody is random. What somebody does is a hash of the seed and their name, so a seed always gives the same ninety days.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

Mood = Literal["delighted", "content", "unhappy", "silent"]
Act = Literal["answer", "unsubscribe", "redeem"]

_MOODS: tuple[tuple[Mood, float], ...] = (("delighted", 0.48), ("content", 0.62), ("unhappy", 0.78), ("silent", 1.0))
_WILLING: Mapping[Mood, float] = {"delighted": 0.85, "content": 0.6, "unhappy": 0.75, "silent": 0.0}
_SURVEY = re.compile(r"https?://[^\s\"'<>]+/s/[\w.-]+")
_UNSUBSCRIBE = re.compile(r"https?://[^\s\"'<>]+/u/[\w.-]+")
_CODE = re.compile(r"\b(?:KIT|BACK|CARE)-[0-9A-Z]{4,}\b|\bSTAND10\b")
_PRAISE = {
    "vi": ("Giao nhanh, các anh rất nhiệt tình.", "Rất ưng ý!", ""),
    "en": ("Quick and friendly.", "Love it!", ""),
}
_BLAME = {
    "vi": ("Máy kêu to, gọi mãi không ai nghe.", "Giao trễ hai ngày mà không báo.", "Hướng dẫn khó hiểu quá."),
    "en": ("It is loud and nobody picks up the phone.", "Two days late without a word.", "The manual lost me."),
}

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message somebody received: the text of an e-mail, or an SMS; ``number`` counts theirs, from 1."""

    number: int
    text: str

    @property
    def survey(self) -> str:
        """The page where it asks for a score, or empty; a reminder leads to the same page."""
        found = _SURVEY.search(self.text)
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody does about a letter, ``after`` it came; ``target`` is a link or the code of an offer."""

    act: Act
    after: timedelta
    target: str


def chance(seed: int, *name: object) -> float:
    """A number from 0 to 1 that belongs to a seed and a name."""
    return int.from_bytes(sha256("/".join(map(str, (seed, *name))).encode()).digest()[:6]) / 2**48


def mood_of(seed: int, customer: str) -> Mood:
    """How this customer feels about the shop."""
    felt = chance(seed, "mood", customer)
    return next(mood for mood, below in _MOODS if felt < below)


def reactions(seed: int, customer: str, letter: Letter, *, reminded: bool) -> list[Reaction]:
    """What the customer does about a letter; who did not answer at first may when asked again.

    Args:
        seed: Of the demo.
        customer: The shop's id.
        letter: What came.
        reminded: Whether the same question was asked before.
    """
    mood = mood_of(seed, customer)
    name = (customer, letter.number)
    hours = timedelta(hours=1 + chance(seed, "delay", *name) * (40 if mood == "content" else 14))
    found: list[Reaction] = []
    offered, out = _CODE.search(letter.text), _UNSUBSCRIBE.search(letter.text)
    answers = chance(seed, "answers", *name) < (0.4 if reminded else _WILLING[mood])
    if letter.survey and answers:
        found.append(Reaction("answer", hours, letter.survey))
    if offered and mood == "delighted" and chance(seed, "redeem", *name) < 0.45:
        found.append(Reaction("redeem", hours + timedelta(days=3), offered[0]))
    elif out and mood in ("silent", "unhappy") and chance(seed, "leaves", *name) < 0.1:
        found.append(Reaction("unsubscribe", hours, out[0]))
    return found


def awake(moment: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC), or the next morning's when the customer would be asleep."""
    local = moment.astimezone(zone)
    if 7 <= local.hour < 23:
        return moment
    morning = local.replace(hour=7, minute=20 + local.minute // 2, fold=0)
    return (morning if local.hour < 7 else morning + timedelta(days=1)).astimezone(UTC)


def score_of(seed: int, customer: str, scores: Sequence[int]) -> int:
    """The score the customer picks of those a page offers, the lowest first."""
    low, high = {"delighted": (0.74, 1.0), "content": (0.5, 0.79), "unhappy": (0.0, 0.39), "silent": (0.4, 1.0)}[
        mood_of(seed, customer)
    ]
    place = low + (high - low) * chance(seed, "score", customer, len(scores))
    return scores[min(int(place * len(scores)), len(scores) - 1)]


def comment_of(seed: int, customer: str, locale: str) -> str:
    """What the customer adds to a score, if anything."""
    words = {"delighted": _PRAISE, "unhappy": _BLAME}.get(mood_of(seed, customer))
    return "" if words is None else _one_of(words[locale], seed, "comment", customer)


def closes_after(seed: int, customer: str, number: int) -> timedelta | None:
    """How long the care team takes for a customer's ticket; ``None`` when it is never closed."""
    if chance(seed, "forgotten", customer, number) < 0.15:
        return None
    return timedelta(hours=1 + chance(seed, "care", customer, number) ** 2 * 44)


def _one_of(options: Sequence[Item], seed: int, *name: object) -> Item:
    return options[int(chance(seed, *name) * len(options))]


class Form(HTMLParser):
    """The form of a page as a browser would see it: where it posts to, what it carries, which scores it offers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.scores: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a form or one of its inputs."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "input" and given.get("type") == "radio" and given.get("name") == "score":
            self.scores.append(int(given["value"]))
