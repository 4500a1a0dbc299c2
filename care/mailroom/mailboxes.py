"""Where mails that came back lie: a maildir, or a mailbox on a server over IMAP or POP3."""

import imaplib
import poplib
import ssl
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from care.domain.errors import CareError
from care.mailroom.reading import MOST_BYTES

SCHEMES = ("maildir", "imap", "imaps", "pop3", "pop3s")
TIMEOUT = 20.0

_READ = ":2,"

# The library breaks off at lines of 2,048 bytes; one mail with a longer one would keep all others from being read.
poplib._MAXLINE = MOST_BYTES  # type: ignore[attr-defined]


class MailboxError(CareError):
    """A mailbox cannot be read; the message says why, without its password."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that was not taken yet.

    Attributes:
        content: As it lies there, or its first ``MOST_BYTES``.
        done: Marks it as taken, or deletes it where nothing can be marked; told whether it is left for people.
    """

    content: bytes
    done: Callable[[bool], object]


def check_address(text: str) -> None:
    """Refuse what is no mailbox.

    Raises:
        MailboxError: When the address cannot be used.
    """
    try:
        parts = urlsplit(text)
        place = parts.path if parts.scheme == "maildir" else parts.hostname and (parts.port or parts.hostname)
    except ValueError:
        place = None
    if not place or parts.scheme not in SCHEMES:
        raise MailboxError(
            "this is no mailbox; write maildir:///var/mail/bounces, imaps://user:password@host/INBOX or "
            "pop3s://user:password@host"
        )


def waiting(address: str) -> Generator[Waiting, None, None]:
    """The mails in a mailbox that were not taken yet, oldest first; each is fetched when it is asked for.

    Args:
        address: ``maildir:///folder``, ``imaps://user:password@host:port/FOLDER``, ``pop3s://user:password@host:port``;
            ``imap`` and ``pop3`` are the same without encryption, for a server on this machine.

    Raises:
        MailboxError: When the mailbox cannot be opened or breaks off; mails that were done stay done.
    """
    check_address(address)
    parts = urlsplit(address)
    with _explained(parts):
        match parts.scheme:
            case "maildir":
                yield from _in_maildir(Path(unquote(parts.path)))
            case "imap" | "imaps":
                yield from _over_imap(parts)
            case _:
                yield from _over_pop3(parts)


@contextmanager
def _explained(parts: SplitResult) -> Iterator[None]:
    place = unquote(parts.path) if parts.scheme == "maildir" else parts.hostname
    try:
        yield
    except (imaplib.IMAP4.error, poplib.error_proto) as error:
        said = error.args[0] if error.args else ""
        words = " ".join((said.decode(errors="replace") if isinstance(said, bytes) else str(said)).split())[:200]
        raise MailboxError(
            f"the mailbox at {place!r} refuses or breaks off: {words}; check CARE_BOUNCE_MAILBOX"
        ) from None
    except (OSError, EOFError) as error:
        raise MailboxError(f"the mailbox at {place!r} cannot be read ({error}); check CARE_BOUNCE_MAILBOX") from None


def _in_maildir(folder: Path) -> Iterator[Waiting]:
    """Mails no reader has marked as seen; what is still being written lies in ``tmp`` and is left alone."""
    found = [path for part in ("new", "cur") if (folder / part).is_dir() for path in (folder / part).iterdir()]
    if not found and not (folder / "new").is_dir():
        raise FileNotFoundError("there is no maildir")
    for path in sorted(found, key=lambda each: each.name):
        name, _, flags = path.name.partition(_READ)
        if path.name.startswith(".") or "S" in flags:
            continue
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES)
        except FileNotFoundError:
            continue  # Somebody else has just taken it.

        def done(for_people: bool, path: Path = path, name: str = name, flags: str = flags) -> None:
            seen = "".join(sorted({*flags, "S", *("F" if for_people else "")}))
            (folder / "cur").mkdir(exist_ok=True)
            path.rename(folder / "cur" / f"{name}{_READ}{seen}")

        yield Waiting(content, done)


def _over_imap(parts: SplitResult) -> Iterator[Waiting]:
    host, secured = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "imaps":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=secured, timeout=TIMEOUT)
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT)
    with server:
        user, password = _login(parts)
        server.login(_quoted(user), password)  # The library quotes the password only.
        _fine(server.select(_quoted(unquote(parts.path).strip("/") or "INBOX")))
        found = _fine(server.uid("SEARCH", "UNSEEN", "UNDELETED"))
        for uid in sorted(int(each) for line in found if isinstance(line, bytes) for each in line.split()):
            content = _fetched(server, uid)
            if content is None:
                continue

            def done(for_people: bool, uid: int = uid) -> None:
                _fine(server.uid("STORE", str(uid), "+FLAGS", r"(\Seen \Flagged)" if for_people else r"(\Seen)"))

            yield Waiting(content, done)


def _fetched(server: imaplib.IMAP4, uid: int) -> bytes | None:
    """The start of a mail, without marking it as seen; nothing when it has gone meanwhile."""
    answer = _fine(server.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{MOST_BYTES}>)"))
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _over_pop3(parts: SplitResult) -> Iterator[Waiting]:
    host, secured = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "pop3s":
        server: poplib.POP3 = poplib.POP3_SSL(host, parts.port or 995, timeout=TIMEOUT, context=secured)
    else:
        server = poplib.POP3(host, parts.port or 110, timeout=TIMEOUT)
    try:
        user, password = _login(parts)
        server.user(user)
        server.pass_(password)
        for line in server.list()[1]:
            number = int(line.split()[0])
            content = b"\r\n".join(server.retr(number)[1])

            def done(for_people: bool, number: int = number) -> None:
                server.dele(number)

            yield Waiting(content, done)
    finally:
        # Deletions count with QUIT only; when the connection is lost the mails come again and change nothing.
        try:
            server.quit()
        except (OSError, poplib.error_proto):
            server.close()


def _login(parts: SplitResult) -> tuple[str, str]:
    return unquote(parts.username or ""), unquote(parts.password or "")


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", r"\\").replace('"', r"\"") + '"'


def _fine(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    state, lines = answer
    if state != "OK":
        raise imaplib.IMAP4.error(lines[0] if lines else state)
    return lines
