"""Handing a customer to people: the ticket is opened once, and its queue is told once, by e-mail."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities import dispatch, marking, notices, wording
from activities.channels.base import Message
from activities.contract import HandingOver
from activities.dispatch import Dispatch
from activities.marking import Against, Outgoing
from care.domain.catalogue import Queue
from care.domain.enrolment import Enrolment
from care.domain.happenings import Settled
from care.domain.orders import EscalateTicket, OpenTicket, SendMessage
from care.domain.rulebook import Rulebook
from care.domain.timing import zone_of
from care.rendering import Renderer, RenderError
from care.store import answers, claims, customers, enrolments, tickets
from care.store.addresses import address_key
from care.store.answers import Answer
from care.store.engine import reading, writing
from care.store.enrolments import EnrolmentView
from care.store.plans import RulebookCache
from care.store.tickets import Ticket

CHANNEL = "email"

_WORTH_TELLING = timedelta(days=7)
_PAUSES = (2.0, 15.0, 60.0)


class TicketDesk(HandingOver):
    """Opens and escalates tickets.

    Args:
        public_url: Where the console is reached, for the link in the e-mail.
        pauses: Seconds to wait before each new try while the mail server is away.
    """

    def __init__(
        self,
        engine: Engine,
        rulebooks: RulebookCache,
        renderer: Renderer,
        outlet: Dispatch,
        public_url: str,
        pauses: Sequence[float] = _PAUSES,
    ) -> None:
        self._engine = engine
        self._rulebooks = rulebooks
        self._renderer = renderer
        self._outlet = outlet
        self._public_url = public_url.rstrip("/")
        self._pauses = pauses

    @activity.defn(name="open_ticket")
    async def open_ticket(self, order: OpenTicket) -> Settled:
        """Open the ticket and tell its queue; done as soon as it is open, told or not."""
        now = dispatch.instant(order.at)
        return await dispatch.to_the_end(self._hand_over(order, now))

    @activity.defn(name="escalate_ticket")
    async def escalate_ticket(self, order: EscalateTicket) -> Settled:
        """Move the ticket if it is still open, and tell the other queue."""
        now = dispatch.instant(order.at)
        return await dispatch.to_the_end(self._hand_over(order, now))

    async def _hand_over(self, order: OpenTicket | EscalateTicket, now: datetime) -> Settled:
        if isinstance(order, OpenTicket):
            ticket = await asyncio.to_thread(self._open, order, now)
            if ticket is None:
                return marking.erased(order.key)
        else:
            ticket = await asyncio.to_thread(self._escalate, order, now)
            if ticket is None:
                return Settled(order.key, "done", f"ticket {order.ticket} is not open any more", "closed")
        told = await self._tell(order, ticket, now)
        for pause in self._pauses:
            if told.outcome != "retry":
                break
            await asyncio.sleep(pause)
            told = await self._tell(order, ticket, now)
        done = f"ticket {ticket.id} is open in {ticket.queue}"
        if told.outcome == "sent":
            return Settled(order.key, "done", done)
        return Settled(order.key, "done", f"{done}, but the queue was not told by e-mail: {told.reason}", "not_told")

    def _open(self, order: OpenTicket, now: datetime) -> Ticket | None:
        about = self._about(order, now)
        with writing(self._engine) as conn:
            return tickets.open_ticket(conn, order, about, now)[0] if customers.lock(conn, order.customer) else None

    def _about(self, order: OpenTicket, now: datetime) -> str:
        """The rule file's words with the customer's values; as they stand when a value is not known."""
        with reading(self._engine) as conn:
            found = customers.found(conn, order.customer)
            state = found.state if found is not None else None
            run = next((each for each in state.enrolments if each.id == order.enrolment), None) if state else None
            if state is not None and run is None and (run := _as_it_was(conn, order)) is not None:
                state = replace(state, enrolments=(*state.enrolments, run))
            if found is None or state is None or run is None:
                return order.about
            known = wording.known(conn, self._rulebooks.current(conn), found.person, state, run, now)
        try:
            return self._renderer.text(order.about, known.values)
        except RenderError:
            return order.about

    def _escalate(self, order: EscalateTicket, now: datetime) -> Ticket | None:
        with writing(self._engine) as conn:
            ticket, _ = tickets.escalate(conn, order, now)
        still_there = ticket is not None and ticket.status == tickets.OPEN and ticket.queue == order.queue
        return ticket if still_there else None

    async def _tell(self, order: OpenTicket | EscalateTicket, ticket: Ticket, now: datetime) -> Settled:
        return await self._outlet.carry_out(_Errand(self, order, ticket), now)

    def look(self, order: OpenTicket | EscalateTicket, ticket: Ticket) -> Against | Outgoing:
        """Write the notice to a ticket's queue."""
        told = _as_message(order, ticket)
        with reading(self._engine) as conn:
            before = marking.standing(conn, told.key)
            if before is not None:
                return before
            rulebook = self._rulebooks.current(conn)
            to = _mailbox(rulebook, ticket)
            person = customers.person(conn, order.customer)
            if not to or person is None or not self._outlet.serves(CHANNEL):
                return Settled(told.key, "skipped", f"queue {ticket.queue} has no e-mail address", "no_address")
            subject, text = self._written(conn, order, ticket, person, rulebook)
        return Outgoing(told, Message(told.key, to, order.at, text, subject), address_key(CHANNEL, to))

    def claim(self, outgoing: Outgoing, now: datetime) -> Against | None:
        """Claim the notice and mark it as leaving; no guard-rail keeps the shop's own people from hearing."""
        with writing(self._engine) as conn:
            if not customers.lock(conn, outgoing.order.customer):
                return marking.erased(outgoing.order.key)
            claim = claims.claim(conn, outgoing.order, outgoing.address_key, now)
            if claim.phase != "claimed":
                return marking.found(conn, claim)
            marking.mark(conn, outgoing, now)
            return None

    def _written(
        self,
        conn: Connection,
        order: OpenTicket | EscalateTicket,
        ticket: Ticket,
        person: customers.Person,
        rulebook: Rulebook,
    ) -> tuple[str, str]:
        company = rulebook.catalogue.company
        return notices.notice(
            ticket,
            person,
            enrolments.order_of(conn, order.enrolment),
            locale=company.locale,
            zone=zone_of(company.timezone, "UTC"),
            url=f"{self._public_url}/customers/{order.customer}",
            escalated=isinstance(order, EscalateTicket),
        )


