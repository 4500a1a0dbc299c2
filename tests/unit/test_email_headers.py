from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.channels.base import Message
from activities.channels.mime import AddressError, letter, mailbox, message_id

NOON = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
SHOP = mailbox("Chăm sóc khách hàng <cskh@dienmay.example>")
WORDS = (
    "giá cửa hàng Cảm ơn bạn đã mua máy giặt tại Điện Máy Xanh chúng tôi rất vui được phục vụ quý khách "
    "bảo hành ưu đãi 20% (giảm giá) khuyến-mãi, đến hết ngày 31/12! Nguyễn Thị Ánh Tuyết Trần Văn Đức "
    'thank you for order #1234 ? = _ =?utf-8?q?x?= "trích" 12.000.000\u00a0₫ 😀 e\u0301'
)
SYLLABLES = WORDS.split(" ")
phrases = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=30).map(" ".join)
names = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=8).map(" ".join)


def an_email(subject: str = "Chào bạn", sender: str = "", **changes: str) -> bytes:
    fields = {"key": "e_0123456789abcdef/send:thank_you/1:email", "to": "an@example.com", "text": "Chào bạn\n"}
    message = Message(at=NOON, subject=subject, **(fields | changes))
    return letter(message, mailbox(sender) if sender else SHOP, None, eight_bit=True).content


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def header_lines(content: bytes) -> list[bytes]:
    return content.partition(b"\r\n\r\n")[0].split(b"\r\n")


@settings(max_examples=1_000, deadline=None)
@given(phrases)
def test_a_vietnamese_subject_arrives_as_it_was_written(subject: str) -> None:
    content = an_email(subject)
    assert parsed(content)["Subject"] == subject
    older_reader = message_from_bytes(content)
    assert str(make_header(decode_header(older_reader["Subject"]))) == subject


@settings(max_examples=1_000, deadline=None)
@given(names)
def test_a_vietnamese_display_name_arrives_as_it_was_written(name: str) -> None:
    # Python's newer reader puts a space before a comma that has an encoded word to itself; the older one reads as
    # RFC 2047 says.
    content = an_email(sender=f"{name} <cskh@dienmay.example>")
    shown, address = parseaddr(message_from_bytes(content)["From"])
    assert str(make_header(decode_header(shown))) == mailbox(f"{name} <a@b.example>").name
    assert address == "cskh@dienmay.example"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_whatever_breaks_a_header_or_adds_one(subject: str, text: str) -> None:
    content = an_email(subject, text=text)
    message = parsed(content)
    assert [name for name, _ in message.items()][:6] == [
        "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted",
    ]  # fmt: skip
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")


@settings(max_examples=300, deadline=None)
@given(st.integers(20, 600), phrases)
def test_list_unsubscribe_stays_one_plain_line(length: int, subject: str) -> None:
    url = "https://shop.example/u/" + "k" * length
    lines = header_lines(an_email(subject, unsubscribe_url=url))
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


@given(phrases)
@settings(max_examples=300, deadline=None)
def test_no_encoded_word_is_longer_than_the_standard_allows(subject: str) -> None:
    for line in header_lines(an_email(subject, sender=f"{subject} <a@b.example>")):
        for word in line.split():
            assert len(word) <= 75 or not word.startswith(b"=?"), line


def test_a_message_without_an_unsubscribe_address_has_no_unsubscribe_header() -> None:
    assert b"List-Unsubscribe" not in an_email()


def test_the_same_claim_always_gets_the_same_message_id_and_bytes() -> None:
    assert an_email() == an_email()
    assert message_id("e_1/x/1:email", "shop.example") == message_id("e_1/x/1:email", "shop.example")
    assert message_id("e_1/x/1:email", "shop.example") != message_id("e_1/x/2:email", "shop.example")
    assert parsed(an_email())["Message-ID"].endswith("@dienmay.example>")


def test_the_date_is_the_orders_instant() -> None:
    assert parsed(an_email())["Date"].datetime == NOON


def test_a_message_says_that_a_machine_sent_it() -> None:
    assert parsed(an_email())["Auto-Submitted"] == "auto-generated"


def test_answers_go_to_the_mailbox_people_read() -> None:
    message = Message("k", "an@example.com", NOON, "x", subject="x")
    content = letter(message, SHOP, mailbox('"Hỏi, đáp" <hoi@dienmay.example>'), eight_bit=False).content
    [address] = parsed(content)["Reply-To"].addresses
    assert (address.display_name, address.addr_spec) == ("Hỏi, đáp", "hoi@dienmay.example")


def test_a_line_break_in_a_subject_cannot_start_a_new_header() -> None:
    message = parsed(an_email("Chào\r\nBcc: thief@example.com"))
    assert message["Bcc"] is None
    assert message["Subject"] == "Chào Bcc: thief@example.com"


def test_a_domain_with_letters_outside_ascii_is_written_in_its_ascii_form() -> None:
    assert mailbox("an@bücher.example").address == "an@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text",
    ["", "tuyet", "tuyet@", "@dienmay.example", "an tuyet@dienmay.example", "an@dienmay..example", "an@tuyet@dienmay"],
)
def test_what_is_not_an_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        mailbox(text)
    assert not text or text not in str(refused.value)
