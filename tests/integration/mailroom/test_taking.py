"""What a mail that came back does, in the store."""

import pytest
from sqlalchemy import select

from care.domain.orders import reference
from care.store import receipts, schema
from care.store.engine import reading
from care.verp import bounce_address
from tests.bounces import a_complaint, a_dsn, bounces, returned
from tests.integration.mailroom.post import BOUNCES_TO, LATER, LINKS, Post
from tests.integration.store.telling import EMAIL

EVERYTHING = {"marketing": "bounced", "care": "bounced", "transactional": "bounced"}

# What the 117 real bounces should do to their address, judged by their words; where those leave it open, flufl.bounce's
# answer (temporary or permanent) stands. Each of the others closes its address.
FULL_OR_DOWN = frozenset(
    [
        "dsn_01",
        "dsn_02",
        "dsn_04",
        "hotpop_01",
        "netscape_01",
        "newmailru_01",
        "postfix_02",
        "postfix_03",
        "postfix_04",
        "qmail_02",
        "qmail_06",
        "qmail_07",
        "sendmail_01",
        "simple_01",
        "simple_02",
        "simple_07",
        "simple_09",
        "simple_14",
        "simple_18",
        "simple_38",
        "simple_44",
        "simple_45",
        "yahoo_01",
        "yahoo_02",
        "yahoo_04",
    ]
)
STILL_TRYING = frozenset(
    [
        "dsn_05",
        "dsn_06",
        "dsn_07",
        "dsn_08",
        "dsn_17",
        "simple_03",
        "simple_21",
        "simple_22",
        "simple_28",
        "simple_35",
        "simple_40",
    ]
)
REFUSED_THE_MESSAGE = frozenset({"dsn_03", "simple_42"})
NO_BOUNCE_THAT_IS_UNDERSTOOD = frozenset({"bounce_01", "dumbass_01", "groupwise_03", "qmail_08", "simple_43"})
LEAVE_OPEN = FULL_OR_DOWN | STILL_TRYING | REFUSED_THE_MESSAGE | NO_BOUNCE_THAT_IS_UNDERSTOOD


def _delivered_to(address: str, mail: bytes) -> bytes:
    """The mail as our server puts it into the mailbox."""
    first, rest = mail.split(b"\n", 1)
    header = b"Delivered-To: " + address.encode() + b"\n"
    return first + b"\n" + header + rest if first.startswith(b"From ") else header + mail


def test_of_117_real_bounces_each_closes_its_address_or_leaves_it_open_as_it_should(post: Post) -> None:
    closed = set()
    for name, mail in bounces().items():
        to = f"{name}@example.vn"
        key = post.sent(name, to)
        taken = post.mailroom.take(_delivered_to(post.bounces_to(key), mail), LATER)
        assert taken.heard.claim is not None, name
        assert taken.heard.claim.key == key
        if post.closed(to):
            assert post.closed(to) == EVERYTHING
            closed.add(name)
    assert closed == set(bounces()) - LEAVE_OPEN
    assert len(closed) == 74


def test_a_bounce_closes_the_address_at_once_and_journeys_hear_of_it(post: Post) -> None:
    key = post.sent()
    taken = post.mailroom.take(a_dsn(returned(post.message_id(key))), LATER)
    assert (taken.kind, taken.heard.closed) == ("bounced", "bounced")
    assert post.closed() == EVERYTHING
    assert post.events() == ["message.bounced"]


def test_a_complaint_leaves_what_belongs_to_the_order(post: Post) -> None:
    key = post.sent()
    post.mailroom.take(a_complaint(returned(post.message_id(key))), LATER)
    assert post.closed() == {"marketing": "complained", "care": "complained"}
    assert post.events() == ["message.complained"]


def test_the_same_mail_counts_once_whichever_way_it_comes(post: Post) -> None:
    mail = a_dsn(returned(post.message_id(post.sent())))
    assert post.mailroom.take(mail, LATER).heard.is_new
    again = b"Received: from mx2.example.vn\r\n" + mail.replace(b"\n", b"\r\n")
    assert not post.mailroom.take(again, LATER).heard.is_new
    assert post.kept() == ["bounced"]
    assert post.events() == ["message.bounced"]


