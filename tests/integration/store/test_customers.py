import pytest
from sqlalchemy import Engine, insert, select

from care.domain.decisions import Tagged
from care.domain.enrolment import CustomerState, Enrolment
from care.domain.orders import OpenTicket
from care.store import customers, effects, schema
from care.store.customers import Person
from care.store.engine import reading, writing
from tests.integration.store.telling import EMAIL, LAN, NOON, PHONE, an_event, lan, tell


def _lan(store: Engine) -> Person:
    with reading(store) as conn:
        key = customers.by_id(conn, LAN)
        assert key is not None
        found = customers.person(conn, key)
        assert found is not None
        return found


def test_every_event_tells_who_its_customer_is(store: Engine) -> None:
    block = {"name": "Nguyễn Thị Lan", "email": EMAIL, "phone": PHONE, "locale": "vi", "timezone": "Asia/Tokyo"}
    with writing(store) as conn:
        key = tell(conn, "order.placed", customer=block | {"tags": ("loyal",), "since": NOON}).customer
    found = _lan(store)
    assert (found.key, found.id, found.name, found.email, found.phone) == (key, LAN, "Nguyễn Thị Lan", EMAIL, PHONE)
    assert (found.locale, found.timezone) == ("vi", "Asia/Tokyo")
    assert found.fields == {"tags": ("loyal",), "since": NOON}


def test_later_words_win_and_an_older_event_only_fills_gaps(store: Engine) -> None:
    with writing(store) as conn:
        tell(conn, "order.placed", 10, customer={"name": "Lan", "points": 5})
        tell(conn, "order.paid", 5, customer={"name": "Old", "email": EMAIL, "points": 1, "tier": "gold"})
        assert _profile(conn) == ("Lan", EMAIL, {"points": 5, "tier": "gold"})
        tell(conn, "order.delivered", 20, customer={"name": "Lan Anh", "points": 6})
        assert _profile(conn) == ("Lan Anh", EMAIL, {"points": 6, "tier": "gold"})


def _profile(conn: object) -> tuple[object, ...]:
    row = conn.execute(select(schema.customers)).one()  # type: ignore[attr-defined]
    return row.name, row.email, row.fields


def test_nothing_said_clears_a_field_only_in_an_update_of_the_customer(store: Engine) -> None:
    with writing(store) as conn:
        tell(conn, "order.placed", 1, customer={"name": "Lan", "email": EMAIL, "points": 5})
        tell(conn, "order.paid", 2, customer={"name": None, "email": None, "points": None})
        assert _profile(conn) == ("Lan", EMAIL, {"points": 5})
        tell(conn, "customer.updated", 3, customer={"email": None, "points": None})
        assert _profile(conn) == ("Lan", "", {})


def test_applying_an_event_again_changes_nothing(store: Engine) -> None:
    with writing(store) as conn:
        first = tell(conn, "order.placed", 1, customer={"name": "Lan"}, order={"id": "DH-1", "total": 5})
        tell(conn, "order.cancelled", 2, customer={"name": "Lan Anh"}, order={"id": "DH-1", "total": 6})
        before = [conn.execute(select(table)).all() for table in schema.metadata.sorted_tables]
        effects.apply(conn, first, NOON)
        assert [conn.execute(select(table)).all() for table in schema.metadata.sorted_tables] == before


def test_the_latest_booking_is_the_appointment(store: Engine) -> None:
    with writing(store) as conn:
        key = tell(conn, "appointment.booked", 10, data={"at": NOON}).customer
        tell(conn, "appointment.booked", 5, data={"at": NOON.replace(year=2025)})
        kept = select(schema.customers.c.appointment_at).where(schema.customers.c.key == key)
        assert conn.execute(kept).scalar() == NOON
        tell(conn, "appointment.booked", 20, data={"at": NOON.replace(year=2027)})
        assert conn.execute(kept).scalar() == NOON.replace(year=2027)


@pytest.mark.parametrize(
    "text",
    [
        LAN,
        LAN.lower(),
        f" {LAN} ",
        EMAIL,
        "Lan@Example.VN",
        PHONE,
        "0912345678",
        "0912 345 678",
        "+84 912-345-678",
        "84912345678",
        "DH-20418",
    ],
)
def test_a_customer_is_found_by_id_email_phone_or_order(store: Engine, text: str) -> None:
    with writing(store) as conn:
        key = lan(conn)
        tell(conn, "order.placed", order={"id": "DH-20418"})
        tell(conn, "customer.updated", customer={"id": "other", "email": "minh@example.vn", "phone": "+84987654321"})
    with reading(store) as conn:
        assert [found.key for found in customers.find(conn, text)] == [key]
        assert [found.key for found in customers.find(conn, key)] == [key]


