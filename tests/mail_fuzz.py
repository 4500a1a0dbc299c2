"""Random Vietnamese subjects, names and unsubscribe addresses by a seed, and whether an e-mail brings them home."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr
from random import Random  # noqa: TID251 (drawn by a seed, the same on every run)

from activities.channels.base import Message
from activities.channels.letterhead import Letterhead, Mailbox
from activities.channels.mime import letter

_LETTERS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵdđbcghklmnpqrstvx"
_TEXT = (
    "giá cửa hàng Cảm ơn bạn đã mua máy giặt tại Điện Máy Xanh chúng tôi rất vui được phục vụ quý khách bảo hành "
    "ưu đãi 20% (giảm giá) khuyến-mãi, đến hết ngày 31/12! Nguyễn Thị Ánh Tuyết Trần Văn Đức thank you for order "
    '#1234 ? = _ =?utf-8?q?x?= "trích" 12.000.000\u00a0₫ 😀 e\u0301 [QC] <b> a@b ; : \\ ...'
)
_WORDS = _TEXT.split(" ")
_TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
_NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is written into the headers of one e-mail."""

    subject: str
    name: str
    url: str
    unsubscribe_to: str
    eight_bit: bool


def drawn(seed: int, count: int) -> Iterator[Drawn]:
    chance = Random(seed)
    for _ in range(count):
        url = "https://cskh.dienmay.example/u/" + "".join(chance.choices(_TOKEN, k=chance.randint(20, 400)))
        yield Drawn(
            _phrase(chance, 30),
            _phrase(chance, 8),
            url,
            "roi@dienmay.example" if chance.random() < 0.5 else "",
            chance.random() < 0.5,
        )


def comes_home(one: Drawn) -> bool:
    """Whether a reader that knows RFC 5322 and RFC 2047, and nothing of us, sees exactly what was written."""
    letterhead = Letterhead(Mailbox(one.name, "cskh@dienmay.example"), unsubscribe_to=one.unsubscribe_to)
    message = Message("k", "lan@example.vn", _NOON, "x", subject=one.subject, unsubscribe_url=one.url, purpose="care")
    content = letter(message, letterhead, eight_bit=one.eight_bit).content
    read = message_from_bytes(content)
    name, address = parseaddr(read["From"])
    ways = [f"<{one.url}>"]
    if one.unsubscribe_to:
        ways.append(f"<mailto:{one.unsubscribe_to}?subject=unsubscribe%20{one.url.rpartition('/')[2]}>")
    return (
        str(make_header(decode_header(read["Subject"]))) == one.subject
        and (str(make_header(decode_header(name))), address) == (one.name, "cskh@dienmay.example")
        and read["List-Unsubscribe"].replace("\r\n ", " ").split(", ") == ways
        and all(len(line) <= 998 for line in content.split(b"\r\n"))
        and content.partition(b"\r\n\r\n")[0].isascii()
    )


def _phrase(chance: Random, longest: int) -> str:
    words = [_word(chance) for _ in range(chance.randint(1, longest))]
    return " ".join(words)


def _word(chance: Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(_WORDS)
    word = "".join(chance.choices(_LETTERS, k=chance.randint(1, 9)))
    return word.capitalize() if chance.random() < 0.3 else word