def test_two_reports_on_one_message_are_both_kept(post: Post) -> None:
    of = returned(post.message_id(post.sent()))
    post.mailroom.take(a_dsn(of, action="delayed", status="4.4.1", name="<r1@mx.example>"), LATER)
    post.mailroom.take(a_dsn(of, action="delivered", status="2.0.0", name="<r2@mx.example>"), LATER)
    assert post.kept() == ["delayed", "delivered"]
    assert post.closed() == {}


@pytest.mark.parametrize("to", ["cskh@shop.example", BOUNCES_TO])
def test_a_bounce_that_names_no_message_of_ours_closes_nothing_and_is_left_for_people(post: Post, to: str) -> None:
    post.sent()
    forged = returned(f"<{reference('no such message')}@shop.example>")
    taken = post.mailroom.take(a_dsn(forged, to=to, recipient=EMAIL), LATER)
    assert (taken.kind, taken.is_for_people) == ("bounced", True)
    assert "no message of ours" in taken.reason
    assert (post.closed(), post.events()) == ({}, [])


def test_a_forged_bounce_address_closes_nothing(post: Post) -> None:
    key = post.sent()
    forged = bounce_address(BOUNCES_TO, reference(key), "what a stranger guessed")
    assert post.mailroom.take(a_dsn(returned(), to=forged, recipient=EMAIL), LATER).is_for_people
    assert post.closed() == {}


def test_who_unsubscribes_by_mail_gets_no_more_of_it_at_once(post: Post) -> None:
    key = post.sent()
    token = LINKS.unsubscribe_url(key, post.lan, "email", "marketing").rpartition("/")[2]
    mail = f"From: {EMAIL}\nTo: leave@shop.example\nSubject: unsubscribe {token}\n\n".encode()
    taken = post.mailroom.take(mail, LATER)
    assert (taken.kind, taken.is_for_people) == ("unsubscribed", False)
    assert taken.heard.event is not None
    assert not post.mailroom.take(mail, LATER).heard.is_new
    assert post.closed() == {"marketing": "withdrawn"}
    assert post.events() == ["consent.withdrawn"]


def test_a_token_somebody_changed_unsubscribes_nobody(post: Post) -> None:
    token = LINKS.unsubscribe_url(post.sent(), post.lan, "email", "marketing").rpartition("/")[2]
    taken = post.mailroom.take(f"Subject: unsubscribe x{token}\n\n".encode(), LATER)
    assert (taken.kind, taken.is_for_people) == ("unread", True)
    assert (post.closed(), post.events()) == ({}, [])


@pytest.mark.parametrize(
    "mail", [b"", b"\0\xff\xfe broken", "Chào shop, bao giờ giao?".encode(), b"\n\n" + b"x" * 3_000_000]
)
def test_what_nobody_understands_is_kept_whole_enough_to_read(post: Post, mail: bytes) -> None:
    taken = post.mailroom.take(mail, LATER)
    assert (taken.kind, taken.is_for_people) == ("unread", True)
    with reading(post.store) as conn:
        (kept,) = receipts.listing(conn)
    assert kept.detail[:100] == mail[:100].decode(errors="replace").replace("\0", "�")
    assert len(kept.detail) <= 64_000
    assert not post.mailroom.take(mail, LATER).heard.is_new


def test_an_automatic_answer_is_kept_without_its_words(post: Post) -> None:
    post.mailroom.take(b"Auto-Submitted: auto-replied\nSubject: x\n\nToi di nghi den thu Hai.\n", LATER)
    with reading(post.store) as conn:
        (kept,) = receipts.listing(conn)
    assert (kept.kind, kept.detail) == ("ignored", "")


def test_nothing_that_says_who_it_was_is_shown_outside_the_detail(post: Post) -> None:
    diagnostic = f"smtp; 550 5.1.1 <{EMAIL}>: Recipient address rejected"
    post.mailroom.take(a_dsn(returned(post.message_id(post.sent())), recipient=EMAIL, diagnostic=diagnostic), LATER)
    with reading(post.store) as conn:
        (kept,) = receipts.listing(conn)
        row = conn.execute(select(schema.inbox).where(schema.inbox.c.type == "message.bounced")).one()
    assert EMAIL in kept.detail
    assert EMAIL not in kept.reason + kept.code + str(row.body)