@dataclass(frozen=True, slots=True)
class _Errand:
    """The notice of one order of the desk's."""

    desk: TicketDesk
    order: OpenTicket | EscalateTicket
    ticket: Ticket

    def look(self, now: datetime) -> Against | Outgoing:
        return self.desk.look(self.order, self.ticket)

    def claim(self, outgoing: Outgoing, now: datetime) -> Against | None:
        return self.desk.claim(outgoing, now)


def _as_it_was(conn: Connection, order: OpenTicket) -> Enrolment | None:
    """The enrolment of somebody who has left the journey since, with what was answered in it."""
    found = next((each for each in enrolments.listing(conn, order.customer) if each.id == order.enrolment), None)
    if found is None:
        return None
    said = [each for each in answers.listing(conn, order.customer) if _belongs(each, found)]
    scores = {f"{each.survey}.score": each.score for each in said}
    return Enrolment(found.id, found.journey, found.plan, found.entered_at, found.event, found.order_id, answers=scores)


def _belongs(answer: Answer, found: EnrolmentView) -> bool:
    """Whether a question of this enrolment was answered; an answer that names none is told by its order."""
    if answer.about:
        return answer.about.startswith(f"{found.id}/")
    return answer.order_id == found.order_id and answer.at >= found.entered_at


def _mailbox(rulebook: Rulebook, ticket: Ticket) -> str:
    """The queue's address, else that of whoever owns the journey."""
    queue: Queue | None = rulebook.catalogue.queues.get(ticket.queue)
    if queue is not None and queue.email:
        return queue.email
    of_journey = [walked.plan for walked in rulebook.plans.values() if walked.plan.journey == ticket.journey]
    return max(of_journey, key=lambda plan: plan.revision).owner if of_journey else ""


def _as_message(order: OpenTicket | EscalateTicket, ticket: Ticket) -> SendMessage:
    """The notice as an order of its own: claimed under the ticket order's key, and outside every cap."""
    return SendMessage(
        key=order.key,
        customer=order.customer,
        enrolment=order.enrolment,
        journey=ticket.journey,
        plan="",
        step=ticket.step,
        template="ticket",
        channel=CHANNEL,
        purpose="transactional",
        at=order.at,
        expires_at=order.at + _WORTH_TELLING,
    )
