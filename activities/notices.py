"""What a queue is told about its tickets by e-mail: plain words in the company's own language."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from care.store.customers import Person
from care.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class _Words:
    opened: str
    escalated: str
    about: str
    customer: str
    order: str
    phone: str
    email: str
    priority: str
    due: str
    journey: str
    see: str
    priorities: dict[str, str]


_VI = _Words(
    opened="Phiếu mới",
    escalated="Phiếu quá hạn được chuyển đến",
    about="Nội dung",
    customer="Khách hàng",
    order="Đơn hàng",
    phone="Điện thoại",
    email="Email",
    priority="Ưu tiên",
    due="Xử lý trước",
    journey="Hành trình",
    see="Xem toàn bộ câu chuyện và đóng phiếu tại",
    priorities={"low": "thấp", "normal": "thường", "high": "cao"},
)
_EN = _Words(
    opened="New ticket",
    escalated="Overdue ticket moved to you",
    about="About",
    customer="Customer",
    order="Order",
    phone="Phone",
    email="E-mail",
    priority="Priority",
    due="Due by",
    journey="Journey",
    see="See the whole story and close the ticket at",
    priorities={"low": "low", "normal": "normal", "high": "high"},
)


def notice(
    ticket: Ticket, person: Person, order_id: str | None, *, locale: str, zone: ZoneInfo, url: str, escalated: bool
) -> tuple[str, str]:
    """Subject and text of the e-mail that tells a queue of a ticket.

    Args:
        locale: The company's language; anything but Vietnamese is told in English.
        zone: The company's time zone, in which the due time is written.
        url: Where the customer's timeline is.
    """
    words = _VI if locale.startswith("vi") else _EN
    what = words.escalated if escalated else words.opened
    facts = {
        words.about: ticket.about,
        words.customer: f"{person.name} ({person.id})" if person.name else person.id,
        words.order: order_id or "",
        words.phone: person.phone,
        words.email: person.email,
        words.priority: words.priorities.get(ticket.priority, ticket.priority),
        words.due: _local(ticket.due_at, zone),
        words.journey: ticket.journey,
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return f"{what}: {ticket.about}", "\n".join([f"{what} ({ticket.id})", "", *lines, "", f"{words.see} {url}", ""])


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M}" if at is not None else ""
