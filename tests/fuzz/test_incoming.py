"""What strangers send, mails and SMS: it is read in seconds, however it was made."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from care.domain.metrics import SCALES
from care.inbound.scores import answer
from care.inbound.words import wish
from care.mailroom.reading import read
from tests.bounces import bounces
from tests.fuzz.quickly import quickly

SECRET = "a secret of the shop's own"
MEGA = 1_900_000
MAILS = {
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(20_000)
    ),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 60_000,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 250_000,
    "many headers": b"X: y\n" * 400_000,
    "a long subject": b"Subject: =?utf-8?q?" + b"x" * MEGA,
    "encoded words": b"Subject: " + b"=?utf-8?q?x?= " * 100_000,
    "many parameters": b"Content-Type: text/plain" + b"; a*0=x" * 200_000 + b"\n\n",
    "many reports": b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
    b"Content-Type: message/delivery-status\n\n" + b"Action: failed\nStatus: 5.1.1\n\n" * 40_000 + b"--b--\n",
    "addresses": b"\n\n" + b"a@b.c " * 330_000,
    "signs": b"\n\n" + b"<@" * (MEGA // 2),
    "what looks like ours": b"\n\nbounce+" + b"a" * MEGA,
    "bytes without a letter": b"\x00\xff" * (MEGA // 2),
    "a character set that is none": b"Content-Type: text/plain; charset=idna\n\n\xff",
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"A" * MEGA,
}
WORDS = (
    "stop ",
    "please ",
    "do not text ",
    "dừng nhắn ",
    "5",
    "5/",
    "⭐",
    "(",
    "5.",
    "\u200b",
    " ",
    "điểm ",
    "no more ",
)


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_is_read_in_seconds(name: str) -> None:
    with quickly():
        read(MAILS[name], SECRET)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some.lists(some.sampled_from(sorted(bounces().values(), key=len)[:60]), min_size=2, max_size=3), some.data())
def test_mails_cut_and_sewn_together_are_read(mails: list[bytes], data: some.DataObject) -> None:
    pieces = [mail[: data.draw(some.integers(0, len(mail)))] for mail in mails]
    with quickly():
        read(b"".join(pieces), SECRET)


@pytest.mark.parametrize("word", WORDS)
def test_a_text_made_of_one_word_is_read_in_seconds(word: str) -> None:
    text = word * (64_000 // len(word))
    with quickly():
        for each in (text, f"{text}x", f"x{text}"):
            wish(each)
            for survey in SCALES:
                answer(each, survey)


@settings(deadline=None)
@given(some.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert wish(text) in ("stop", "perhaps stop", "start", "")
    for survey, scale in SCALES.items():
        found = answer(text, survey)
        assert found is None or found.score in scale
