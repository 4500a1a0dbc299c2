"""What customers say of being written to: given or withdrawn, how it was said, and what of it holds now."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from care.domain.catalogue import Purpose

Method = Literal[
    "form",
    "checkbox",
    "reply",
    "double opt-in",
    "preference page",
    "unsubscribe page",
    "one-click",
    "spoken",
    "paper",
    "import",
    "soft opt-in",
]
Kind = Literal["express", "written", "unconfirmed", "soft"]

METHODS: tuple[Method, ...] = get_args(Method)
DOUBLE_OPT_IN: Method = "double opt-in"
SOFT_OPT_IN: Method = "soft opt-in"
TOPIC = "topic:"
PROOF = ("wording", "method", "place", "frequency")
# Everything that is kept of a statement besides what it says.
STATED = ("wording", "place", "method", "frequency", "evidence")

MARKETING: Purpose = "marketing"
# What a customer may end; a transactional message serves an order of theirs.
ENDABLE: tuple[Purpose, ...] = (MARKETING, "care")

# What was written down and sent by the customer's own hand, from their own address or number, needs no second word.
_CONFIRMED = frozenset[str]({DOUBLE_OPT_IN, "reply"})
_WRITTEN = frozenset[str]({"form", "checkbox", "reply", DOUBLE_OPT_IN, "preference page", "paper"})


@dataclass(frozen=True, slots=True)
class Consent:
    """One statement of a customer: given or withdrawn, for a channel and a purpose, with its proof.

    Attributes:
        purpose: ``marketing``, ``care``, or ``topic:`` and a topic's name (then the channel is empty).
        wording: What the customer read or heard when saying it.
        source: The system that told of it.
        place: Where it was said: the address of a page, or a shop.
        method: How it was said; empty when nobody told.
        frequency: How often the customer agreed to be written to, in words.
        evidence: Where the proof is kept: a reference, never the proof itself.
    """

    channel: str
    purpose: str
    given: bool
    wording: str
    source: str
    at: datetime
    place: str = ""
    method: str = ""
    frequency: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What holds of one channel and purpose now.

    Attributes:
        given: Whether the customer agreed; ``False`` when that was withdrawn. Look at ``kind`` before relying on it.
        kind: How much it is worth: ``express`` (they said so), ``written`` (express, and they wrote, ticked or pressed
            it themselves), ``unconfirmed`` (said, but a double opt-in is asked for and has not come), ``soft`` (not
            said at all: the address was collected in a sale, and a way out was offered there).
        at: Since when (UTC); ``None`` where nobody knows, as in a rule test.
    """

    given: bool
    kind: Kind = "express"
    at: datetime | None = None

    @property
    def express(self) -> bool:
        """Whether the customer agreed in so many words, and confirmed it where that is asked for."""
        return self.given and self.kind in ("express", "written")


def needs_confirming(channel: str, purpose: str, method: str, double_opt_in: Collection[str]) -> bool:
    """Whether such a consent counts only after the customer confirmed it.

    Args:
        double_opt_in: The channels on which the company asks for that.
    """
    return purpose == "marketing" and channel in double_opt_in and method not in _CONFIRMED


def standing(said: Iterable[Consent], double_opt_in: Collection[str] = ()) -> dict[tuple[str, str], Statement]:
    """What holds by ``(channel, purpose)``: the last word, save that a weaker yes never replaces what was said before.

    Args:
        said: Every statement, oldest first.
        double_opt_in: The channels on which consent to marketing has to be confirmed.
    """
    found: dict[tuple[str, str], Statement] = {}
    for each in said:
        if each.purpose.startswith(TOPIC):
            continue
        pair = each.channel, each.purpose
        news = Statement(each.given, _kind(each, double_opt_in), each.at)
        if not _weaker(news, found.get(pair)):
            found[pair] = news
    return found


def muted(said: Iterable[Consent]) -> frozenset[str]:
    """The topics the customer wants to hear nothing of.

    Args:
        said: Every statement, oldest first.
    """
    last = {each.purpose.removeprefix(TOPIC): each.given for each in said if each.purpose.startswith(TOPIC)}
    return frozenset([topic for topic, given in last.items() if not given])


def agreed(statements: Mapping[tuple[str, str], Statement]) -> dict[tuple[str, str], bool]:
    """Whether consent was given or withdrawn in so many words; a yes that is worth less is left out."""
    return {pair: said.given for pair, said in statements.items() if said.express or not said.given}


def _kind(said: Consent, double_opt_in: Collection[str]) -> Kind:
    if not said.given:
        return "express"
    if said.method == SOFT_OPT_IN:
        return "soft"
    if needs_confirming(said.channel, said.purpose, said.method, double_opt_in):
        return "unconfirmed"
    return "written" if said.method in _WRITTEN else "express"


def _weaker(news: Statement, before: Statement | None) -> bool:
    if before is None or not news.given or news.express:
        return False
    return before.express or (news.kind == "soft" and before.kind != "soft")
