"""Builders: messages that left, and a mailroom for what comes back."""

from collections.abc import Mapping

from sqlalchemy import Engine, select

from care.domain.orders import reference
from care.links import Links
from care.mailroom.taking import Mailroom
from care.store import claims, schema
from care.store.addresses import address_key
from care.store.engine import reading, writing
from care.verp import bounce_address
from tests.integration.store.telling import EMAIL, NOON, a_message, lan, minutes

SECRET = "a secret of the shop's own"
LINKS = Links(SECRET, "https://shop.example")
BOUNCES_TO = "bounce@bounces.shop.example"


class Post:
    """A shop that sends e-mail, and takes in what comes back."""

    def __init__(self, store: Engine) -> None:
        self.store = store
        self.mailroom = Mailroom(store, LINKS, SECRET)
        with writing(store) as conn:
            self.lan = lan(conn)

    def sent(self, step: str = "hello", to: str = EMAIL) -> str:
        """Send a message; its key."""
        order = a_message(self.lan, step)
        with writing(self.store) as conn:
            claims.claim(conn, order, address_key("email", to), NOON)
            claims.transmit(conn, order.key, {"to": to}, NOON)
            claims.settle(conn, order.key, "sent", at=NOON)
        return order.key

    def bounces_to(self, key: str) -> str:
        """The address a message's bounces come back to."""
        return bounce_address(BOUNCES_TO, reference(key), SECRET)

    def message_id(self, key: str) -> str:
        return f"<{reference(key)}@shop.example>"

    def closed(self, to: str = EMAIL) -> Mapping[str, str]:
        """The causes for which an address is closed, by purpose."""
        table = schema.suppressions
        query = select(table).where(table.c.address_key == address_key("email", to), table.c.lifted_at.is_(None))
        with reading(self.store) as conn:
            return {row.purpose: row.cause for row in conn.execute(query)}

    def kept(self) -> list[str]:
        """The kinds of mails that are kept, in order."""
        with reading(self.store) as conn:
            return list(conn.execute(select(schema.receipts.c.kind).order_by(schema.receipts.c.number)).scalars())

    def events(self) -> list[str]:
        """What journeys hear of."""
        table = schema.inbox
        with reading(self.store) as conn:
            types = conn.execute(select(table.c.type).order_by(table.c.seq)).scalars()
            return [each for each in types if each != "customer.updated"]


LATER = minutes(30)
