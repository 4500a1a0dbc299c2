"""What a customer may be sent now, by channel: what they said, how it is proven, and what stands against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from care.domain.catalogue import Purpose
from care.domain.consents import ENDABLE, MARKETING, PROOF, SOFT_OPT_IN, Consent, Statement
from care.domain.guardrails import Guard, guard_of, unreachable
from care.domain.rulebook import Rulebook
from care.store import consents, facts
from care.store.consents import Closed


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether one kind of message may reach a customer over one channel.

    Attributes:
        allowed: Whether it may, as far as consent, suppression and law go; hours and caps are asked apart.
        holds: ``given``, ``withdrawn``, ``unconfirmed``, ``soft`` or ``nothing said``.
        since: Since when that holds (UTC).
        why: Why it may or may not, in words.
        proof: The statement it rests on.
        closed: What suppresses the address.
        needed: What would have to happen before it may; empty when it may.
        notes: What is missing in the proof, by the law that asks for it.
    """

    channel: str
    purpose: str
    allowed: bool
    holds: str
    since: datetime | None
    why: str
    proof: Consent | None
    closed: tuple[Closed, ...]
    needed: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permissions:
    """Everything a customer may be sent, and the topics they hear nothing of."""

    by_channel: tuple[Permission, ...]
    muted: tuple[str, ...]


def permissions(conn: Connection, customer: str, rulebook: Rulebook, now: datetime) -> Permissions:
    """What a customer may be sent at an instant (UTC), by the newest rules."""
    known = facts.load(conn, customer, None, rulebook, now)
    guard = guard_of(known, rulebook, now)
    said = consents.listing(conn, customer)
    found = consents.closed(conn, known.addresses.values())
    used = {channel for template in rulebook.catalogue.templates.values() for channel in template.channels}
    mentioned = {channel for channel, _ in known.statements} | (used & set(known.addresses))
    looked_at = [
        _permission(guard, said, [each for each in found if (each.channel, each.purpose) == (channel, purpose)], pair)
        for channel in sorted(mentioned)
        for purpose in ENDABLE
        for pair in ((channel, purpose),)
    ]
    return Permissions(tuple(looked_at), tuple(sorted(known.muted)))


def _permission(guard: Guard, said: Sequence[Consent], found: Sequence[Closed], of: tuple[str, Purpose]) -> Permission:
    channel, purpose = of
    statement = guard.facts.statement(channel, purpose)
    proof = _resting_on(said, of, statement)
    allowed, why = _judged(guard, of, found)
    return Permission(
        channel=channel,
        purpose=purpose,
        allowed=allowed,
        holds=_holds(statement),
        since=statement.at if statement is not None else None,
        why=why,
        proof=proof,
        closed=tuple(found),
        needed="" if allowed else _needed(guard, of, found, statement),
        notes=tuple(_gaps(guard, of, proof)),
    )


def _judged(guard: Guard, of: tuple[str, Purpose], found: Sequence[Closed]) -> tuple[bool, str]:
    channel, purpose = of
    if channel not in guard.facts.addresses:
        return False, unreachable(channel)
    if found:
        return False, "; ".join(dict.fromkeys(each.reason for each in found))
    refused = guard.facts.suppressed.get(of)
    if refused is not None:
        return False, refused
    if purpose == MARKETING:
        verdict = guard.permit(channel)
        return verdict.allowed, verdict.reason
    return True, "messages after a purchase need no consent"


def _needed(guard: Guard, of: tuple[str, Purpose], found: Sequence[Closed], statement: Statement | None) -> str:
    """What would have to happen before it may be sent."""
    if of[0] not in guard.facts.addresses:
        return "an address"
    causes = {each.cause for each in found}
    if consents.DO_NOT_CALL in causes:
        return "its owner takes the number off the do-not-call list, and the list is imported again"
    if consents.BOUNCED in causes:
        return "another address: messages to this one come back"
    if statement is not None and statement.given and statement.kind == "unconfirmed":
        return "the customer confirms it (double opt-in)"
    if statement is not None and statement.express and not found:
        return "consent in writing: a form, a ticked box, or a confirmed message"
    return "the customer agrees" + (" again" if found or statement is not None else "")


def _holds(statement: Statement | None) -> str:
    if statement is None:
        return "nothing said"
    if not statement.given:
        return "withdrawn"
    return "given" if statement.express else statement.kind


def _resting_on(said: Sequence[Consent], of: tuple[str, Purpose], statement: Statement | None) -> Consent | None:
    own = [each for each in said if (each.channel, each.purpose) == of]
    if statement is None:
        return None
    return next((each for each in reversed(own) if (each.given, each.at) == (statement.given, statement.at)), None)


def _gaps(guard: Guard, of: tuple[str, Purpose], proof: Consent | None) -> list[str]:
    """What the record of a consent to advertising lacks, by the law of each place the customer may live in."""
    if of[1] != MARKETING or proof is None or not proof.given or proof.method == SOFT_OPT_IN:
        return []
    notes = []
    for each in guard.law.demands(guard.where, *of).applied:
        asked = [part for part in PROOF if part in each.policy.proof]
        lacks = [part for part in asked if not getattr(proof, part)]
        if lacks:
            notes.append(f"{each.policy.title}: the proof lacks {', '.join(lacks)}; it must hold {', '.join(asked)}")
    return list(dict.fromkeys(notes))
