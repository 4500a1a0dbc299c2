"""Mailboxes of every kind: a mail is marked only once it is kept, and read twice it changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from care.mailroom.collecting import Collected, collect
from care.mailroom.mailboxes import MailboxError, check_address, waiting
from care.store.engine import StoreUnavailable
from tests.bounces import a_dsn, returned
from tests.integration.mailroom.post import LATER, Post
from tests.integration.mailroom.servers import (
    CERTIFICATE,
    HOST,
    QUOTED,
    USER,
    flags,
    imap_server,
    pop3_server,
    put,
    tls_before,
)

HELLO = "Chào shop, bao giờ giao hàng?".encode()


@pytest.fixture
def backend() -> str:
    """The kind of mailbox matters here; what a mail does in either database is test_taking's."""
    return "sqlite"


@pytest.fixture(scope="module")
def imap() -> Iterator[int]:
    with imap_server() as port:
        yield port


def _collect(post: Post, address: str) -> Collected:
    return collect(post.mailroom, address, lambda: LATER)


def _bounce(post: Post, number: int = 1) -> bytes:
    return a_dsn(returned(post.message_id(post.sent(f"s{number}"))), name=f"<r{number}@mx.example>")


def _maildir(folder: Path, *mails: bytes) -> str:
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    for number, mail in enumerate(mails):
        (folder / "new" / f"17{number}.x.host").write_bytes(mail)
    return folder.as_uri().replace("file", "maildir", 1)


def test_mails_in_a_maildir_are_taken_and_moved_and_what_is_for_people_is_flagged(post: Post, tmp_path: Path) -> None:
    address = _maildir(tmp_path / "boun ces", _bounce(post), HELLO)
    found = _collect(post, address)
    assert (found.kinds, found.known, found.for_people) == ({"bounced": 1, "unread": 1}, 0, 1)
    assert sorted(path.name for path in (tmp_path / "boun ces" / "cur").iterdir()) == [
        "170.x.host:2,S",
        "171.x.host:2,FS",
    ]
    assert list((tmp_path / "boun ces" / "new").iterdir()) == []
    assert _collect(post, address) == Collected()


def test_a_mail_program_that_looked_at_a_maildir_hides_nothing_it_did_not_read(post: Post, tmp_path: Path) -> None:
    address = _maildir(tmp_path / "box", _bounce(post, 1), _bounce(post, 2))
    (tmp_path / "box" / "new" / "170.x.host").rename(tmp_path / "box" / "cur" / "170.x.host:2,")
    (tmp_path / "box" / "new" / "171.x.host").rename(tmp_path / "box" / "cur" / "171.x.host:2,RS")
    assert _collect(post, address).new == 1


def test_a_mail_stays_where_it_is_while_the_store_cannot_keep_it(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = _maildir(tmp_path / "box", _bounce(post))
    post.store.dispose()
    (tmp_path / "care.sqlite").rename(tmp_path / "away")
    (tmp_path / "care.sqlite").mkdir()
    with pytest.raises(StoreUnavailable):
        _collect(post, address)
    assert len(list((tmp_path / "box" / "new").iterdir())) == 1
    (tmp_path / "care.sqlite").rmdir()
    (tmp_path / "away").rename(tmp_path / "care.sqlite")
    assert _collect(post, address).kinds == {"bounced": 1}


def test_mails_on_an_imap_server_are_taken_and_marked(post: Post, imap: int) -> None:
    put(imap, _bounce(post), HELLO)
    address = f"imap://{USER}:{QUOTED}@{HOST}:{imap}/INBOX"
    assert _collect(post, address).kinds == {"bounced": 1, "unread": 1}
    seen = flags(imap)
    assert ["\\seen" in each for each in seen] == [True, True]
    assert ["\\flagged" in each for each in seen] == [False, True]
    assert _collect(post, address) == Collected()


def test_looking_at_a_mail_on_an_imap_server_does_not_mark_it(post: Post, imap: int) -> None:
    put(imap, _bounce(post))
    address = f"imap://{USER}:{QUOTED}@{HOST}:{imap}"
    first = next(mails := waiting(address))
    mails.close()
    assert b"delivery-status" in first.content
    assert "\\seen" not in flags(imap)[-1]
    assert _collect(post, address).kinds == {"bounced": 1}


def test_mails_on_a_pop3_server_are_taken_and_deleted(post: Post) -> None:
    with pop3_server(_bounce(post), HELLO) as drop:
        address = f"pop3://{USER}:{QUOTED}@{HOST}:{drop.port}"
        assert _collect(post, address).kinds == {"bounced": 1, "unread": 1}
        assert drop.mails == []
        assert _collect(post, address) == Collected()
        assert drop.sessions == 2


def test_when_the_line_breaks_the_mails_come_again_and_change_nothing(post: Post) -> None:
    with pop3_server(_bounce(post, 1), _bounce(post, 2), breaks_after=1) as drop:
        address = f"pop3://{USER}:{QUOTED}@{HOST}:{drop.port}"
        with pytest.raises(MailboxError, match="breaks off"):
            _collect(post, address)
        assert (post.kept(), len(drop.mails)) == (["bounced"], 2)
        drop.breaks_after = 1_000
        found = _collect(post, address)
        assert (found.kinds, found.known, drop.mails) == ({"bounced": 1}, 1, [])


def test_a_line_longer_than_the_library_reads_keeps_no_other_mail_from_being_read(post: Post) -> None:
    with pop3_server(b"Subject: long\n\n" + b"x" * 5_000, _bounce(post)) as drop:
        found = _collect(post, f"pop3://{USER}:{QUOTED}@{HOST}:{drop.port}")
    assert found.kinds == {"unread": 1, "bounced": 1}


def test_mailboxes_behind_tls_are_read_when_their_certificate_is_trusted(
    post: Post, imap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(imap, _bounce(post, 1))
    with pop3_server(_bounce(post, 2)) as drop, tls_before(imap) as imaps, tls_before(drop.port) as pop3s:
        addresses = [f"imaps://{USER}:{QUOTED}@{HOST}:{imaps}/INBOX", f"pop3s://{USER}:{QUOTED}@{HOST}:{pop3s}"]
        for address in addresses:
            with pytest.raises(MailboxError, match="certificate"):
                _collect(post, address)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert [_collect(post, address).kinds for address in addresses] == [{"bounced": 1}, {"bounced": 1}]


@pytest.mark.parametrize("password", ["wrong", "pass"])
def test_a_refused_password_is_told_and_not_shown(post: Post, imap: int, password: str) -> None:
    with pop3_server() as drop:
        for address in (f"imap://{USER}:{password}@{HOST}:{imap}", f"pop3://{USER}:{password}@{HOST}:{drop.port}"):
            with pytest.raises(MailboxError, match="CARE_BOUNCE_MAILBOX") as told:
                _collect(post, address)
            assert f":{password}@" not in str(told.value)


def test_a_mailbox_that_is_not_there_is_told(post: Post, tmp_path: Path, imap: int) -> None:
    for address in (
        f"maildir://{tmp_path}/nowhere",
        f"imap://{USER}:{QUOTED}@{HOST}:1/INBOX",
        f"imap://{USER}:{QUOTED}@{HOST}:{imap}/Nowhere",
    ):
        with pytest.raises(MailboxError):
            _collect(post, address)


@pytest.mark.parametrize(
    "text", ["", "bounces", "maildir://", "imaps://", "imaps://host:many/", "http://host/", "imaps:/x"]
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(MailboxError, match="no mailbox"):
        check_address(text)
