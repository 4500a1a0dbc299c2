"""Where a sender is killed: every point of every conversation, and every statement it writes to the store."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Where = Literal["wire", "before", "after", "commit", "end"]

HTTP_POINTS = (
    "connected",
    "request begun",
    "request read, lost",
    "request read, kept",
    "kept, unanswered",
    "half the answer",
    "answered",
)
MAIL_POINTS = ("MAIL", "RCPT", "DATA", "half the mail", "mail read, lost", "mail read, kept", "kept, unanswered")
SMTP_POINTS = ("connected", "EHLO", *MAIL_POINTS, "answered")
# Where the other side is certain to be asked before anything of the message can have gone out.
BEFORE_IT_LEAVES = frozenset({"EHLO", "MAIL", "RCPT", "DATA"})


@dataclass(frozen=True, slots=True)
class Route:
    """One channel over one provider.

    Attributes:
        settings: What makes the shop use it.
        points: Where the peer can kill.
        asked: Whether the provider can be asked what became of a message, or takes it once however often it comes.
        earlier: Messages the same process has sent before, over the same connection if it is kept.
    """

    name: str
    channel: str
    settings: Mapping[str, str]
    points: Sequence[str]
    asked: bool = False
    earlier: int = 0


ROUTES = (
    Route("email smtp", "email", {"email_channel": "smtp"}, SMTP_POINTS),
    Route("email smtp, kept connection", "email", {"email_channel": "smtp"}, (*MAIL_POINTS, "answered"), earlier=1),
    Route("sms twilio", "sms", {"sms_channel": "twilio"}, HTTP_POINTS, asked=True),
    Route("sms esms", "sms", {"sms_channel": "esms"}, HTTP_POINTS, asked=True),
    Route("sms speedsms", "sms", {"sms_channel": "speedsms"}, HTTP_POINTS),
    Route("sms vonage", "sms", {"sms_channel": "vonage"}, HTTP_POINTS),
    Route("zalo zalo_zns", "zalo", {"zalo_channel": "zalo_zns"}, HTTP_POINTS),
)


@dataclass(frozen=True, slots=True)
class Kill:
    """One point.

    Attributes:
        point: The peer's word, on the wire.
        number: Which statement or commit, in the store; which occurrence, on the wire.
    """

    where: Where
    point: str = ""
    number: int = 1


@dataclass(slots=True)
class Trial:
    """One message: how its senders were killed, and what became of it.

    Attributes:
        marker: By which the peer's copy is known.
        kills: The phase of each kill in words, and how far the claim had come by then.
        outcome: What the last attempt answered; empty when none did.
        earlier: Markers of the messages that left before it in the same process.
    """

    route: str
    marker: str
    kills: list[tuple[str, str]] = field(default_factory=list)
    outcome: str = ""
    phase: str = ""
    trouble: str = ""
    earlier: list[str] = field(default_factory=list)


def kills_of(route: Route, statements: int, commits: int) -> list[Kill]:
    """Every point of a route.

    Args:
        statements: How many statements an undisturbed attempt executes.
        commits: How many transactions it commits.
    """
    wire = [Kill("wire", point, 1 + route.earlier * (point in (*MAIL_POINTS, "answered"))) for point in route.points]
    before = [Kill("before", number=number) for number in range(1, statements + 1)]
    after = [Kill("after", number=number) for number in range(1, statements + 1)]
    return [*wire, *before, *after, *(Kill("commit", number=number) for number in range(1, commits + 1)), Kill("end")]


def shuffled(kills: Sequence[Kill], seed: str) -> Iterator[Kill]:
    """The points of a route, each as often as any other, for ever; half of the time one on the wire."""
    wire = [kill for kill in kills if kill.where == "wire"]
    store = [kill for kill in kills if kill.where != "wire"]
    turn = 0
    while True:
        for own in (wire, store):
            yield own[turn % len(own)] if turn < len(own) else own[_chance(f"{seed}:{turn}", len(own))]
        turn += 1


def _chance(text: str, below: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % below


def again(seed: str, kills: Sequence[Kill]) -> Kill | None:
    """Where the attempt that follows a kill is killed as well, in one of four cases."""
    return kills[_chance(f"{seed}:where", len(kills))] if _chance(f"{seed}:again", 4) == 0 else None
