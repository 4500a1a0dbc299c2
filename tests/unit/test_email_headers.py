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
from activities.channels.letterhead import AddressError, Letterhead, mailbox
from activities.channels.mime import letter, message_id
from care import verp
from tests.mail_fuzz import comes_home, drawn

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
    return letter(message, Letterhead(mailbox(sender) if sender else SHOP), eight_bit=True).content


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
    content = letter(message, Letterhead(SHOP, mailbox('"Hỏi, đáp" <hoi@dienmay.example>')), eight_bit=False).content
    [address] = parsed(content)["Reply-To"].addresses
    assert (address.display_name, address.addr_spec) == ("Hỏi, đáp", "hoi@dienmay.example")


def test_a_line_break_in_a_subject_cannot_start_a_new_header() -> None:
    message = parsed(an_email("Chào\r\nBcc: thief@example.com"))
    assert message["Bcc"] is None
    assert message["Subject"] == "Chào Bcc: thief@example.com"


@pytest.mark.parametrize(
    ("written", "ascii_form"),
    [
        ("an@bücher.example", "an@xn--bcher-kva.example"),
        ("an@BÜCHER.example", "an@xn--bcher-kva.example"),
        ("an@bu\u0308cher.example", "an@xn--bcher-kva.example"),
        ("an@straße.example", "an@xn--strae-oqa.example"),
        ("an@điệnmáy.example", "an@xn--inmy-7na8z294p.example"),
        ("an@例え。テスト", "an@xn--r8jz45g.xn--zckzah"),
        ("làn@điệnmáy.example", "làn@xn--inmy-7na8z294p.example"),
        ("la\u0300n@example.vn", "làn@example.vn"),
        ("an@Shop_1.Example", "an@Shop_1.Example"),
    ],
)
def test_a_domain_with_letters_outside_ascii_is_written_in_its_ascii_form(written: str, ascii_form: str) -> None:
    assert mailbox(written).address == ascii_form


def test_thousands_of_random_vietnamese_headers_come_home_exactly() -> None:
    assert [one for one in drawn(20260301, 3_000) if not comes_home(one)] == []


def test_an_unsubscribe_mailbox_is_offered_beside_the_link_with_the_token_in_its_subject() -> None:
    message = Message("k", "an@example.com", NOON, "x", unsubscribe_url="https://shop.example/u/abc_-.DEF")
    content = letter(message, Letterhead(SHOP, unsubscribe_to="roi@dienmay.example"), eight_bit=True).content
    lines = header_lines(content)
    at = lines.index(b"List-Unsubscribe: <https://shop.example/u/abc_-.DEF>,")
    assert lines[at + 1] == b" <mailto:roi@dienmay.example?subject=unsubscribe%20abc_-.DEF>"
    assert lines[at + 2] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    transactional = Message("k", "an@example.com", NOON, "x", purpose="transactional")
    assert (
        b"mailto:" not in letter(transactional, Letterhead(SHOP, unsubscribe_to="a@b.example"), eight_bit=True).content
    )


def test_complaints_are_counted_by_journey_template_purpose_and_shop_never_by_recipient() -> None:
    def feedback(shop: str, **more: str) -> str | None:
        message = Message("k", "an@example.com", NOON, "x", **more)
        return parsed(letter(message, Letterhead(SHOP, feedback_id=shop), eight_bit=True).content)["Feedback-ID"]

    care = {"purpose": "care", "template": "csat", "journey": "washing_machine_care"}
    assert feedback("dienmay", **care) == "washing_machine_care:csat:care:dienmay"
    assert feedback("dienmay", purpose="transactional", template="receipt") == "receipt:transactional:dienmay"
    assert feedback("dienmay") is None
    assert feedback("", **care) is None


def test_bounces_go_to_an_address_that_names_the_message() -> None:
    message = Message("e_1/x/1:email", "an@example.com", NOON, "x")
    assert letter(message, Letterhead(SHOP), eight_bit=True).sender == "cskh@dienmay.example"
    letterhead = Letterhead(SHOP, bounces_to="bounce@bounces.dienmay.example", secret="a secret of the shop")
    sender = letter(message, letterhead, eight_bit=True).sender
    assert sender.startswith("bounce+")
    assert sender.endswith("@bounces.dienmay.example")
    assert verp.read(sender, "a secret of the shop") == message.reference
    assert b"bounce+" not in letter(message, letterhead, eight_bit=True).content


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tuyet",
        "tuyet@",
        "@dienmay.example",
        "an tuyet@dienmay.example",
        "an@dienmay..example",
        "an@tuyet@dienmay",
        "an@điện..example",
        "an@😀.example",
        f"an@{'đ' * 70}.example",
    ],
)
def test_what_is_not_an_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        mailbox(text)
    assert not text or text not in str(refused.value)
