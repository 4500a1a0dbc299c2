"""Guard-rails: whether a message may leave now, over which channel, and if not, why and until when.

The planner asks before it orders a message; the sender asks again at the moment of sending.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from care.domain.audit import Check
from care.domain.catalogue import Catalogue
from care.domain.customers import Claimed, Facts
from care.domain.enrolment import Wish
from care.domain.journey import Sending
from care.domain.law import Demands, Law
from care.domain.limits import Limits, limits_of
from care.domain.orders import Order, SendMessage
from care.domain.permission import Asked, Permit, permit
from care.domain.places import Where
from care.domain.rulebook import Rulebook
from care.domain.staggering import offset_of
from care.domain.timing import zone_of

UNHAPPY_CSAT = 2
UNHAPPY_NPS = 6
_MOMENT = timedelta(seconds=1)


def unreachable(channel: str) -> str:
    """Why nothing can be sent over a channel to somebody whose address it lacks."""
    return "no e-mail address is known" if channel == "email" else "no phone number is known"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard-rails say of one message.

    Attributes:
        kind: ``go`` now, ``hold`` until later, or ``skip`` for good.
        channel: The channel to use, for ``go``.
        until: When a held message may try again (UTC); ``None`` when only an event can free it.
        code: A countable word, for example ``no_consent``.
        reason: The same in a sentence.
        checks: Every guard-rail that was asked, in order.
    """

    kind: Literal["go", "hold", "skip"]
    channel: str = ""
    until: datetime | None = None
    code: str = ""
    reason: str = ""
    checks: tuple[Check, ...] = ()


@dataclass(slots=True)
class Guard:
    """The guard-rails of one customer at one instant.

    Attributes:
        zone: The customer's.
        others: Further zones they may live in, as far as only their phone number tells.
        where: What tells where they live.
        ledger: Messages already counted against caps, oldest first; grows as messages are let through.
        made: ``(offer, order id)`` of every offer made or on its way; grows likewise.
    """

    facts: Facts
    catalogue: Catalogue
    law: Law
    now: datetime
    zone: ZoneInfo
    others: tuple[ZoneInfo, ...]
    where: Where
    ledger: list[Claimed]
    made: set[tuple[str, str | None]]
    paused: bool = False

    def judge(self, wish: Wish, order_id: str | None, sending: Sending | None = None) -> Verdict:
        """Judge one message: first what forbids it for good, then what only delays it.

        Args:
            order_id: The shop's order its enrolment belongs to.
            sending: The journey's own limits, which hold besides the company's.
        """
        checks: list[Check] = []
        if self.now >= wish.expires_at:
            return _skip(checks, "expired", "it would come too late")
        refused = self._muted(wish, checks) or self._wearied(wish, checks) or self._welcome(wish, order_id, checks)
        refused = refused or self._frozen(wish, checks)
        return refused or self._timely(wish, sending, checks)

    def _muted(self, wish: Wish, checks: list[Check]) -> Verdict | None:
        template = self.catalogue.templates.get(wish.template)
        if wish.purpose == "transactional" or template is None or template.topic not in self.facts.muted:
            return None
        return _skip(checks, "topic_muted", f"the customer wants to hear nothing of {template.topic}")

    def _wearied(self, wish: Wish, checks: list[Check]) -> Verdict | None:
        cap = self.catalogue.company.survey_cap
        if not wish.asks or cap is None:
            return None
        lately = sum(bool(each.asks) and each.at > self.now - timedelta(0, cap.seconds) for each in self.ledger)
        if lately < cap.count:
            checks.append(Check("asked_lately", True, "under the survey cap"))
            return None
        return _skip(checks, "asked_lately", "the customer was asked lately, and the survey cap is reached")

    def _welcome(self, wish: Wish, order_id: str | None, checks: list[Check]) -> Verdict | None:
        if wish.purpose != "marketing":
            return None
        if wish.offer and self._made_before(wish.offer, order_id):
            return _skip(checks, "offered_before", f"offer {wish.offer} was made before")
        unhappy = _unhappy(self.facts)
        if unhappy:
            return _skip(checks, "unhappy", f"no offer after an unhappy answer ({unhappy})")
        checks.append(Check("welcome", True, "no unhappy answer stands"))
        return None

    def _made_before(self, name: str, order_id: str | None) -> bool:
        offer = self.catalogue.offers[name]
        if offer.once_per == "customer":
            return any(made == name for made, _ in self.made)
        return (name, order_id) in self.made

    def _frozen(self, wish: Wish, checks: list[Check]) -> Verdict | None:
        if self.paused:
            return _hold(wish, checks, None, "paused", "an operator has paused this customer")
        if wish.purpose == "marketing" and self.facts.fields.get("ticket.open") is True:
            return _hold(wish, checks, None, "ticket_open", "an open ticket freezes every offer")
        return None

    def _timely(self, wish: Wish, sending: Sending | None, checks: list[Check]) -> Verdict:
        channel, code, reason = self._channel(wish, checks)
        if not channel:
            return _skip(checks, code, reason)
        capped = wish.purpose != "transactional"
        law = self.law.demands(self.where, channel, wish.purpose)
        limits = limits_of(self.catalogue.company, sending, self.zone, capped=capped, law=law, others=self.others)
        alike = [each.at for each in self.ledger if (each.purpose, each.channel) == (wish.purpose, channel)]
        delay = limits.delay(self.now, wish.expires_at, [each.at for each in self.ledger], alike)
        if delay is not None and delay.until is None:
            return _skip(checks, delay.code, delay.reason)
        if delay is not None:
            until = self._spread(wish, limits, delay.until)
            return _hold(wish, checks, until, delay.code, delay.reason)
        checks.append(Check("quiet_hours", True, "outside quiet hours"))
        if capped:
            checks.append(Check("frequency_cap", True, "under the frequency cap"))
        checks += _lawful(law)
        return Verdict("go", channel=channel, checks=tuple(checks))

    def _spread(self, wish: Wish, limits: Limits, until: datetime | None) -> datetime | None:
        """When a held message leaves: at an opening not all at once, and what matters more goes first."""
        span = self.catalogue.company.spread
        if not span or until is None or not limits.closed(until - _MOMENT):
            return until
        later = until + timedelta(0, offset_of(self.facts.customer, wish.purpose, span))
        return until if later >= wish.expires_at or limits.closed(later) else later

    def _channel(self, wish: Wish, checks: list[Check]) -> tuple[str, str, str]:
        code = reason = ""
        for channel in wish.channels:
            refused = self._refused(channel, wish)
            if refused is None:
                checks.append(Check("channel", True, f"{channel} may be used"))
                return channel, "", ""
            checks.append(Check(refused[0], False, f"{channel}: {refused[1]}"))
            if not code:
                code, reason = refused
        return "", code or "no_channel", reason or "no channel is left to try"

    def _refused(self, channel: str, wish: Wish) -> tuple[str, str] | None:
        template = self.catalogue.templates.get(wish.template)
        if template is None or channel not in template.channels:
            return "no_template", f"template {wish.template} has no {channel} version"
        if channel not in self.facts.addresses:
            return "no_address", unreachable(channel)
        why = self.facts.suppressed.get((channel, wish.purpose))
        if why is not None:
            return "suppressed", f"suppressed: {why}"
        if wish.purpose == "marketing":
            allowed = self.permit(channel)
            if not allowed.allowed:
                return allowed.code, allowed.reason
        return None

    def permit(self, channel: str) -> Permit:
        """Whether advertising may be sent over a channel, by consent and by law."""
        asked = Asked(
            self.facts.statement(channel, "marketing"),
            self.facts,
            self.now.astimezone(self.zone).date(),
            self.zone,
            self.catalogue.company.marketing_consent,
        )
        return permit(asked, self.law.demands(self.where, channel, "marketing").applied)

    def reserve(self, wish: Wish, order_id: str | None, channel: str) -> None:
        """Count a message that was let through."""
        if wish.purpose != "transactional":
            self.ledger.append(Claimed(self.now, "", wish.asks, wish.purpose, channel))
        if wish.offer:
            self.made.add((wish.offer, order_id))


