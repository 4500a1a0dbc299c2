from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.channels.base import Delivery
from care.domain.orders import EscalateTicket, OpenTicket
from care.domain.stepping import ticket_id
from care.store import claims, tickets
from care.store.engine import reading, writing
from care.store.tickets import Ticket
from tests.builders import CATALOGUE
from tests.integration.sending.conftest import MailPeer
from tests.integration.sending.shop import Recorder, Shop, publish
from tests.integration.store.telling import NOON, a_ticket, minutes, tell


@pytest.fixture
def shop(store: Engine, tmp_path: Path, email: Recorder) -> Shop:
    shop = Shop(store, tmp_path / "templates", {"email": email})
    shop.stands(answers={"csat.score": 2.0})
    return shop


def an_order(shop: Shop, **more: object) -> OpenTicket:
    order = a_ticket(shop.lan, about="Khách chấm {{ csat.score }}/5, đơn {{ order.id }}")
    return replace(order, **more)  # type: ignore[arg-type]


def an_escalation(shop: Shop, order: OpenTicket, queue: str = "leads") -> EscalateTicket:
    return EscalateTicket(
        "e_1/help/1:escalate", shop.lan, "e_1", ticket_id(order.key), queue, minutes(120)
    )  # fmt: skip


def the_ticket(shop: Shop) -> Ticket:
    with reading(shop.engine) as conn:
        [ticket] = tickets.listing(conn)
    return ticket


async def test_a_ticket_is_opened_with_the_customers_words_and_its_queue_is_told(shop: Shop, email: Recorder) -> None:
    settled = await shop.open_ticket(an_order(shop))
    ticket = the_ticket(shop)
    assert (settled.outcome, settled.reason) == ("done", f"ticket {ticket.id} is open in care_team")
    assert (ticket.about, ticket.priority, ticket.opened_at) == ("Khách chấm 2/5, đơn DH-1", "high", NOON)
    [message] = email.messages
    assert (message.to, message.subject) == ("care@shop.example", "Phiếu mới: Khách chấm 2/5, đơn DH-1")
    assert message.unsubscribe_url == ""
    assert message.text.splitlines() == [
        f"Phiếu mới ({ticket.id})",
        "",
        "Nội dung: Khách chấm 2/5, đơn DH-1",
        "Khách hàng: Lan (KH-1042)",
        "Đơn hàng: DH-1",
        "Điện thoại: +84912345678",
        "Email: lan@example.vn",
        "Ưu tiên: cao",
        "Xử lý trước: 02/03/2026 13:00",
        "Hành trình: care",
        "",
        f"Xem toàn bộ câu chuyện và đóng phiếu tại https://shop.example/customers/{shop.lan}",
    ]


async def test_asked_again_the_ticket_stays_one_and_the_queue_is_told_once(shop: Shop, email: Recorder) -> None:
    first, again = await shop.open_ticket(an_order(shop)), await shop.open_ticket(an_order(shop))
    assert first == again
    assert the_ticket(shop).status == tickets.OPEN
    assert len(email.messages) == 1


async def test_an_english_company_is_told_in_english(shop: Shop, email: Recorder) -> None:
    with writing(shop.engine) as conn:
        publish(conn, replace(CATALOGUE, company=replace(CATALOGUE.company, locale="en")))
    await shop.open_ticket(an_order(shop))
    assert email.messages[0].subject.startswith("New ticket: ")
    assert "Due by: 02/03/2026 13:00" in email.messages[0].text


async def test_a_queue_without_an_address_is_told_through_the_owner(shop: Shop, email: Recorder) -> None:
    await shop.open_ticket(an_order(shop, queue="leads"))
    assert email.messages[0].to == "owner@shop.example"


@pytest.mark.parametrize("outcome", ["failed", "unknown", "retry"])
async def test_an_email_that_fails_never_fails_the_ticket(shop: Shop, email: Recorder, outcome: str) -> None:
    email.answers[:] = [Delivery(outcome, "a_code", "the mail server says no")]  # type: ignore[arg-type]
    settled = await shop.open_ticket(an_order(shop))
    assert (settled.outcome, settled.code) == ("done", "not_told")
    assert settled.reason.endswith("but the queue was not told by e-mail: the mail server says no")
    assert the_ticket(shop).status == tickets.OPEN
    with reading(shop.engine) as conn:
        message = claims.message(conn, an_order(shop).key)
    assert message is not None
    assert (message.claim.outcome, message.claim.purpose) == (outcome, "transactional")


