from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.domain.orders import reference
from care.links import Links
from care.mailroom.reading import header, read
from care.mailroom.said import Complaint, Ignored, Leaving, Report, Said, Unclear
from care.mailroom.statuses import status_of, verdict_on
from care.verp import bounce_address
from tests.bounces import a_complaint, a_dsn, bounces, expected, returned

SECRET = "a secret of the shop's own"
OURS = reference("e_1/hello/1:email")
MESSAGE_ID = f"<{OURS}@shop.example>"

# flufl.bounce's own tests ask one detector of several about these: all of them together find the address.
MORE = {"simple_42": {"temporary": [], "permanent": ["david...@gmail.com"]}}

# RFC 5965, appendix B.1, as it stands there.
RFC_5965 = b"""\
From: <abusedesk@example.com>
Date: Thu, 8 Mar 2005 17:40:36 EDT
Subject: FW: Earn money
To: <abuse@example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP
192.0.2.1 on Thu, 8 Mar 2005 14:00:00 EDT.  For more information
about this format please see http://www.mipassoc.org/arf/.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

Received: from mailserver.example.net
     (mailserver.example.net [192.0.2.1])
     by example.com with ESMTP id M63d4137594e46;
     Thu, 08 Mar 2005 14:00:00 -0400
From: <somespammer@example.net>
To: <Undisclosed Recipients>
Subject: Earn money
MIME-Version: 1.0
Content-type: text/plain
Message-ID: 8787KJKJ3K4J3K4J3K4J3.mail@example.net
Date: Thu, 02 Sep 2004 12:31:03 -0500

Spam Spam Spam
Spam Spam Spam
Spam Spam Spam
Spam Spam Spam
--part1_13d.2e68ed54_boundary--
"""


def _said(content: bytes) -> Said:
    return read(content, SECRET).said


def _report(content: bytes) -> Report:
    said = _said(content)
    assert isinstance(said, Report), said
    return said


@pytest.mark.parametrize("name", sorted(expected()))
def test_each_of_117_real_bounces_reports_the_addresses_it_is_known_to_report(name: str) -> None:
    wanted = MORE.get(name, expected()[name])
    said = _said(bounces()[name])
    if not wanted["temporary"] and not wanted["permanent"]:
        assert isinstance(said, Ignored | Unclear), said
        return
    assert isinstance(said, Report), said
    assert sorted(said.recipients) == sorted(wanted["temporary"] + wanted["permanent"])
    assert (said.outcome == "delayed") == bool(wanted["temporary"])


def test_there_are_117_of_them() -> None:
    assert len(bounces()) == len(expected()) == 117


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "outcome"),
    [
        ("failed", "5.1.1", "smtp; 550 5.1.1 no such user", "bounced"),
        ("failed", "5.1.2", "", "bounced"),
        ("failed", "5.1.10", "", "bounced"),
        ("failed", "5.2.1", "", "bounced"),
        ("failed", "5.2.2", "smtp; 552 5.2.2 mailbox full", "soft"),
        ("failed", "4.4.7", "", "soft"),
        ("failed", "4.2.2", "", "soft"),
        ("failed", "5.7.1", "smtp; 554 5.7.1 looks like spam", "failed"),
        ("failed", "5.0.0", "smtp; 550-5.7.1 [192.0.2.1] blocked", "failed"),
        ("failed", "5.0.0", "smtp; 550 unknown user", "bounced"),
        ("failed", "5.0.0 (recipient reached disk quota)", "", "soft"),
        ("failed", "5.3.4", "", "failed"),
        ("failed", "5.6.1", "", "failed"),
        ("failed", "5.1.8", "", "failed"),
        ("failure", "553 Exceeded maximum inbound message size", "", "failed"),
        ("error", "5.1.1", "", "bounced"),
        ("failed (bad destination)", "5.1.1", "", "bounced"),
        ("FAILED", "5.1.1", "", "bounced"),
        ("Delayed", "4.4.1 (no answer from host)", "", "delayed"),
        ("delivered", "2.0.0", "", "delivered"),
    ],
)
def test_a_delivery_report_is_read_by_its_action_and_its_status(
    action: str, status: str, diagnostic: str, outcome: str
) -> None:
    report = _report(a_dsn(returned(MESSAGE_ID), action=action, status=status, diagnostic=diagnostic))
    assert report.outcome == outcome


@pytest.mark.parametrize("action", ["relayed", "expanded"])
def test_a_message_that_was_handed_on_asks_for_nothing(action: str) -> None:
    assert isinstance(_said(a_dsn(returned(MESSAGE_ID), action=action, status="2.0.0")), Ignored)


def test_the_worst_of_several_recipients_counts() -> None:
    mail = a_dsn(returned(MESSAGE_ID), action="delivered", status="2.0.0")
    second = b"\nFinal-Recipient: rfc822; two@example.vn\nAction: failed\nStatus: 5.1.1\n"
    mail = mail.replace(b"Status: 2.0.0\n", b"Status: 2.0.0\n" + second)
    assert _report(mail).outcome == "bounced"


