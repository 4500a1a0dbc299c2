"""Customers' keys: made once, renewed, wrapped anew, and held in memory for a while only."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, update

from care.store import keys, schema
from care.store.engine import reading, writing
from care.store.keyring import Keyring, KeyringError
from tests.integration.store.telling import lan, minutes, tell

OLD, NEW = "the secret of last year", "the secret of this year"


def a_customer(store: Engine) -> str:
    with writing(store) as conn:
        return lan(conn)


def test_many_who_ask_at_once_get_the_same_key(store: Engine) -> None:
    who = a_customer(store)
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(lambda _: Keyring(store, [OLD]).sealing(who).id, range(12)))
    assert len(set(made)) == 1
    with reading(store) as conn:
        assert [each.customers for each in keys.counts(conn)] == [1]


def test_the_keys_of_many_are_made_ready_at_once_and_of_nobody_who_is_gone(store: Engine) -> None:
    with writing(store) as conn:
        some = [lan(conn, id=f"KH-{number}", email=f"kh{number}@example.vn") for number in range(5)]
    had = Keyring(store, [OLD]).sealing(some[2]).id
    with ThreadPoolExecutor(4) as threads:
        rings = [Keyring(store, [OLD]) for _ in range(4)]
        list(threads.map(lambda ring: ring.make_ready([*some, "c_gone"]), rings))
    for who in some:
        held = {key.id for ring in rings if (key := ring.at_hand(who)) is not None}
        assert held == {Keyring(store, [OLD]).sealing(who).id}
        assert who != some[2] or held == {had}
    assert all(ring.at_hand("c_gone") is None for ring in rings)
    with reading(store) as conn:
        assert [(each.keys, each.customers) for each in keys.counts(conn)] == [(5, 5)]
    with pytest.raises(KeyringError, match="another secret"):
        Keyring(store, [NEW]).make_ready(some)


def test_a_new_key_seals_and_the_old_one_still_opens(store: Engine) -> None:
    who, ring = a_customer(store), Keyring(store, [OLD])
    first = ring.sealing(who)
    sealed = first.seal(b"words")
    with writing(store) as conn:
        [old] = keys.newest_after(conn, "", 10)
        assert ring.renew(conn, old, minutes(5))
        assert not ring.renew(conn, old, minutes(6))  # Somebody was faster.
    assert ring.at_hand(who) is first  # Until it has been in memory for long enough.
    forgetful = Keyring(store, [OLD], kept_for=0)
    second = forgetful.sealing(who)
    assert second.id != first.id
    assert forgetful.opening(first.id).open(sealed) == b"words"
    assert forgetful.at_hand(who) is None
    with reading(store) as conn:
        assert [(each.keys, each.customers) for each in keys.counts(conn)] == [(2, 1)]


def test_reading_with_an_old_key_does_not_make_it_seal_again(store: Engine) -> None:
    who, ring = a_customer(store), Keyring(store, [OLD])
    first = ring.sealing(who)
    with writing(store) as conn:
        ring.renew(conn, keys.newest_after(conn, "", 10)[0], minutes(5))
    fresh = Keyring(store, [OLD])
    fresh.opening(first.id)
    held = fresh.at_hand(who)
    assert held is not None
    assert held.id != first.id


def test_keys_wrapped_anew_open_with_the_new_secret_only(store: Engine) -> None:
    who = a_customer(store)
    name = Keyring(store, [OLD]).sealing(who).id
    both = Keyring(store, [NEW, OLD])
    assert both.opening(name).id == name
    with writing(store) as conn:
        part = keys.foreign_after(conn, "", both.masters[0], 10)
        keys.rewrap(conn, [both.rewrapped(each) for each in part])
        assert keys.foreign_after(conn, "", both.masters[0], 10) == []
    assert Keyring(store, [NEW]).opening(name).id == name
    Keyring(store, [NEW]).check()
    with pytest.raises(KeyringError, match="CARE_PAYLOAD_SECRET_BEFORE"):
        Keyring(store, [OLD]).opening(name)


def test_a_damaged_key_is_said_to_be_damaged(store: Engine) -> None:
    who = a_customer(store)
    name = Keyring(store, [OLD]).sealing(who).id
    with writing(store) as conn:
        conn.execute(update(schema.keys).where(schema.keys.c.id == name).values(wrapped="AAAA"))
    with pytest.raises(KeyringError, match="damaged"):
        Keyring(store, [OLD]).opening(name)


def test_only_so_many_keys_are_held(store: Engine) -> None:
    ring = Keyring(store, [OLD], most=2)
    with writing(store) as conn:
        people = [tell(conn, "customer.updated", customer={"id": f"KH-{number}"}).customer for number in range(3)]
    for who in people:
        ring.sealing(who)
    assert [ring.at_hand(who) is not None for who in people] == [False, True, True]
