"""Sending one message: claim, guard again, deliver, settle; at most once, whatever dies in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import dispatch, marking, wording
from activities.channels.base import Message
from activities.contract import Sending
from activities.dispatch import Dispatch
from activities.marking import Against, Outgoing
from activities.senders import Senders
from care import letters
from care.domain.controls import JOURNEY_PAUSED
from care.domain.enrolment import CustomerState, Enrolment, Wish
from care.domain.guardrails import guard_of
from care.domain.happenings import Outcome, Settled
from care.domain.orders import SendMessage
from care.domain.rulebook import Rulebook
from care.domain.weights import weigh
from care.imprints import NO_SENDER, UnlawfulMessage, refused_sender
from care.letters import Known
from care.links import Links
from care.rendering import Renderer, RenderError
from care.store import claims, customers, facts, offers
from care.store.addresses import address_key
from care.store.engine import reading, serialise, writing
from care.store.plans import RulebookCache


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message as it was rendered; ``fault`` says why it was not, and ``unlawful`` by which law."""

    subject: str = ""
    text: str = ""
    html: str = ""
    code: str = ""
    fault: str = ""
    unlawful: str = ""
    weight: Mapping[str, str | int] = field(default_factory=dict)


class MessageSender(Sending):
    """Sends messages over the shop's channels."""

    def __init__(
        self,
        engine: Engine,
        rulebooks: RulebookCache,
        renderer: Renderer,
        links: Links,
        outlet: Dispatch,
        senders: Senders | None = None,
    ) -> None:
        """Keep what sending needs.

        Args:
            senders: What recipients see as the sender, by channel and provider; what is not told is not checked.
        """
        self._engine = engine
        self._rulebooks = rulebooks
        self._renderer = renderer
        self._links = links
        self._outlet = outlet
        self._senders = senders or {}

    @activity.defn(name="send_message")
    async def send_message(self, order: SendMessage) -> Settled:
        """Send one message, or say why it was not sent; asked again under the same key, the outcome stands."""
        return await self.send(order, dispatch.instant(order.at))

    async def send(self, order: SendMessage, now: datetime) -> Settled:
        """The same at an instant that is known (UTC, by the server's clock)."""
        return await dispatch.to_the_end(self._outlet.carry_out(_Errand(self, order), now))

    def look(self, order: SendMessage, now: datetime) -> Against | Outgoing:
        """Write the message with what is known; no lock is held meanwhile."""
        with reading(self._engine) as conn:
            before = marking.standing(conn, order.key)
            if before is not None:
                return before
            rulebook = self._rulebooks.current(conn)
            found = customers.found(conn, order.customer)
            state = found.state if found is not None else None
            run = _enrolment(state, order)
            known, address = None, ""
            if found is not None and state is not None and run is not None:
                known = wording.known(conn, rulebook, found.person, state, run, now)
                address = found.person.reached(order.channel)
            code = _code(conn, order, rulebook)
        draft = self._written(order, known, code, rulebook) if known is not None else _Draft()
        if known is None or draft.fault or not address or not self._outlet.serves(order.channel):
            # Nobody need be called for a message that stays.
            return self._judged(order, None, draft, now) or _moved(order)
        return self._outgoing(order, draft, address)

    def claim(self, outgoing: Outgoing, now: datetime) -> Against | None:
        """Claim the message, judge it by what is known at this instant, and mark it as leaving."""
        return self._judged(outgoing.order, outgoing, _Draft(), now)

    def _judged(self, order: SendMessage, outgoing: Outgoing | None, draft: _Draft, now: datetime) -> Against | None:
        with writing(self._engine) as conn:
            # Whoever changes this customer or closes this address waits: what is judged here holds until it is marked.
            locked = customers.lock(conn, order.customer)
            if locked is None:
                return marking.erased(order.key)
            address = locked.person.reached(order.channel)
            key = address_key(order.channel, address) if address else ""
            serialise(conn, key)
            claim = claims.claim(conn, order, key, now)
            if claim.phase != "claimed":
                return marking.found(conn, claim)
            refusal = self._refusal(conn, order, locked.state, draft, now)
            if refusal is None and (outgoing is None or outgoing.message.to != address):
                refusal = _moved(order)
            if refusal is not None:
                return marking.refuse(conn, refusal, now, "" if draft.unlawful else draft.fault)
            if outgoing is not None:
                if order.offer:
                    offers.make(conn, order, outgoing.code)
                marking.mark(conn, outgoing, now)
            return None

    def _written(self, order: SendMessage, known: Known, code: str, rulebook: Rulebook) -> _Draft:
        try:
            rendered = letters.written(order, known, code, self._renderer, self._links)
        except UnlawfulMessage as error:
            return _Draft(fault=str(error), unlawful=error.code)
        except RenderError as error:
            return _Draft(fault=str(error))
        if not rendered.text.strip():
            return _Draft(fault="nothing is left of its text")
        weight = weigh(rulebook.catalogue, order.channel, order.purpose, rendered.text).as_plain()
        return _Draft(*rendered, code, weight=weight)

    def _refusal(
        self, conn: Connection, order: SendMessage, state: CustomerState | None, draft: _Draft, now: datetime
    ) -> Settled | None:
        """Why the message must not leave now, judged by what is known at this instant; ``None`` when it may."""
        run = _enrolment(state, order)
        if state is None or run is None:
            return Settled(order.key, "skipped", "the customer has left the journey", "left")
        if state.paused:
            return Settled(order.key, "deferred", "an operator has paused this customer", "paused")
        if not self._outlet.serves(order.channel):
            return Settled(order.key, "skipped", f"the shop has no {order.channel} channel", "no_channel")
        if claims.sibling_done(conn, order.step_key, order.key):
            words = "this step has reached the customer over another channel, or may have"
            return Settled(order.key, "skipped", words, "already_sent")
        return self._guarded(conn, order, state, run, now) or _unwritten(order, draft)

    def _guarded(
        self, conn: Connection, order: SendMessage, state: CustomerState, run: Enrolment, now: datetime
    ) -> Settled | None:
        rulebook = self._rulebooks.current(conn, needing=(order.plan,))
        if rulebook.controls.pause_of(order.journey) is not None:
            return Settled(order.key, "deferred", "an operator has paused this journey", JOURNEY_PAUSED)
        seen = facts.load(conn, order.customer, None, rulebook, now, state)
        # Claims are taken and judged under one lock, so every other one that stands has its slot for good.
        seen.ledger = tuple([claimed for claimed in seen.ledger if claimed.step_key != order.step_key])
        walked = rulebook.plans.get(order.plan)
        sending = walked.plan.sending if walked is not None else None
        verdict = guard_of(seen, rulebook, now).judge(_wish(order), run.order_id, sending)
        if verdict.kind == "go":
            demands = rulebook.law.demands(seen.where, order.channel, order.purpose)
            why = refused_sender(demands, self._senders.get(order.channel, {}))
            return Settled(order.key, "failed", why, NO_SENDER) if why else None
        outcome: Outcome = "deferred" if verdict.kind == "hold" else "skipped"
        return Settled(order.key, outcome, verdict.reason, verdict.code, verdict.until)

    def _outgoing(self, order: SendMessage, draft: _Draft, address: str) -> Outgoing:
        message = Message(
            order.key,
            address,
            order.at,
            draft.text,
            draft.subject,
            draft.html,
            letters.unsubscribe_url(order, self._links),
            purpose=order.purpose,
            template=order.template,
            journey=order.journey,
        )
        return Outgoing(order, message, address_key(order.channel, address), draft.weight, draft.code)


