from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import dkim as oracle
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.channels.base import Message
from activities.channels.dkim import DkimKey, aligned, keys_of, relaxed_body, signed
from activities.channels.dkim_keys import (
    KeyFileError,
    new_ed25519_key,
    new_rsa_key,
    record_name,
    record_text,
    save,
    zone_line,
)
from activities.channels.letterhead import Letterhead, Mailbox
from activities.channels.mime import letter
from care.settings import Settings, SettingsError, load_settings
from tests.mail_fuzz import drawn

DOMAIN = "dienmay.example"
RSA = new_rsa_key(DOMAIN, "care2026")
ED25519 = new_ed25519_key(DOMAIN, "care2026-ed25519")
BOTH = (RSA, ED25519)
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
WORDS = [
    "Chào bạn,",
    ".",
    "..dấu chấm",
    "máy  giặt\t",
    "",
    " ",
    "From here",
    "x" * 1200,
    "=20",
    "😀",
    "12.000.000\u00a0₫",
]
bodies = st.lists(st.sampled_from(WORDS), max_size=12).map("\n".join)


def records(*keys: DkimKey) -> Mapping[bytes, bytes]:
    return {f"{record_name(key)}.".encode(): record_text(key).encode() for key in keys}


def verified(content: bytes, *keys: DkimKey) -> list[bool]:
    """What the oracle says of each signature, top to bottom."""
    published = records(*(keys or BOTH))

    def found(name: bytes | str, timeout: float = 5) -> bytes | None:
        return published.get(name if isinstance(name, bytes) else name.encode())

    def holds(place: int) -> bool:
        try:
            return bool(oracle.DKIM(content).verify(idx=place, dnsfunc=found))
        except oracle.ValidationError:
            return False

    return [holds(place) for place in range(content.count(b"DKIM-Signature:"))]


def an_email(
    text: str = "Chào bạn\n", html: str = "", *, subject: str = "Chào", name: str = "Shop", eight_bit: bool = False
) -> bytes:
    letterhead = Letterhead(
        Mailbox(name, f"cskh@{DOMAIN}"), Mailbox("Hỏi, đáp", f"hoi@{DOMAIN}"), unsubscribe_to=f"roi@{DOMAIN}",
        feedback_id="dienmay",
    )  # fmt: skip
    message = Message(
        "e_1/x/1:email", "lan@example.vn", NOON, text, subject, html, "https://shop.example/u/" + "k" * 300, "care",
        "csat_washing_machine", "washing_machine_care",
    )  # fmt: skip
    return letter(message, letterhead, eight_bit=eight_bit).content


@settings(max_examples=150, deadline=None)
@given(bodies, bodies, st.booleans())
def test_any_body_is_signed_so_that_the_oracle_agrees(text: str, html: str, eight_bit: bool) -> None:
    assert verified(signed(an_email(text, html, eight_bit=eight_bit), BOTH)) == [True, True]


def test_hundreds_of_vietnamese_headers_are_signed_so_that_the_oracle_agrees() -> None:
    for one in drawn(8, 300):
        content = signed(an_email(subject=one.subject, name=one.name, eight_bit=one.eight_bit), BOTH)
        assert verified(content) == [True, True], one


@pytest.mark.parametrize("body", ["", "\n", "\n\n \n", "a\n\n\n", "a \n \t \n", ".\n", ".a\n.\n"])
@pytest.mark.parametrize("eight_bit", [True, False])
def test_bodies_at_the_edge_are_signed_so_that_the_oracle_agrees(body: str, eight_bit: bool) -> None:
    assert verified(signed(an_email(body, eight_bit=eight_bit), BOTH)) == [True, True]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", " ", "\t", "\r\n", "=", "é"]), max_size=40).map("".join))
def test_a_body_is_relaxed_as_the_oracle_relaxes_it(body: str) -> None:
    assert relaxed_body(body.encode()) == oracle.canonicalization.Relaxed.canonicalize_body(body.encode())


@pytest.mark.parametrize("key", BOTH, ids=["rsa", "ed25519"])
def test_each_kind_of_key_signs_alone(key: DkimKey) -> None:
    content = signed(an_email(), (key,))
    assert verified(content, key) == [True]
    assert f"a={key.algorithm};".encode() in content


