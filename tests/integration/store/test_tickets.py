from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine

from care.domain.orders import EscalateTicket
from care.store import tickets
from care.store.engine import writing
from care.store.tickets import Ticket
from tests.integration.store.telling import NOON, a_ticket, lan, minutes, tell


def _only(conn: Connection) -> Ticket:
    (ticket,) = tickets.listing(conn)
    return ticket


def test_a_ticket_is_opened_once(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)

    def open_it(_: int) -> tuple[Ticket, bool]:
        with writing(store) as conn:
            return tickets.open_ticket(conn, a_ticket(customer), "Khách chấm 2/5", NOON)

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_it, range(8)))
    assert sum(created for _, created in opened) == 1
    assert len({ticket.id for ticket, _ in opened}) == 1
    ticket = opened[0][0]
    assert (ticket.about, ticket.queue, ticket.priority, ticket.status) == (
        "Khách chấm 2/5",
        "care_team",
        "high",
        "open",
    )
    assert (ticket.opened_at, ticket.due_at, ticket.external) == (NOON, minutes(60), False)
    assert ticket.id.startswith("t_")
    assert len(ticket.id) == 14


def test_closing_says_who_and_why_and_happens_once(store: Engine) -> None:
    with writing(store) as conn:
        ticket, _ = tickets.open_ticket(conn, a_ticket(lan(conn)), "", NOON)
        tell(
            conn, "ticket.closed", 5, data={"ticket": ticket.id, "note": "Đã gọi lại"}, operator="Hoa", source="console"
        )
        tell(conn, "ticket.closed", 9, data={"ticket": ticket.id, "note": "again"}, operator="Minh", source="console")
        closed = _only(conn)
    assert (closed.status, closed.closed_at, closed.closed_by, closed.note) == (
        "closed",
        minutes(5),
        "Hoa",
        "Đã gọi lại",
    )


def test_an_open_ticket_moves_to_another_queue_once(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        ticket, _ = tickets.open_ticket(conn, a_ticket(customer), "", NOON)
        order = EscalateTicket("e_1/help/1:escalate", customer, "e_1", ticket.id, "leads", minutes(60))
        moved, now = tickets.escalate(conn, order, minutes(60))
        assert moved is not None
        assert (moved.queue, moved.escalated_at, now) == ("leads", minutes(60), True)
        assert tickets.escalate(conn, order, minutes(70)) == (moved, False)


def test_a_closed_or_unknown_ticket_is_not_escalated(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        ticket, _ = tickets.open_ticket(conn, a_ticket(customer), "", NOON)
        tell(conn, "ticket.closed", 5, data={"ticket": ticket.id})
        for name in (ticket.id, "t_unknown"):
            found, moved = tickets.escalate(conn, EscalateTicket("k", customer, "e_1", name, "leads", NOON), NOON)
            assert not moved
            assert found is None or found.queue == "care_team"


def test_the_shops_own_tickets_open_close_and_open_again(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        tell(conn, "ticket.opened", 0, data={"ticket": "Z-9", "queue": "hotline", "about": "Máy kêu to"})
        ticket = _only(conn)
        assert (ticket.id, ticket.queue, ticket.about, ticket.external) == ("Z-9", "hotline", "Máy kêu to", True)
        tell(conn, "ticket.closed", 5, data={"ticket": "Z-9"})
        assert (_only(conn).status, _only(conn).closed_by) == ("closed", "shop")
        tell(conn, "ticket.opened", 3, data={"ticket": "Z-9"})
        assert _only(conn).status == "closed"
        tell(conn, "ticket.opened", 9, data={"ticket": "Z-9"})
        assert (_only(conn).status, _only(conn).opened_at, _only(conn).closed_at) == ("open", minutes(9), None)


def test_a_closing_that_arrives_before_its_opening_is_remembered(store: Engine) -> None:
    with writing(store) as conn:
        lan(conn)
        tell(conn, "ticket.closed", 5, data={"ticket": "Z-9"})
        tell(conn, "ticket.opened", 1, data={"ticket": "Z-9"})
        assert _only(conn).status == "closed"


def test_tickets_are_listed_by_urgency_and_overdue_ones_by_how_long(store: Engine) -> None:
    with writing(store) as conn:
        customer = lan(conn)
        due = {"late": 30, "later": 10, "fine": 90, "never": None, "done": 5}
        names = {}
        for step, minute in due.items():
            due_at = minutes(minute) if minute is not None else None
            ticket, _ = tickets.open_ticket(conn, a_ticket(customer, step, due_at=due_at), "", NOON)
            names[ticket.id] = step
        done = next(name for name, step in names.items() if step == "done")
        tell(conn, "ticket.closed", 50, data={"ticket": done})
        assert [names[ticket.id] for ticket in tickets.overdue(conn, minutes(60))] == ["later", "late"]
        listed = tickets.listing(conn, customer=customer)
        assert [names[ticket.id] for ticket in listed] == ["later", "late", "fine", "never", "done"]
        assert len(tickets.listing(conn, open_only=True)) == 4
        assert tickets.listing(conn, customer="c_other") == []
        assert [ticket.is_overdue(minutes(60)) for ticket in listed] == [True, True, False, False, True]


def test_a_ticket_of_ours_closes_by_whatever_clock_and_one_that_never_was_is_not_made_up(store: Engine) -> None:
    with writing(store) as conn:
        ticket, _ = tickets.open_ticket(conn, a_ticket(lan(conn)), "", NOON)
        tell(conn, "ticket.closed", -30, data={"ticket": ticket.id}, operator="Hoa")
        tell(conn, "ticket.closed", 5, data={"ticket": "t_mistyped"})
        assert (_only(conn).status, _only(conn).id) == ("closed", ticket.id)