def test_the_status_is_the_most_telling_one_and_never_part_of_an_address() -> None:
    assert status_of("5.0.0", "550 5.1.1 gone") == "5.1.1"
    assert status_of("5.0.0", "host 5.1.1.7 said: 550") == "5.0.0"
    assert status_of("no code at all") == ""
    assert status_of("2.0.0 fine") == ""
    assert status_of("", "The mailbox is full") == "5.2.2"


@given(st.from_regex(r"\A[45]\.\d{1,3}\.\d{1,3}\Z"))
def test_every_status_has_a_verdict_and_no_temporary_one_closes_an_address(status: str) -> None:
    verdict = verdict_on(status)
    assert verdict in ("bounced", "soft", "failed")
    assert status[0] == "5" or verdict != "bounced"


def test_the_example_of_the_complaint_format_is_a_complaint() -> None:
    assert _said(RFC_5965) == Complaint("abuse")


@pytest.mark.parametrize(("sort", "said"), [("fraud", Complaint("fraud")), ("Abuse", Complaint("abuse"))])
def test_every_sort_of_complaint_is_one(sort: str, said: Said) -> None:
    assert _said(a_complaint(returned(MESSAGE_ID), sort=sort)) == said


def test_who_says_it_is_not_spam_complains_of_nothing() -> None:
    assert isinstance(_said(a_complaint(returned(MESSAGE_ID), sort="not-spam")), Ignored)


@pytest.mark.parametrize("subject", ["unsubscribe {}", "Unsubscribe   {} ", "Re: unsubscribe {}"])
def test_an_unsubscribing_mail_is_known_by_its_subject(subject: str) -> None:
    token = Links("a secret of the shop's own", "https://shop.example").unsubscribe_url("m", "c", "email", "care")
    token = token.rpartition("/")[2]
    assert _said(f"Subject: {subject.format(token)}\n\n".encode()) == Leaving(token)


@pytest.mark.parametrize(
    "headers",
    ["Auto-Submitted: auto-replied", "Precedence: auto_reply", "X-Autoreply: yes", "Subject: Out of office: back soon"],
)
def test_an_automatic_answer_is_ignored(headers: str) -> None:
    assert isinstance(_said(f"{headers}\n\nTôi đi nghỉ đến thứ Hai.\n".encode()), Ignored)


@pytest.mark.parametrize(
    "content", [b"", b"\0\xff\xfe", b"Subject: =?utf-8?q?=ff?=\n\nhello", b"Chao shop, khi nao giao?"]
)
def test_anything_else_is_left_for_people(content: bytes) -> None:
    assert isinstance(_said(content), Unclear)


# As strangers could write them: encoded words that cannot be decoded, parts without end in parts or beside each other.
HOSTILE = {
    "words": b"Subject: =?utf-8?b?a?=\nDate: =?utf-8?b?a?=\nMessage-ID: =?utf-8?b?a?=\n\nhello",
    "mails": b"Content-Type: message/rfc822\n\n" * 5_000 + b"hello",
    "parts in parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (at, at) for at in range(2_000)
    ),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_mail_made_to_break_the_reading_is_left_for_people(content: bytes) -> None:
    mail = read(content, SECRET)
    assert isinstance(mail.said, Unclear)
    assert header(mail.parsed, "Date") == str(mail.parsed.get("Date", ""))


@given(st.sampled_from(sorted(bounces())), st.integers(0, 5_000), st.binary(max_size=40))
def test_no_damaged_mail_can_stop_the_reading(name: str, place: int, dirt: bytes) -> None:
    mail = bounces()[name]
    read(mail[:place] + dirt + mail[place:], SECRET)
    read(mail[:place] + dirt, SECRET)


def _references(mail: bytes) -> tuple[str, ...]:
    return read(mail, SECRET).references


SEALED = bounce_address("bounce@bounces.shop.example", OURS, SECRET)


@pytest.mark.parametrize(
    "mail",
    [
        a_dsn(returned(), to=SEALED),
        a_dsn(returned(), to=SEALED.upper()),
        a_dsn(returned(MESSAGE_ID)),
        a_dsn(returned(Return_Path=f"<{SEALED}>")),
        a_complaint(returned(MESSAGE_ID)),
        b"Delivered-To: " + SEALED.encode() + b"\n\nSorry, no such user.\n",
        b"Subject: failure\n\n<x@example.vn>: no such user\n\nMessage-ID: " + MESSAGE_ID.encode() + b"\n",
    ],
)
def test_our_message_is_found_by_its_bounce_address_or_its_message_id(mail: bytes) -> None:
    assert _references(mail) == (OURS,)


def test_a_sealed_bounce_address_comes_before_a_message_id() -> None:
    other = reference("another")
    assert _references(a_dsn(returned(f"<{other}@shop.example>"), to=SEALED)) == (OURS, other)


def test_a_bounce_address_nobody_sealed_names_nothing() -> None:
    forged = bounce_address("bounce@bounces.shop.example", OURS, "somebody else's secret")
    assert _references(a_dsn(returned(), to=forged)) == ()


def test_what_a_mail_answers_is_not_what_it_reports() -> None:
    mail = Message()
    mail["In-Reply-To"] = MESSAGE_ID
    mail["References"] = MESSAGE_ID
    mail.set_payload("Cảm ơn shop", "utf-8")
    assert _references(mail.as_bytes()) == ()