@pytest.mark.parametrize(
    "header", [b"Subject", b"To", b"Date", b"Message-ID", b"Reply-To", b"List-Unsubscribe", b"List-Unsubscribe-Post",
               b"Feedback-ID", b"MIME-Version", b"Content-Type"],
)  # fmt: skip
def test_a_header_changed_on_the_way_breaks_both_signatures(header: bytes) -> None:
    content = signed(an_email(), BOTH)
    assert content.count(b"\r\n" + header + b": ") == 1
    assert verified(content.replace(b"\r\n" + header + b": ", b"\r\n" + header + b": x")) == [False, False]


def test_a_changed_body_and_a_second_sender_break_both_signatures() -> None:
    content = signed(an_email("Chao ban\n"), BOTH)
    assert verified(content.replace(b"Chao ban", b"Chao em")) == [False, False]
    assert verified(content.replace(b"\r\nFrom: ", b"\r\nFrom: thief@example.com\r\nFrom: ")) == [False, False]
    assert verified(content.replace(b"\r\nTo: ", b"\r\nFrom: thief@example.com\r\nTo: ")) == [False, False]


def test_no_line_of_a_signature_is_long() -> None:
    head = signed(an_email(), BOTH).partition(b"Date:")[0]
    assert all(len(line) <= 110 for line in head.split(b"\r\n"))


def test_a_published_record_is_cut_where_the_dns_wants_it() -> None:
    line = zone_line(RSA)
    assert line.startswith(f'care2026._domainkey.{DOMAIN}. IN TXT "v=DKIM1; k=rsa; p=')
    assert "".join(line.split('"')[1::2]) == record_text(RSA)
    assert all(len(piece) <= 255 for piece in line.split('"')[1::2])


def test_a_key_is_kept_for_its_owner_only_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "care.pem"
    save(RSA, file)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="another selector"):
        save(ED25519, file)
    [read] = keys_of(mail_settings(tmp_path, dkim_key=file, dkim_selector="care2026"), DOMAIN)
    assert record_text(read) == record_text(RSA)


def mail_settings(tmp_path: Path, **more: object) -> Settings:
    given = {name: str(value) for name, value in more.items()}
    return load_settings(data_dir=tmp_path, mail_from=f"Shop <cskh@{DOMAIN}>", **given)


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    assert keys_of(mail_settings(tmp_path), DOMAIN) == ()


def test_a_key_that_cannot_sign_for_the_shop_is_refused_at_the_start(tmp_path: Path) -> None:
    rsa, ed25519, weak = (tmp_path / name for name in ("rsa.pem", "ed25519.pem", "weak.pem"))
    save(RSA, rsa)
    save(ED25519, ed25519)
    save(DkimKey(DOMAIN, "weak", generate_private_key(65537, 1024)), weak)
    (tmp_path / "torn.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    for words, setting in (
        ("CARE_DKIM_SELECTOR", {"dkim_key": rsa}),
        ("cannot be read", {"dkim_key": tmp_path / "none.pem", "dkim_selector": "a"}),
        ("not a private key", {"dkim_key": tmp_path / "torn.pem", "dkim_selector": "a"}),
        ("not an RSA key", {"dkim_key": ed25519, "dkim_selector": "a"}),
        ("not an Ed25519 key", {"dkim_ed25519_key": rsa, "dkim_ed25519_selector": "a"}),
        ("1024 bits are too few", {"dkim_key": weak, "dkim_selector": "a"}),
        ("is not a domain name", {"dkim_domain": "shop..example"}),
        ("is not the domain", {"dkim_key": rsa, "dkim_selector": "a", "dkim_domain": "other.example"}),
    ):
        with pytest.raises(SettingsError, match=words):
            keys_of(mail_settings(tmp_path, **setting), DOMAIN)


@pytest.mark.parametrize(
    ("sender", "signer", "counts"),
    [
        ("shop.example", "shop.example", True),
        ("news.shop.example", "shop.example", True),
        ("shop.example", "mail.shop.example", True),
        ("Shop.Example", "shop.example", True),
        ("myshop.example", "shop.example", False),
        ("shop.example", "example", False),
        ("a.shop.example", "b.shop.example", False),
    ],
)
def test_a_signature_counts_for_the_senders_domain_and_those_around_it(sender: str, signer: str, counts: bool) -> None:
    assert aligned(sender, signer) is counts
