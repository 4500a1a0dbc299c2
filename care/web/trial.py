"""A journey tried on one made-up customer, as people and programs are shown it: every message as it will be sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from care import letters
from care.domain.audit import Entry, why_lines
from care.domain.prices import money_words, total
from care.domain.routes import writing_of
from care.domain.rulebook import Rulebook
from care.domain.segments import Segments, foreign_letters
from care.domain.weights import weigh
from care.letters import Reader
from care.links import Links
from care.rendering import Rendered, Renderer, RenderError
from care.trying.previewing import preview
from care.trying.previews import Preview, Previewed, Sending

# Links in a preview are as long as real ones and open nothing: no server signs with this.
_NO_SECRET = "a preview signs nothing that opens"
_FEW = 4
_NOTHING_LEFT = "nothing is left of its text"


@dataclass(frozen=True)
class Letter:
    """One message as its reader gets it.

    Attributes:
        at: When it leaves (UTC).
        fault: Why it cannot be written, or empty.
        segments: How an SMS travels, or ``None``.
        cost: At the catalogue's price; ``None`` when it names none for the channel.
        saved: Segments an SMS would take less without its marks.
        warnings: What is wrong with an SMS on the shop's route.
    """

    key: str
    at: datetime
    step: str
    channel: str
    template: str
    purpose: str
    offer: str
    reminder: bool
    subject: str
    text: str
    html: str
    fault: str
    segments: Segments | None
    cost: Decimal | None
    currency: str
    saved: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def cost_words(self) -> str:
        """What it costs: ``350 dong``, or that nobody knows."""
        return "no price in the catalogue" if self.cost is None else money_words(self.cost, self.currency)

    @property
    def encoding_words(self) -> str:
        """How an SMS is written, with the first of the letters that force it into UCS-2."""
        odd = foreign_letters(self.text)
        few = f"{' '.join(odd[:_FEW])} …" if len(odd) > _FEW else " ".join(odd)
        sake = f" for the sake of {few}" if odd else ""
        return f"{self.segments.encoding}{sake}" if self.segments is not None else ""

    @property
    def advice(self) -> tuple[str, ...]:
        """What to know of an SMS before it is sent: what its marks cost, and what its route refuses."""
        if not self.saved:
            return self.warnings
        fewer = f"{self.saved} segment{'' if self.saved == 1 else 's'} fewer"
        return (f"without its marks {fewer} ('sms_marks: strip')", *self.warnings)


@dataclass(frozen=True)
class Trial:
    """A preview with its messages."""

    told: Previewed
    letters: tuple[Letter, ...]

    @property
    def sound(self) -> bool:
        """Whether the customer was let in and every message could be written."""
        return self.told.entered and not any(letter.fault for letter in self.letters)

    @property
    def cost_words(self) -> str:
        """What all messages cost together."""
        sums = total((letter.cost, letter.currency) for letter in self.letters if letter.cost is not None)
        words = " + ".join(money_words(amount, currency) for currency, amount in sums.items())
        unpriced = any(letter.cost is None for letter in self.letters)
        if not words:
            return "no price in the catalogue" if unpriced else "nothing"
        return f"{words}, and messages without a price" if unpriced else words


def try_journey(rulebook: Rulebook, asked: Preview, now: datetime, renderer: Renderer, public_url: str) -> Trial:
    """Play a preview and write every message of it.

    Args:
        now: The instant ``today`` counts from (UTC).
        public_url: Where customers reach the pages, for links of the right length.

    Raises:
        PreviewError: When what was asked for cannot be read.
    """
    told = preview(rulebook, asked, now)
    links = Links(_NO_SECRET, public_url)
    return Trial(told, tuple(_letter(sending, told, rulebook, renderer, links) for sending in told.sendings))


def _letter(sending: Sending, told: Previewed, rulebook: Rulebook, renderer: Renderer, links: Links) -> Letter:
    order = sending.order
    reader = Reader(told.name, told.locale)
    known = letters.known(rulebook, sending.facts, sending.run, reader, order.at)
    offer = rulebook.catalogue.offers.get(order.offer)
    code = letters.offer_code(order, offer.code) if offer is not None else ""
    try:
        rendered, fault = letters.written(order, known, code, renderer, links), ""
    except RenderError as error:
        rendered, fault = Rendered("", "", ""), str(error)
    if not fault and not rendered.text.strip():
        fault = _NOTHING_LEFT
    weight = weigh(rulebook.catalogue, order.channel, order.purpose, rendered.text)
    writing = writing_of(rulebook.catalogue.company, order.purpose) if order.channel == "sms" and not fault else None
    return Letter(
        key=order.key,
        at=order.at,
        step=order.step,
        channel=order.channel,
        template=order.template,
        purpose=order.purpose,
        offer=order.offer,
        reminder=order.part == "remind",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        fault=fault,
        segments=weight.segments,
        cost=None if fault else weight.cost,
        currency=weight.currency,
        saved=writing.saved(rendered.text) if writing is not None else 0,
        warnings=writing.warnings(rendered.text) if writing is not None else (),
    )


def as_plain(trial: Trial) -> dict[str, Any]:
    """A trial as plain values; instants on the customer's clock, with their offset."""
    told = trial.told
    return {
        "journey": told.plan.journey,
        "title": told.plan.title,
        "entered": told.entered,
        "starts": told.starts.astimezone(told.zone),
        "customer": {
            "name": told.name,
            "locale": told.locale,
            "timezone": told.zone.key,
            "types": dict(told.types),
            "given": dict(told.given),
        },
        "assumed": [each._asdict() for each in told.assumed],
        "notes": list(told.notes),
        "timeline": [_plain_entry(entry, told) for entry in told.entries],
        "messages": list(_plain_letters(trial)),
        "cost": trial.cost_words,
    }


def _plain_entry(entry: Entry, told: Previewed) -> dict[str, Any]:
    return {
        "at": entry.at.astimezone(told.zone),
        "kind": entry.kind,
        "what": entry.what,
        "reason": entry.reason,
        "code": entry.code,
        "step": entry.step,
        "file": entry.file,
        "line": entry.line,
        "channel": entry.channel,
        "template": entry.template,
        "message": entry.message,
        "score": entry.score,
        "until": entry.until.astimezone(told.zone) if entry.until is not None else None,
        "why": why_lines(entry.why),
    }


def _plain_letters(trial: Trial) -> Iterator[dict[str, Any]]:
    for letter in trial.letters:
        yield {
            "key": letter.key,
            "at": letter.at.astimezone(trial.told.zone),
            "step": letter.step,
            "channel": letter.channel,
            "template": letter.template,
            "purpose": letter.purpose,
            "offer": letter.offer,
            "reminder": letter.reminder,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "fault": letter.fault,
            "segments": letter.segments._asdict() if letter.segments is not None else None,
            "advice": list(letter.advice),
            "cost": None if letter.cost is None else float(letter.cost),
            "currency": letter.currency,
        }