async def test_a_mail_server_that_is_away_for_a_moment_is_asked_again(shop: Shop, email: Recorder) -> None:
    email.answers[:] = [Delivery("retry", "unreachable", "away"), Delivery("sent")]
    assert (await shop.open_ticket(an_order(shop))).code == ""
    assert len(email.messages) == 2


async def test_a_shop_without_email_still_opens_tickets(store: Engine, tmp_path: Path) -> None:
    shop = Shop(store, tmp_path / "templates", {})
    settled = await shop.open_ticket(an_order(shop, about="Gọi lại"))
    assert (settled.outcome, settled.code, the_ticket(shop).about) == ("done", "not_told", "Gọi lại")


async def test_words_that_cannot_be_filled_in_are_shown_as_written(shop: Shop) -> None:
    await shop.open_ticket(an_order(shop, about="NPS {{ nps.score }}"))
    assert the_ticket(shop).about == "NPS {{ nps.score }}"


@pytest.mark.parametrize(
    "answer",
    [
        {"order": {"id": "DH-1"}, "data": {"score": 2}},
        {"data": {"score": 2, "survey": "e_1/survey:csat/1"}},
    ],
    ids=["by its order", "on the survey's page"],
)
async def test_a_ticket_of_a_customer_who_left_meanwhile_still_says_what_it_is_about(
    shop: Shop, answer: dict[str, object]
) -> None:
    shop.stands(left=True)
    with writing(shop.engine) as conn:
        tell(conn, "csat.answered", 1, **answer)
        tell(conn, "csat.answered", 2, data={"score": 5, "survey": "e_2/survey:csat/1"})
    await shop.open_ticket(an_order(shop))
    assert the_ticket(shop).about == "Khách chấm 2/5, đơn DH-1"


async def test_a_customer_who_left_meanwhile_still_gets_the_ticket(shop: Shop) -> None:
    shop.stands(left=True)
    await shop.open_ticket(an_order(shop, about="Gọi lại"))
    assert the_ticket(shop).about == "Gọi lại"


async def test_a_ticket_nobody_took_moves_to_another_queue_that_is_told_once(shop: Shop, email: Recorder) -> None:
    order = an_order(shop)
    await shop.open_ticket(order)
    first = await shop.escalate(an_escalation(shop, order))
    again = await shop.escalate(an_escalation(shop, order))
    ticket = the_ticket(shop)
    assert (ticket.queue, ticket.escalated_at, ticket.status) == ("leads", minutes(120), tickets.OPEN)
    assert first == again
    assert first.reason == f"ticket {ticket.id} is open in leads"
    assert [message.to for message in email.messages] == ["care@shop.example", "owner@shop.example"]
    assert email.messages[1].subject.startswith("Phiếu quá hạn được chuyển đến: ")


async def test_a_ticket_that_was_closed_in_time_is_not_escalated(shop: Shop, email: Recorder) -> None:
    order = an_order(shop)
    await shop.open_ticket(order)
    with writing(shop.engine) as conn:
        tell(conn, "ticket.closed", 30, data={"ticket": the_ticket(shop).id})
    settled = await shop.escalate(an_escalation(shop, order))
    assert (settled.outcome, settled.code) == ("done", "closed")
    assert len(email.messages) == 1


async def test_the_queues_mail_arrives_over_smtp(store: Engine, tmp_path: Path, mail_peer: MailPeer) -> None:
    shop = Shop(store, tmp_path / "templates", {"email": mail_peer.channel})
    await shop.open_ticket(an_order(shop, about="Gọi lại cho khách"))
    [mail] = mail_peer.mailbox.list(recipient="care@shop.example")
    assert mail.subject == "Phiếu mới: Gọi lại cho khách"
    assert b"List-Unsubscribe" not in mail.content


async def test_the_queues_mail_does_not_use_up_the_customers_cap(shop: Shop) -> None:
    for number in range(3):
        await shop.open_ticket(an_order(shop, key=f"e_1/help/{number}:ticket"))
    assert (await shop.send(shop.order())).outcome == "sent"