@pytest.mark.parametrize("text", ["", "nobody", "0000000000", "345678", "+1 912 345 678", "%", "' or 1=1 --"])
def test_what_belongs_to_nobody_finds_nobody(store: Engine, text: str) -> None:
    with writing(store) as conn:
        lan(conn)
    with reading(store) as conn:
        assert customers.find(conn, text) == []


def test_customers_who_share_a_phone_are_all_found_by_it(store: Engine) -> None:
    with writing(store) as conn:
        keys = [lan(conn), tell(conn, "customer.updated", customer={"id": "husband", "phone": PHONE}).customer]
        assert sorted(found.key for found in customers.find(conn, PHONE)) == sorted(keys)


def test_a_former_address_still_finds_the_customer(store: Engine) -> None:
    with writing(store) as conn:
        key = lan(conn)
        tell(conn, "customer.updated", 5, customer={"email": "new@example.vn"})
        for address in (EMAIL, "new@example.vn"):
            assert [found.key for found in customers.find(conn, address)] == [key]
        assert customers.address(conn, key, "email") == "new@example.vn"


def test_an_address_is_known_by_channel_or_not_at_all(store: Engine) -> None:
    with writing(store) as conn:
        key = lan(conn)
        other = tell(conn, "customer.updated", customer={"id": "other"}).customer
        assert customers.address(conn, key, "sms") == PHONE
        assert customers.address(conn, key, "pigeon") is None
        assert customers.address(conn, other, "sms") is None
        assert customers.address(conn, "c_nobody", "sms") is None


def test_a_customer_stands_nowhere_before_the_first_decision(store: Engine) -> None:
    with writing(store) as conn:
        key = lan(conn)
        customers.lock(conn, key)
        assert customers.state(conn, key) is None
        assert customers.person(conn, "c_nobody") is None
        stands = CustomerState(key).customer
    assert stands == key


def test_no_name_or_address_is_part_of_a_key(store: Engine) -> None:
    with writing(store) as conn:
        key = tell(conn, "order.placed", customer={"id": "lan@example.vn", "phone": PHONE}).customer
        event = an_event("order.placed", customer={"id": "lan@example.vn"})
    assert event.customer_id not in key
    assert len(key) == 22


@pytest.mark.parametrize(
    ("known", "told", "expected"),
    [
        ({}, [("add", "a")], ("a",)),
        ({}, [("remove", "a")], ()),
        ({"tags": ("a",)}, [("add", "b")], ("a", "b")),
        ({"tags": ("a", "b")}, [("add", "a")], ("b", "a")),
        ({"tags": ("a", "b")}, [("remove", "a"), ("remove", "c")], ("b",)),
        ({"tags": ("a",)}, [("add", "b"), ("remove", "b"), ("add", "c")], ("a", "c")),
        ({"tags": "no list"}, [("add", "b")], ("b",)),
    ],
)
def test_words_are_added_to_a_list_and_taken_out(
    store: Engine, known: dict[str, str], told: list[tuple[str, str]], expected: tuple[str, ...]
) -> None:
    with writing(store) as conn:
        key = lan(conn, tier="gold", **known)
        customers.tag(conn, key, [Tagged("customer.tags", how, word) for how, word in told])  # type: ignore[arg-type]
    assert _lan(store).fields == {"tags": expected, "tier": "gold"}


def test_of_nothing_to_add_nothing_comes(store: Engine) -> None:
    with writing(store) as conn:
        key = lan(conn)
        customers.tag(conn, key, [])
        customers.tag(conn, key, [Tagged("customer.tags", "add", "a"), Tagged("customer.hobbies", "add", "b")])
    assert _lan(store).fields == {"tags": ("a",), "hobbies": ("b",)}


def test_on_the_way_is_who_is_in_a_journey_or_has_an_order_without_an_outcome(store: Engine) -> None:
    order = OpenTicket("k", "c", "e_1", "care", "p", "ticket", "queue", "", "high", NOON)
    states = {
        "c_1_waits": CustomerState("c_1_waits", NOON, (Enrolment("e_1", "care", "p", NOON, "i_1"),)),
        "c_2_in_flight": CustomerState("c_2_in_flight", NOON, (), (order,)),
        "c_3_gone": CustomerState("c_3_gone", NOON),
        "c_4_paused_and_gone": CustomerState("c_4_paused_and_gone", NOON, paused=True),
    }
    rows = [{"key": key, "created_at": NOON, "state": customers.as_kept(state)} for key, state in states.items()]
    with writing(store) as conn:
        conn.execute(insert(schema.customers), [*rows, {"key": "c_5_new", "created_at": NOON, "state": None}])
        assert customers.under_way(conn, limit=9) == ["c_1_waits", "c_2_in_flight"]
        assert customers.under_way(conn, limit=1) == ["c_1_waits"]
        assert customers.under_way(conn, "c_1_waits", limit=9) == ["c_2_in_flight"]
        assert customers.count_under_way(conn) == 2