def guard_of(
    facts: Facts, rulebook: Rulebook, now: datetime, in_flight: Iterable[Order] = (), *, paused: bool = False
) -> Guard:
    """The guard-rails for these facts; messages on their way count although they may not be claimed yet."""
    counted = {claimed.step_key: claimed for claimed in facts.ledger}
    for order in in_flight:
        if isinstance(order, SendMessage) and order.purpose != "transactional":
            claimed = Claimed(order.at, order.step_key, order.asks, order.purpose, order.channel)
            counted.setdefault(order.step_key, claimed)
    where = facts.where
    return Guard(
        facts=facts,
        catalogue=rulebook.catalogue,
        law=rulebook.law,
        now=now,
        zone=zone_of(facts.zone, rulebook.catalogue.company.timezone),
        others=() if where.zone else tuple(ZoneInfo(each) for each in facts.phone.zones if each != facts.zone),
        where=where,
        ledger=sorted(counted.values(), key=lambda claimed: claimed.at),
        made=set(facts.offers_made),
        paused=paused,
    )


def _lawful(law: Demands) -> list[Check]:
    """What the law allows now, in words."""
    words = (*(hours.words for hours in law.hours), *(quota.words for quota in law.quotas))
    return [Check("policy", True, f"allowed now; {each}") for each in words]


def _unhappy(facts: Facts) -> str:
    csat, nps = facts.fields.get("csat.last"), facts.fields.get("nps.last")
    if isinstance(csat, int | float) and csat <= UNHAPPY_CSAT:
        return f"csat {csat:g}"
    if isinstance(nps, int | float) and nps <= UNHAPPY_NPS:
        return f"nps {nps:g}"
    return ""


def _skip(checks: list[Check], code: str, reason: str) -> Verdict:
    checks.append(Check(code, False, reason))
    return Verdict("skip", code=code, reason=reason, checks=tuple(checks))


def _hold(wish: Wish, checks: list[Check], until: datetime | None, code: str, reason: str) -> Verdict:
    if until is not None and until >= wish.expires_at:
        return _skip(checks, code, f"{reason}, and then it would come too late")
    checks.append(Check(code, False, reason))
    return Verdict("hold", until=until, code=code, reason=reason, checks=tuple(checks))
