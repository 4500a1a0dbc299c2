"""Erasing: nothing of a customer stays in any table, others keep everything, and what was closed stays closed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from activities.contract import DecideRequest
from activities.deciding import Decider
from care.domain.happenings import Heard
from care.domain.orders import reference
from care.store import claims, customers, erasing, inbox, keys, receipts, schema
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.store.erasing import BLANKED, BY_ADDRESS, BY_CUSTOMER, IMPERSONAL, Erasure, ErasureError
from care.store.forgotten import Memory
from care.store.plans import RulebookCache
from care.store.receipts import News
from care.store.schema import metadata
from care.store.summary import summary
from tests.integration.store.rich import EMAIL, OLD_EMAIL, PERSONAL, PHONE, SHOP_ID, about, dump, keyring, rich
from tests.integration.store.telling import NOON, a_message, an_event, minutes, take_in, tell

OURS = tuple(address_key(channel, to) for channel, to in (("email", EMAIL), ("email", OLD_EMAIL), ("sms", PHONE)))


def erase(store: Engine, who: str, reason: str = "asked by letter") -> Erasure:
    with writing(store) as conn:
        pepper = keyring(store).pepper(conn, make=True)
        assert pepper is not None
        return erasing.erase(conn, who, pepper, by="Mai", reason=reason, at=minutes(100))


def come_back(store: Engine, at: float = 200, **customer: Any) -> str:
    """Let an event bring a customer, as the decider would apply it; the customer's key."""
    with writing(store) as conn:
        row = tell(conn, "order.placed", at, customer={"id": SHOP_ID, **customer}, order={"id": f"DH-{at:g}"})
        Memory(keyring(store)).recall(conn, row)
    return row.customer


def closed(store: Engine, key: str) -> set[tuple[str, str]]:
    of = schema.suppressions
    with reading(store) as conn:
        rows = conn.execute(select(of).where(of.c.address_key == key, of.c.lifted_at.is_(None)))
        return {(row.purpose, row.cause) for row in rows}


def test_every_table_says_what_becomes_of_a_customer_in_it() -> None:
    personal = [table.name for table in (*BY_CUSTOMER, *BY_ADDRESS, *BLANKED)]
    assert sorted([*personal, *IMPERSONAL]) == sorted(metadata.tables)
    naming = {"customer", "address_key", "email", "phone", "name"}
    for name in set(IMPERSONAL) - {"erasures"}:
        assert naming.isdisjoint(metadata.tables[name].c.keys()), f"{name} names a customer; say what becomes of it"


def test_nothing_of_a_customer_stays_in_any_table(store: Engine) -> None:
    who = rich(store)
    before = dump(store)
    for table in (*BY_CUSTOMER, *BY_ADDRESS, *BLANKED):
        assert about({table.name: before[table.name]}, who, *OURS, *PERSONAL), f"{table.name} was not filled"
    proof = erase(store, who)
    after = dump(store)
    assert about(after, *PERSONAL, *OURS) == {}
    assert list(about(after, who)) == ["erasures"]
    assert (proof.by, proof.reason, proof.at, proof.finished_at) == ("Mai", "asked by letter", minutes(100), None)
    assert proof.counts["inbox"] == 7
    assert set(proof.counts) == {table.name for table in (*BY_CUSTOMER, *BLANKED)} | {"receipts"}
    with reading(store) as conn:
        assert (summary(conn).customers, summary(conn).events) == (0, 0)


def test_nothing_of_a_customer_stays_in_the_files_of_sqlite(migrated_sqlite: Path, tmp_path: Path) -> None:
    import shutil

    from care.store.engine import open_store

    path = tmp_path / "care.sqlite"
    shutil.copy(migrated_sqlite, path)
    engine = open_store(f"sqlite:///{path}", durable=False)
    who = rich(engine)
    words = [word.encode() for word in (*PERSONAL, *OURS)]
    assert any(word in _bytes(tmp_path) for word in words)
    erase(engine, who)
    assert erasing.scrub(engine)
    assert [word for word in words if word in _bytes(tmp_path)] == []
    engine.dispose()


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("care.sqlite*"))


def test_whoever_shares_an_address_keeps_everything(store: Engine) -> None:
    who = rich(store)
    with writing(store) as conn:
        other = tell(conn, "customer.updated", 10, customer={"id": "KH-other", "phone": "0977 123 456"}).customer
        conn.execute(update(schema.identities).where(schema.identities.c.value == "0977 123 456").values(value=PHONE))
        conn.execute(update(schema.customers).where(schema.customers.c.key == other).values(phone=PHONE))
    phone = address_key("sms", PHONE)
    before = closed(store, phone)
    assert ("care", "withdrawn") in before
    erase(store, who)
    assert closed(store, phone) == before
    found = dump(store)
    assert about(found, SHOP_ID, EMAIL) == {}
    assert set(about(found, other)) == {"customers", "identities", "inbox"}


def test_erasing_twice_changes_nothing_and_gives_the_first_proof(store: Engine) -> None:
    who = rich(store)
    first = erase(store, who)
    assert erase(store, who, "once more") == first
    with reading(store) as conn:
        pepper = keyring(store).pepper(conn)
        assert erasing.of_shop_id(conn, pepper, SHOP_ID) == [first]
        assert erasing.of_shop_id(conn, pepper, "KH-nobody") == []
        assert erasing.unfinished(conn) == [first]
    with writing(store) as conn:
        erasing.finish(conn, who, minutes(101))
        erasing.finish(conn, who, minutes(102))
        assert erasing.unfinished(conn) == []
        assert [each.finished_at for each in erasing.listing(conn)] == [minutes(101)]


