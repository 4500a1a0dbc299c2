"""Sample messages: a template written for made-up customers, with everything the step that sends it would know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from care import letters
from care.domain.catalogue import DAY, Field
from care.domain.conditions import Value
from care.domain.customers import Facts
from care.domain.enrolment import Enrolment
from care.domain.metrics import SCALES
from care.domain.orders import SendMessage
from care.domain.routes import writing_of
from care.domain.rulebook import Rulebook
from care.letters import Reader
from care.links import Links, TrialLinks
from care.rendering import Rendered, Renderer
from care.templating.uses import Use
from care.trying.previews import NAME

_NO_SECRET = "a sample signs nothing that opens"
_PATIENCE = timedelta(days=2)
_ORDER = "DH-10241"
_OFFER_DAYS = timedelta(days=14)
_A_TOTAL = 12_490_000


@dataclass(frozen=True)
class Made:
    """Who a sample is made for.

    Attributes:
        words: What is special about it, for messages; empty for the plain one.
        name: The customer's; empty when nobody knows it.
        facts: Values that differ from the usual ones.
        types: Worked-out fields that are set directly, such as ``customer.type`` to ``vip``.
    """

    words: str = ""
    name: str = NAME
    reminder: bool = False
    facts: Mapping[str, Value] | None = None
    types: Mapping[str, str] | None = None


PLAIN = Made()


class Samples:
    """Writes sample messages.

    Args:
        now: When they are sent (UTC).
        links: What makes the links in them; with ``no_links`` they open nothing.
    """

    def __init__(self, rulebook: Rulebook, renderer: Renderer, links: Links, now: datetime) -> None:
        self._rulebook = rulebook
        self._renderer = renderer
        self._links = links
        self._now = now

    def written(self, use: Use, locale: str, made: Made = PLAIN) -> Rendered:
        """One message.

        Raises:
            RenderError: When it cannot be written for such a customer.
        """
        order = self.order(use, made)
        facts = {**usual_facts(self._rulebook.catalogue.fields, self._now), **(made.facts or {})}
        asked = {f"{kind}.score": float(scale[-1]) for kind, scale in SCALES.items()}
        run = Enrolment(order.enrolment, use.journey, "", self._now, "", _ORDER, answers=asked)
        set_here = {name: value for name, value in facts.items() if name.startswith("journey.")}
        run.values = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in set_here.items()
            if not isinstance(value, tuple)
        }
        known = letters.known(
            self._rulebook, Facts("", facts, frozen={run.id: facts}), run, Reader(made.name, locale), self._now
        )
        for name, value in (made.types or {}).items():
            space, _, rest = name.partition(".")
            known.values[space][rest] = value
        offer = self._rulebook.catalogue.offers.get(use.offer)
        code = letters.offer_code(order, offer.code) if offer is not None else ""
        return letters.written(order, known, code, self._renderer, self._links)

    def way_out(self, use: Use, made: Made = PLAIN) -> tuple[str, ...]:
        """The addresses that end such messages; one of them is enough."""
        order = self.order(use, made)
        reader = order.key, order.customer, order.channel
        return letters.unsubscribe_url(order, self._links), self._links.preferences_url(*reader)

    def parts(self, use: Use, text: str) -> int:
        """How many segments an SMS is billed for."""
        return writing_of(self._rulebook.catalogue.company, use.purpose).count(text).parts

    def order(self, use: Use, made: Made = PLAIN) -> SendMessage:
        """The order of a sample; it is never sent by it."""
        part = "remind" if made.reminder else ""
        return SendMessage(
            key=f"sample/{use.step or use.template}/1:{use.channel}",
            customer="sample",
            enrolment="sample",
            journey=use.journey,
            plan="",
            step=use.step,
            template=use.template,
            channel=use.channel,
            purpose=use.purpose,
            at=self._now,
            expires_at=self._now + _PATIENCE,
            part=part,
            offer=use.offer,
            offer_expires_at=self._now + _OFFER_DAYS if use.ends else None,
            survey=use.survey,
            values=use.values,
        )


def no_links(public_url: str) -> Links:
    """Links as long as real ones that open nothing: no server signs with their secret."""
    return TrialLinks(_NO_SECRET, public_url)


def usual_facts(fields: Mapping[str, Field], now: datetime) -> dict[str, Value]:
    """A value for every field of the catalogue that is not worked out elsewhere."""
    return {
        name: _usual(known, now)
        for name, known in fields.items()
        if not name.startswith("event.") and not known.same_as
    }


def people(use: Use, needed: set[str], fields: Mapping[str, Field]) -> Iterator[Made]:
    """The customers a message must be right for: every choice of every field it shows, and one without a name.

    Args:
        needed: The dotted names its template uses.
    """
    yield PLAIN
    yield Made("a customer without a name", name="")
    if use.reminds:
        yield Made("the reminder", reminder=True)
    for name in sorted(needed & fields.keys()):
        for choice in fields[name].choices[1:]:
            yield Made(f"{name} {choice}", facts={name: choice})


def _usual(known: Field, now: datetime) -> Value:
    match known.type:
        case "choice":
            return known.choices[0]
        case "yes/no":
            return False
        case "number" | "percent":
            return _number(known)
        case "date":
            ahead = known.name.startswith("appointment.")
            return now + timedelta(seconds=3 * DAY if ahead else -3 * DAY)
        case "list":
            return ()
        case "text":
            return "…"


def _number(known: Field) -> Value:
    low, high = known.low or 0, known.high
    if high is None or high >= _A_TOTAL:
        return max(low, _A_TOTAL) if "total" in known.name or "spent" in known.name else low + 3
    return high if known.set_by or known.name.endswith(".last") else low + (high - low) // 4 if known.whole else low