@dataclass(frozen=True, slots=True)
class _Errand:
    """One order of the sender's."""

    sender: MessageSender
    order: SendMessage

    def look(self, now: datetime) -> Against | Outgoing:
        return self.sender.look(self.order, now)

    def claim(self, outgoing: Outgoing, now: datetime) -> Against | None:
        return self.sender.claim(outgoing, now)


def _moved(order: SendMessage) -> Settled:
    """The customer's address, or what is known of the customer, changed while the message was written."""
    return Settled(order.key, "retry", "the customer's address changed while the message was written", "moved")


def _code(conn: Connection, order: SendMessage, rulebook: Rulebook) -> str:
    """The code this offer was made with before, else its own by the catalogue; empty without an offer."""
    offer = rulebook.catalogue.offers.get(order.offer)
    if offer is None:
        return ""
    made = [each.code for each in offers.listing(conn, order.customer) if each.key == order.step_key]
    return made[0] if made else letters.offer_code(order, offer.code)


def _wish(order: SendMessage) -> Wish:
    """The order as the guard-rails know it."""
    return Wish(
        template=order.template,
        channels=(order.channel,),
        purpose=order.purpose,
        wanted_at=order.at,
        expires_at=order.expires_at,
        offer=order.offer,
        asks=order.asks,
    )


def _unwritten(order: SendMessage, draft: _Draft) -> Settled | None:
    if not draft.fault:
        return None
    if draft.unlawful:
        return Settled(order.key, "failed", draft.fault, draft.unlawful)
    return Settled(order.key, "failed", f"template {order.template} cannot be rendered", "template")


def _enrolment(state: CustomerState | None, order: SendMessage) -> Enrolment | None:
    """The enrolment that the order belongs to, while it runs."""
    running = state.enrolments if state is not None else ()
    return next((each for each in running if each.id == order.enrolment), None)
