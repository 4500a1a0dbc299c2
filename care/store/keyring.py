"""The keyring: customers' keys ready for use, kept in memory for a while so that sealing costs no SQL."""

import secrets
import time
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from care import clock
from care.domain.errors import CareError
from care.sealing import BrokenSealError, SealingKey, master_key, new_key, unwrap, wrap
from care.store import customers, keys
from care.store.engine import reading, writing
from care.store.keys import INSTALLATION, KeptKey

# How long a process goes on with a key after it was rotated or destroyed, and how many it keeps: 3 kB each.
KEPT_SECONDS = 300.0
MOST_KEPT = 5_000


class KeyringError(CareError):
    """The keys cannot be unwrapped with the secret of the settings; the message says what to set."""


class KeyDestroyedError(CareError):
    """The customer was erased: the key is gone, and what it sealed can be read by nobody."""


class Keyring:
    """Finds, makes and unwraps keys; may be used from several threads.

    Args:
        engine: The store.
        secrets: What the keys are wrapped with, the present secret first, then the one before it, if any.
        kept_for: Seconds a key stays in memory.
        most: How many keys stay in memory.
    """

    def __init__(
        self, engine: Engine, secrets: Sequence[str], *, kept_for: float = KEPT_SECONDS, most: int = MOST_KEPT
    ) -> None:
        self._engine = engine
        self._masters = {master.id: master for master in map(master_key, secrets)}
        self._kept_for = kept_for
        self._most = most
        self._sealing: dict[str, tuple[float, SealingKey]] = {}
        self._opening: dict[str, tuple[float, SealingKey]] = {}

    def at_hand(self, customer: str) -> SealingKey | None:
        """The key that seals for a customer, if it is in memory."""
        return _fresh(self._sealing, customer)

    def known(self, id: str) -> SealingKey | None:
        """The key with this id, if it is in memory."""
        return _fresh(self._opening, id)

    def sealing(self, customer: str) -> SealingKey:
        """The key that seals for a customer, made when there is none yet.

        Raises:
            KeyDestroyedError: There is no such customer any more.
            KeyringError: The secret of the settings is not the one that keys are wrapped with.
        """
        with reading(self._engine) as conn:
            kept = keys.every(conn, customer)
        if not kept:
            with writing(self._engine) as conn:
                kept = [self._made_for(conn, customer)]
        return self._keep(kept)[-1]

    def make_ready(self, whose: Collection[str]) -> None:
        """Hold the keys of many customers ready, made where there are none, with a handful of statements for all.

        Whoever was erased gets none.

        Raises:
            KeyringError: The secret of the settings is not the one that keys are wrapped with.
        """
        missing = [each for each in whose if self.at_hand(each) is None]
        if not missing:
            return
        with reading(self._engine) as conn:
            kept = keys.of_many(conn, missing)
        if without := [each for each in missing if each not in kept]:
            with writing(self._engine) as conn:
                self._unwrapped(self._own(conn))  # A wrong secret must not make keys that no worker can use.
                now = clock.now()
                keys.add_all(conn, [self._new(each, 1, now) for each in customers.lock_all(conn, without)])
                kept |= keys.of_many(conn, without)
        for each in kept.values():
            self._keep(each)

    def opening(self, id: str) -> SealingKey:
        """The key with this id.

        Raises:
            KeyDestroyedError: It was destroyed.
            KeyringError: The secret of the settings is not the one that it is wrapped with.
        """
        with reading(self._engine) as conn:
            kept = keys.beside(conn, id)
        ready = {key.id: key for key in self._keep(kept)}
        if id not in ready:
            raise KeyDestroyedError(f"key {id!r} was destroyed, because its customer was erased")
        return ready[id]

    def check(self) -> None:
        """See that the settings have the secret that the store's keys are wrapped with; a new store takes it over.

        Raises:
            KeyringError: They have another one.
        """
        with reading(self._engine) as conn:
            kept = keys.newest(conn, INSTALLATION)
        if kept is None:
            with writing(self._engine) as conn:
                kept = self._own(conn)
        self._unwrapped(kept)

    def pepper(self, conn: Connection, *, make: bool = False) -> bytes | None:
        """The installation's own key, with which the addresses of erased customers are hashed.

        Args:
            make: Whether it is made when there is none yet.

        Raises:
            KeyringError: The secret of the settings is not the one that it is wrapped with.
        """
        kept = self._own(conn) if make else keys.newest(conn, INSTALLATION)
        return None if kept is None else self._unwrapped(kept)

    def renew(self, conn: Connection, old: KeptKey, at: datetime) -> bool:
        """Give a customer the next key; false when somebody else did, or the customer was erased meanwhile."""
        if not customers.lock(conn, old.customer):
            return False
        return keys.add(conn, self._new(old.customer, old.number + 1, at))

    def rewrapped(self, kept: KeptKey) -> KeptKey:
        """The same key, wrapped with the present secret.

        Raises:
            KeyringError: None of the secrets is the one that it is wrapped with.
        """
        master = self._master
        wrapped = wrap(master, kept.id, self._unwrapped(kept))
        return KeptKey(kept.id, kept.customer, kept.number, wrapped, master.id, kept.at)

    @property
    def masters(self) -> tuple[str, ...]:
        """Ids of the master keys, the present one first."""
        return tuple(self._masters)

    @property
    def _master(self) -> SealingKey:
        if not self._masters:
            raise KeyringError(
                "the secret that wraps customers' keys is not known here; set CARE_SECRET (or CARE_PAYLOAD_SECRET) "
                "to the one the worker has, or CARE_DATA_DIR to the folder with its secret.key"
            )
        return next(iter(self._masters.values()))

    def _made_for(self, conn: Connection, customer: str) -> KeptKey:
        if not customers.lock(conn, customer):
            raise KeyDestroyedError("this customer was erased; nothing is sealed for them any more")
        self._unwrapped(self._own(conn))  # A wrong secret must not make keys that no worker can use.
        kept = keys.newest(conn, customer)
        return kept if kept is not None else self._first(conn, customer)

    def _own(self, conn: Connection) -> KeptKey:
        return keys.newest(conn, INSTALLATION) or self._first(conn, INSTALLATION)

    def _first(self, conn: Connection, customer: str) -> KeptKey:
        key = self._new(customer, 1, clock.now())
        if keys.add(conn, key):
            return key
        kept = keys.newest(conn, customer)
        assert kept is not None
        return kept

    def _new(self, customer: str, number: int, at: datetime) -> KeptKey:
        name, master = "k_" + secrets.token_hex(8), self._master
        return KeptKey(name, customer, number, wrap(master, name, new_key()), master.id, at)

    def _keep(self, kept: Sequence[KeptKey]) -> list[SealingKey]:
        """Hold all keys of one customer, the oldest first, ready for a while."""
        until = time.monotonic() + self._kept_for
        ready = [SealingKey(each.id, self._unwrapped(each)) for each in kept]
        for key in ready:
            self._hold(self._opening, key.id, until, key)
        if ready:
            self._hold(self._sealing, kept[-1].customer, until, ready[-1])
        return ready

    def _hold(self, held: dict[str, tuple[float, SealingKey]], name: str, until: float, key: SealingKey) -> None:
        held.pop(name, None)
        held[name] = (until, key)
        while len(held) > self._most:
            held.pop(next(iter(held)), None)

    def _unwrapped(self, kept: KeptKey) -> bytes:
        master = self._masters.get(kept.master)
        try:
            if master is not None:
                return unwrap(master, kept.id, kept.wrapped)
        except BrokenSealError:
            raise KeyringError(f"key {kept.id!r} is damaged in the store; bring it back from a backup") from None
        _ = self._master
        raise KeyringError(
            "customers' keys were wrapped with another secret than the one set here; set CARE_SECRET (or "
            "CARE_PAYLOAD_SECRET) to the worker's, or, after changing it, CARE_PAYLOAD_SECRET_BEFORE to the old one "
            "until 'care keys rewrap' is done"
        )


def _fresh(held: dict[str, tuple[float, SealingKey]], name: str) -> SealingKey | None:
    found = held.get(name)
    return found[1] if found is not None and found[0] > time.monotonic() else None
