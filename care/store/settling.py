"""Late outcomes: what became of a message nobody knew of. The journey has gone on, and nothing is sent again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from care.domain.audit import Entry
from care.domain.errors import CareError
from care.store import audit, claims
from care.store.claims import Claim

LateOutcome = Literal["sent", "failed"]

BY_HAND = "by_hand"

_BY_HAND_WORDS = "a person said what became of it"
_WORDS = {"sent": "sent after all", "failed": "not sent after all"}


class NotInDoubtError(CareError):
    """A message is not one of which nobody knows; the message says what it is."""


@dataclass(frozen=True, slots=True)
class LateNews:
    """What became of a message that may have left.

    Attributes:
        reason: How that became known, in a sentence without the address.
        code: The same as a countable word.
        detail: The provider's own words, which stay with the claim.
        provider: Who had it; empty when that is known already, or not at all.
        provider_id: What that one calls it, likewise.
    """

    outcome: LateOutcome
    reason: str
    code: str = ""
    detail: str = ""
    provider: str = ""
    provider_id: str = ""


def settle_late(conn: Connection, claim: Claim, news: LateNews, at: datetime) -> bool:
    """Record what became of a message that may have left, and tell its customer's timeline.

    Args:
        at: When it became known (UTC).

    Returns:
        Whether this call settled it.
    """
    words = claims.words(news.reason, news.detail)
    settled = claims.settle(
        conn, claim.key, news.outcome, at=at, reason=words, code=news.code, provider_id=news.provider_id
    )
    if settled and news.provider:
        claims.entrust(conn, claim.key, news.provider)
    if settled:
        tell(conn, claim, news, at)
    return settled


def tell(conn: Connection, claim: Claim, news: LateNews, at: datetime) -> None:
    """Tell the customer's timeline of an outcome that is written already."""
    entry = Entry(
        "settled",
        at,
        f"{claim.step} → {_WORDS[news.outcome]}",
        journey=claim.journey,
        enrolment=claim.enrolment,
        step=claim.step,
        code=news.code,
        reason=news.reason,
        message=claim.key,
        channel=claim.channel,
        template=claim.offer or claim.template,
    )
    audit.note(conn, claim.customer, entry)


def settle_by_hand(conn: Connection, key: str, outcome: LateOutcome, *, by: str, note: str, at: datetime) -> Claim:
    """Let a person say what became of a message that is ``unknown``.

    Args:
        by: The person's name.
        note: Why the person knows, or empty.
        at: When it was said (UTC).

    Returns:
        The message as it stands now.

    Raises:
        NotInDoubtError: When there is no such message, or it is not ``unknown``.
    """
    found = claims.message(conn, key)
    if found is None:
        raise NotInDoubtError(f"there is no message {key!r}; 'care messages list --unknown' shows those in doubt")
    said = f"by {by}" + (f": {note}" if note else "")
    # Who wrote a note wrote what they liked.
    words = claims.words(_BY_HAND_WORDS, said)
    doubtful = found.claim.phase == "unknown"
    if not doubtful or not claims.settle(conn, key, outcome, at=at, reason=words, code=BY_HAND):
        raise NotInDoubtError(f"message {key!r} is {found.claim.phase}; a person settles only those that are unknown")
    tell(conn, found.claim, LateNews(outcome, said, BY_HAND), at)
    after = claims.message(conn, key)
    assert after is not None
    return after.claim
