from sqlalchemy import Connection, Engine

from care.store import purchases
from care.store.engine import writing
from care.store.purchases import Purchase
from tests.integration.store.telling import NOON, an_event, minutes, take_in, tell


def _only(conn: Connection, customer: str) -> Purchase:
    (bought,) = purchases.listing(conn, customer)
    return bought


def test_a_purchase_is_learnt_from_its_placing(store: Engine) -> None:
    with writing(store) as conn:
        row = tell(conn, "order.placed", order={"id": "DH-1", "total": 5_000_000, "category": "tv"})
        assert _only(conn, row.customer) == Purchase("DH-1", "placed", NOON, {"total": 5_000_000, "category": "tv"})


def test_a_purchase_follows_its_events(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.placed", 0, order={"id": "DH-1", "total": 5}).customer
        tell(conn, "order.paid", 1, order={"id": "DH-1"})
        tell(conn, "order.delivered", 2, order={"id": "DH-1", "carrier": "GHN"})
        bought = _only(conn, customer)
        assert (bought.status, bought.placed_at, bought.fields) == ("delivered", NOON, {"total": 5, "carrier": "GHN"})
        tell(conn, "order.returned", 3, order={"id": "DH-1"})
        assert _only(conn, customer).status == "returned"


def test_an_event_that_comes_late_does_not_undo_what_happened_after_it(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.delivered", 9, order={"id": "DH-1", "total": 6}).customer
        tell(conn, "order.placed", 0, order={"id": "DH-1", "total": 5, "category": "tv"})
        bought = _only(conn, customer)
    assert (bought.status, bought.placed_at) == ("delivered", NOON)
    assert bought.fields == {"total": 6, "category": "tv"}


def test_of_events_at_the_same_instant_the_later_arrival_wins(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.placed", 0, order={"id": "DH-1", "total": 5}).customer
        tell(conn, "order.cancelled", 0, order={"id": "DH-1", "total": 6})
        bought = _only(conn, customer)
    assert (bought.status, bought.fields) == ("cancelled", {"total": 6})


def test_any_event_that_tells_of_its_order_makes_it_known(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "service_visit.completed", order={"id": "DH-1", "category": "tv"}).customer
        assert _only(conn, customer) == Purchase("DH-1", "known", None, {"category": "tv"})


def test_an_event_that_only_names_an_unknown_order_tells_nothing(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.delivered", order={"id": "DH-1"}).customer
        assert purchases.listing(conn, customer) == []
        assert purchases.order_fields(conn, customer, "DH-1") == {}


def test_when_it_was_placed_is_what_the_shop_says_else_the_first_event(store: Engine) -> None:
    with writing(store) as conn:
        customer = tell(conn, "order.paid", 5, order={"id": "DH-1"}).customer
        tell(conn, "order.placed", 1, order={"id": "DH-1"})
        assert _only(conn, customer).placed_at == minutes(1)
        tell(conn, "order.delivered", 9, order={"id": "DH-1", "placed_at": minutes(-9)})
        assert _only(conn, customer).placed_at == minutes(-9)


def test_two_customers_may_have_an_order_of_the_same_number(store: Engine) -> None:
    with writing(store) as conn:
        ours = tell(conn, "order.placed", order={"id": "1", "total": 5}).customer
        theirs = tell(conn, "order.placed", customer={"id": "other"}, order={"id": "1", "total": 7}).customer
        assert _only(conn, ours).fields == {"total": 5}
        assert _only(conn, theirs).fields == {"total": 7}


def test_the_fields_of_an_order_carry_the_names_of_the_catalogue(store: Engine) -> None:
    with writing(store) as conn:
        row = tell(conn, "order.placed", order={"id": "DH-1", "total": 5, "discounted": False})
        take_in(conn, an_event("order.paid", order={"id": "DH-1"}))
        assert purchases.order_fields(conn, row.customer, "DH-1") == {
            "order.total": 5,
            "order.discounted": False,
            "order.placed_at": NOON,
        }
