"""Forgotten addresses: whoever was erased leaves a keyed hash of each address, so that it stays closed if it returns.

Nobody can tell from the hash what the address was without the installation's own key, which the database keeps wrapped.
When a customer brings such an address again, what closed it then closes it now.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from care.domain.consents import MARKETING
from care.store import customers, schema
from care.store.addresses import CHANNEL_KINDS, address_key
from care.store.consents import DO_NOT_CALL, WITHDRAWN
from care.store.inbox import InboxRow
from care.store.inserting import insert_new
from care.store.keyring import Keyring

ASKED = "the customer asked to be erased"

_forgotten = schema.forgotten
_suppressions = schema.suppressions


def hashed(pepper: bytes, what: str) -> str:
    """The keyed hash of something: 32 hex digits (HMAC-SHA256, cut to 128 bits)."""
    return hmac.new(pepper, what.encode(), hashlib.sha256).hexdigest()[:32]


def forget(conn: Connection, pepper: bytes, addresses: Mapping[str, str], at: datetime) -> None:
    """Leave of these addresses their hash only, with what closes them; advertising is closed to each from now on.

    What a do-not-call list says stays as it is: it came from the list, and goes with it.

    Args:
        addresses: Address key to channel.
        at: When they were erased (UTC).
    """
    of, theirs = _suppressions.c, _suppressions.c.address_key.in_(list(addresses))
    closing = select(_suppressions).where(theirs, of.lifted_at.is_(None), of.cause != DO_NOT_CALL)
    kept = ("channel", "purpose", "cause", "reason", "at")
    rows = [
        {"hash": hashed(pepper, row.address_key), **{name: getattr(row, name) for name in kept}}
        for row in conn.execute(closing)
    ]
    asked = {"purpose": MARKETING, "cause": WITHDRAWN, "reason": ASKED, "at": at}
    rows += [{"hash": hashed(pepper, key), "channel": channel, **asked} for key, channel in addresses.items()]
    for row in rows:
        insert_new(conn, _forgotten, row)
    conn.execute(_suppressions.delete().where(theirs, of.cause != DO_NOT_CALL))


class Memory:
    """Closes the addresses of erased customers again when they come back."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def recall(self, conn: Connection, row: InboxRow) -> None:
        """Look whether an event brought an address that was forgotten; what closed it closes it again, once."""
        if not any(row.event.customer.get(kind) for kind in set(CHANNEL_KINDS.values())):
            return
        pepper = self._keyring.pepper(conn)
        if pepper is not None:
            self._close(conn, pepper, _keys_of(conn, row.customer))

    def _close(self, conn: Connection, pepper: bytes, found: Collection[str]) -> None:
        known = {hashed(pepper, key): key for key in found}
        for row in conn.execute(select(_forgotten).where(_forgotten.c.hash.in_(list(known)))):
            told = {name: getattr(row, name) for name in ("channel", "purpose", "cause", "reason", "at")}
            insert_new(conn, _suppressions, {"address_key": known[row.hash], "event": "", **told})


def _keys_of(conn: Connection, customer: str) -> list[str]:
    person = customers.person(conn, customer)
    known = {channel: getattr(person, kind) for channel, kind in CHANNEL_KINDS.items()} if person is not None else {}
    return [address_key(channel, address) for channel, address in known.items() if address]
