"""Collecting the mails that wait in a mailbox."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from care.mailroom.mailboxes import waiting
from care.mailroom.taking import Mailroom
from care.store.receipts import Kind

# As many as one look into the mailbox takes; the next one, a minute later, goes on.
MOST_MAILS = 500


@dataclass(frozen=True, slots=True)
class Collected:
    """What one look into a mailbox found.

    Attributes:
        kinds: How many mails said what, the ones that had been taken before left out.
        known: How many had been taken before.
        for_people: How many of the new ones a person should look at.
    """

    kinds: Mapping[Kind, int] = field(default_factory=dict)
    known: int = 0
    for_people: int = 0

    @property
    def new(self) -> int:
        """How many mails were new."""
        return sum(self.kinds.values())


def collect(mailroom: Mailroom, address: str, now: Callable[[], datetime]) -> Collected:
    """Take in what waits in a mailbox, and mark each mail there once it is kept.

    Args:
        address: A mailbox as ``mailboxes.waiting`` reads it.
        now: The clock (UTC).

    Raises:
        MailboxError: When the mailbox cannot be read.
        StoreUnavailable: When the store does not answer. What was not kept stays where it is.
    """
    kinds: Counter[Kind] = Counter()
    known = for_people = 0
    with closing(waiting(address)) as mails:
        for mail in islice(mails, MOST_MAILS):
            taken = mailroom.take(mail.content, now())
            mail.done(taken.is_for_people)
            if taken.heard.is_new:
                kinds[taken.kind] += 1
                for_people += taken.is_for_people
            else:
                known += 1
    return Collected(kinds, known, for_people)
