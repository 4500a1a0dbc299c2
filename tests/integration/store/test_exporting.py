"""The export: everything the store knows of a customer, and nothing of anybody else."""

import json

from sqlalchemy import Engine

from care.store import customers
from care.store.engine import reading, writing
from care.store.erasing import BLANKED, BY_ADDRESS, BY_CUSTOMER
from care.web.exporting import LEFT_OUT, SECTIONS, export
from tests.integration.store.rich import EMAIL, NAME, OLD_EMAIL, ORDER, PHONE, SHOP_ID, WORDS, WRITTEN, rich
from tests.integration.store.telling import NOON, tell


def test_every_table_that_an_erasure_empties_is_exported_or_says_why_not() -> None:
    personal = {table.name for table in (*BY_CUSTOMER, *BY_ADDRESS, *BLANKED)}
    assert set(SECTIONS) | set(LEFT_OUT) == personal
    assert not set(SECTIONS) & set(LEFT_OUT)


def test_an_export_has_everything_of_its_customer_and_nothing_of_others(store: Engine) -> None:
    who = rich(store)
    with writing(store) as conn:
        tell(conn, "customer.updated", 10, customer={"id": "KH-other", "name": "Somebody Else"})
    with reading(store) as conn:
        person = customers.person(conn, who)
        assert person is not None
        found = export(conn, person, "Asia/Ho_Chi_Minh", NOON)
    assert set(found) == {"about", *SECTIONS.values()}
    assert [name for name in SECTIONS.values() if not found[name]] == []
    text = json.dumps(found, ensure_ascii=False)
    for word in (SHOP_ID, NAME, EMAIL, OLD_EMAIL, PHONE, ORDER, WORDS, WRITTEN, "DISTINCT-", "distinct.example"):
        assert word in text, word
    assert "Somebody Else" not in text
    assert set(found["about"]["sections"]) == set(SECTIONS.values())
    assert found["messages"][0]["snapshot"] == {"to": EMAIL, "subject": NAME, "text": WORDS}
    assert found["consents"][0] | {"wording": WORDS, "place": "distinct.example"} == found["consents"][0]
    assert {row["address"] for row in found["closed_addresses"]} == {EMAIL, PHONE}
    assert found["answers"][0]["at"] == "2026-03-02T12:03:00+07:00"
    assert found["timeline"][0]["why"] == [f"✓ {WORDS}"]
