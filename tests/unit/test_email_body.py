from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.channels.base import Message
from activities.channels.letterhead import Letterhead, mailbox
from activities.channels.mime import letter

NOON = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
TEXT = "Chào bạn,\n.dấu chấm ở đầu dòng\nFrom here on\n\nCảm ơn!\n"
HTML = "<p>Chào bạn</p>\n" + "<b>ấ</b>" * 400


def an_email(text: str = TEXT, html: str = HTML, *, eight_bit: bool = True) -> EmailMessage:
    message = Message("e_1/x/1:email", "an@example.com", NOON, text, subject="Chào", html=html)
    content = letter(message, Letterhead(mailbox("cskh@shop.example")), eight_bit=eight_bit).content
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert eight_bit or content.isascii()
    parsed = message_from_bytes(content, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def read(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("eight_bit", [True, False])
def test_text_stands_before_html_and_both_arrive_as_written(eight_bit: bool) -> None:
    message = an_email(eight_bit=eight_bit)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), read(text)) == ("text/plain", TEXT)
    assert (html.get_content_type(), read(html)) == ("text/html", HTML + "\n")


def test_vietnamese_text_travels_as_it_is_where_the_server_takes_eight_bits() -> None:
    text, html = an_email().iter_parts()
    assert text["Content-Transfer-Encoding"] == "8bit"
    assert html["Content-Transfer-Encoding"] in ("base64", "quoted-printable")


def test_a_message_without_html_is_plain_text_alone() -> None:
    message = an_email(html="")
    assert message.get_content_type() == "text/plain"
    assert read(message) == TEXT


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=3_000), st.booleans())
def test_any_text_arrives_as_written(text: str, eight_bit: bool) -> None:
    assert read(an_email(text, "", eight_bit=eight_bit)).removesuffix("\n") == text
