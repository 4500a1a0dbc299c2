"""A customer who is erased while a message or a ticket is on its way: nothing more leaves, and nothing is written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from activities.channels.base import Delivery, Leave, Message
from care.domain.orders import EscalateTicket
from care.domain.stepping import ticket_id
from care.store import erasing
from care.store.engine import writing
from tests.integration.sending.shop import Recorder, Shop
from tests.integration.store.rich import about, dump
from tests.integration.store.telling import EMAIL, LAN, NOON, PHONE, a_ticket, minutes

OF_LAN = (LAN, EMAIL, PHONE, PHONE[-9:], "DH-1")


@dataclass(slots=True)
class Interrupted(Recorder):
    """A channel during whose work something else happens, before the message leaves or after."""

    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    async def deliver(self, message: Message, leave: Leave) -> Delivery:
        self.before()
        delivery = await Recorder.deliver(self, message, leave)
        self.after()
        return delivery


def a_shop(store: Engine, folder: Path) -> tuple[Shop, Interrupted]:
    email = Interrupted()
    return Shop(store, folder / "templates", {"email": email}), email


def erase(shop: Shop) -> None:
    with writing(shop.engine) as conn:
        erasing.erase(conn, shop.lan, b"pepper", by="Mai", reason="asked", at=NOON)


def nothing_is_left(shop: Shop) -> None:
    found = dump(shop.engine)
    assert about(found, *OF_LAN) == {}
    assert list(about(found, shop.lan)) == ["erasures"]


async def test_a_message_to_who_was_erased_stays(store: Engine, tmp_path: Path) -> None:
    shop, email = a_shop(store, tmp_path)
    erase(shop)
    settled = await shop.send(shop.order())
    assert (settled.outcome, settled.reason) == ("skipped", "the customer was erased")
    assert email.messages == []
    nothing_is_left(shop)


async def test_erased_while_the_channel_connects_the_message_stays(store: Engine, tmp_path: Path) -> None:
    shop, email = a_shop(store, tmp_path)
    email.before = lambda: erase(shop)
    settled = await shop.send(shop.order())
    assert (settled.outcome, settled.reason) == ("skipped", "the customer was erased")
    assert email.messages == []
    nothing_is_left(shop)


async def test_what_had_left_already_is_written_nowhere(store: Engine, tmp_path: Path) -> None:
    shop, email = a_shop(store, tmp_path)
    email.answers = [Delivery("failed", "no_such_user", "the mailbox does not exist", suppress="bounced")]
    email.after = lambda: erase(shop)
    await shop.send(shop.order())
    assert len(email.messages) == 1
    nothing_is_left(shop)
    assert dump(shop.engine)["suppressions"] == []


async def test_why_a_message_never_left_is_written_nowhere(store: Engine, tmp_path: Path) -> None:
    shop, email = a_shop(store, tmp_path)
    email.away, email.after = True, lambda: erase(shop)
    email.answers = [Delivery("retry", "away", "the mail server is away")]
    assert (await shop.send(shop.order())).outcome == "skipped"
    nothing_is_left(shop)


async def test_no_ticket_is_opened_or_escalated_for_who_was_erased(store: Engine, tmp_path: Path) -> None:
    shop, email = a_shop(store, tmp_path)
    erase(shop)
    order = a_ticket(shop.lan)
    opened = await shop.open_ticket(order)
    assert (opened.outcome, opened.reason) == ("skipped", "the customer was erased")
    escalation = EscalateTicket("e_1/help/1:escalate", shop.lan, "e_1", ticket_id(order.key), "leads", minutes(120))
    assert (await shop.escalate(escalation)).code == "closed"
    assert email.messages == []
    nothing_is_left(shop)