@pytest.mark.parametrize("reason", ["", "  ", f"customer {SHOP_ID} asked", f"letter of {EMAIL.upper()}"])
def test_a_reason_that_is_missing_or_names_the_customer_is_refused(store: Engine, reason: str) -> None:
    who = rich(store)
    before = dump(store)
    with pytest.raises(ErasureError):
        erase(store, who, reason)
    assert dump(store) == before


def test_nobody_can_be_erased_who_never_was(store: Engine) -> None:
    with pytest.raises(ErasureError, match="no customer"):
        erase(store, "c_nobody")


def test_an_event_that_comes_in_the_middle_of_it_falls_to_somebody_new(store: Engine) -> None:
    who, event = rich(store), an_event("order.delivered", 150, customer={"id": SHOP_ID}, order={"id": "DH-9"})

    def accept() -> inbox.Receipt:
        with writing(store) as conn:
            return inbox.accept(conn, event, minutes(150))

    with ThreadPoolExecutor(1) as threads:
        with writing(store) as conn:
            pepper = keyring(store).pepper(conn, make=True)
            assert pepper is not None
            erasing.erase(conn, who, pepper, by="Mai", reason="asked", at=minutes(100))
            coming = threads.submit(accept)
            with pytest.raises(TimeoutError):
                coming.result(0.5)
        receipt = coming.result(20)
    assert receipt.customer != who
    with reading(store) as conn:
        assert inbox.pending(conn, older_than=minutes(200)) == [(receipt.customer, receipt.id)]


def test_an_event_that_was_sent_before_is_remembered_and_begins_nobody(store: Engine) -> None:
    event = an_event("order.delivered", customer={"id": SHOP_ID}, order={"id": "DH-9"}, id="ev-again")
    who = rich(store)
    with writing(store) as conn:
        take_in(conn, event)
    erase(store, who)
    with writing(store) as conn:
        receipt = inbox.accept(conn, event, minutes(300))
        assert (receipt.duplicate, receipt.status, receipt.customer) == (True, "erased", "")
        view = inbox.receipt(conn, "shop", "ev-again")
        assert view is not None
        assert (view.status, view.type, view.source, view.event_id) == ("erased", "", "shop", "ev-again")
        assert customers.by_id(conn, SHOP_ID) is None
        assert inbox.rows(conn, [receipt.id]) == []
        assert inbox.pending(conn, older_than=minutes(400)) == []


def test_who_comes_back_is_somebody_new_whose_addresses_stay_closed(store: Engine) -> None:
    who = rich(store)
    assert ("marketing", "bounced") in closed(store, OURS[0])
    erase(store, who)
    again = come_back(store, email=EMAIL.upper(), phone=PHONE)
    assert again != who
    # The address had bounced, and whoever asks to be erased wants no advertising either.
    assert {("transactional", "bounced"), ("marketing", "withdrawn")} <= closed(store, OURS[0])
    assert {("care", "withdrawn"), ("marketing", "withdrawn")} <= closed(store, OURS[2])
    with reading(store) as conn:
        assert len(erasing.of_shop_id(conn, keyring(store).pepper(conn), SHOP_ID)) == 1


def test_consent_given_anew_opens_a_forgotten_address_for_good(store: Engine) -> None:
    erase(store, rich(store))
    come_back(store, 200, phone=PHONE)
    with writing(store) as conn:
        given = {"channel": "sms", "purpose": "marketing", "method": "form"}
        tell(conn, "consent.given", 201, customer={"id": SHOP_ID}, data=given)
    assert ("marketing", "withdrawn") not in closed(store, OURS[2])
    come_back(store, 202, phone=PHONE)
    assert ("marketing", "withdrawn") not in closed(store, OURS[2])


def test_somebody_else_at_another_address_is_not_closed(store: Engine) -> None:
    erase(store, rich(store))
    come_back(store, 200, email="other@example.vn")
    assert closed(store, address_key("email", "other@example.vn")) == set()


def test_a_decision_for_who_was_erased_ends_the_workflow_and_writes_nothing(store: Engine) -> None:
    who = rich(store)
    erase(store, who)
    before = dump(store)
    decided = Decider(store, RulebookCache(store)).decide(DecideRequest("d-late", who, None, (Heard("i_1"),), NOON))
    assert (decided.consumed, decided.orders, decided.wake_at) == (("i_1",), (), None)
    assert decided.state.enrolments == ()
    assert dump(store) == before


def test_what_is_heard_late_of_a_message_of_theirs_keeps_no_words(store: Engine) -> None:
    who = rich(store)
    erase(store, who)
    late = News("r-3", "bounced", "smtp", "email", reference=reference("e_rich/hello/1:email"), detail=f"550 {EMAIL}")
    with writing(store) as conn:
        receipts.record(conn, late, minutes(300))
    assert about(dump(store), *PERSONAL) == {}


def test_what_a_last_moment_wrote_goes_when_the_erasure_is_finished(store: Engine) -> None:
    who = rich(store)
    erase(store, who)
    with writing(store) as conn:
        claims.claim(conn, a_message(who), OURS[0], NOON)
        erasing.finish(conn, who, minutes(101))
    assert list(about(dump(store), who, *OURS)) == ["erasures"]


def test_no_key_is_made_for_who_was_erased(store: Engine) -> None:
    from care.store.keyring import KeyDestroyedError

    who = rich(store)
    name = keyring(store).sealing(who).id
    erase(store, who)
    with pytest.raises(KeyDestroyedError):
        keyring(store).opening(name)
    with pytest.raises(KeyDestroyedError):
        keyring(store).sealing(who)
    with reading(store) as conn:
        assert keys.counts(conn) == []
