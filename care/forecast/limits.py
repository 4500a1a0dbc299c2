"""Limits of providers, where a forecast would pass them, and messages that pile up in one minute."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from care.domain.errors import CareError
from care.forecast.sends import Leaving, Sends

_LIMIT = re.compile(r"([a-z_]+)\s*=\s*(\d{1,3}(?:,\d{3})+|\d+)\s*(?:/|per)\s*(second|minute|hour|day)", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_FEWEST, _TEN = 20, 10


class LimitError(CareError):
    """The words are no limit; the message says how one is written."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` messages on a channel in any ``seconds``."""

    channel: str
    count: int
    seconds: int
    words: str

    @property
    def a_minute(self) -> float:
        """How many may leave in a minute if it lasts."""
        return self.count * 60 / self.seconds

    @property
    def an_hour(self) -> float:
        """How many may leave in an hour if it lasts."""
        return self.count * 3_600 / self.seconds


def limit_of(words: str) -> Limit:
    """The limit these words say: ``email=1,000/hour``.

    Raises:
        LimitError: When they cannot be read.
    """
    found = _LIMIT.fullmatch(words.strip())
    if found is None or int(found[2].replace(",", "")) == 0:
        raise LimitError(f"{words!r} is no limit; write a channel, a number and a time, for example email=1000/hour")
    channel, count, unit = found[1].lower(), int(found[2].replace(",", "")), found[3].lower()
    return Limit(channel, count, _SECONDS[unit], f"{count:,} a {unit}".replace("a hour", "an hour"))


class Breach(NamedTuple):
    """A stretch of time in which more would leave than a provider takes; minutes from the beginning.

    Attributes:
        most: The most in any one span of the limit.
        late: How many minutes the last of them would wait if the provider takes as many as it allows.
    """

    limit: Limit
    first: int
    last: int
    most: int
    late: int


def breaches(sends: Sends, limits: Iterable[Limit], minutes: int) -> list[Breach]:
    """Every stretch in which a limit would be passed, in the order of time."""
    found = []
    for limit in limits:
        counts = [0] * minutes
        for leaving, count in sends.sent.items():
            if leaving.channel == limit.channel and leaving.minute < minutes:
                counts[leaving.minute] += count
        found.extend(_breaches(limit, counts))
    return sorted(found, key=lambda breach: (breach.first, breach.limit.channel))


def _breaches(limit: Limit, counts: Sequence[int]) -> list[Breach]:
    span = max(limit.seconds // 60, 1)
    allowed = limit.count if limit.seconds >= 60 else round(limit.a_minute)
    late = _delays(counts, allowed, span)
    found: list[Breach] = []
    inside, first, most = 0, -1, 0
    for minute, count in enumerate([*counts, 0]):
        inside += count - (counts[minute - span] if minute >= span else 0)
        if inside > allowed and minute < len(counts):
            first, most = minute if first < 0 else first, max(most, inside)
        elif first >= 0:
            found.append(Breach(limit, first, minute - 1, most, max(late[first:minute])))
            first, most = -1, 0
    return found


def _delays(counts: Sequence[int], allowed: int, span: int) -> list[int]:
    """How long the last message of each minute waits when only so many may leave in any span of minutes."""
    late = [0] * len(counts)
    left: deque[tuple[int, int]] = deque()
    room, now = allowed, 0
    for minute, count in enumerate(counts):
        now = max(now, minute)
        while count:
            while left and left[0][0] + span <= now:
                room += left.popleft()[1]
            if not room:
                now = left[0][0] + span
                continue
            leaving = min(room, count)
            left.append((now, leaving))
            room, count, late[minute] = room - leaving, count - leaving, now - minute
    return late


class PileUp(NamedTuple):
    """A minute in which more leave than in an ordinary hour.

    Attributes:
        minute: From the beginning.
        messages: How many leave in that minute; ``ten`` in the ten minutes that begin with it.
        freed: Those in that minute that had waited for quiet hours to end.
        channels: Messages in that minute by channel.
    """

    minute: int
    messages: int
    ten: int
    freed: int
    channels: Mapping[str, int]


def pile_ups(sends: Sends, most: int = 10) -> list[PileUp]:
    """The minutes in which most messages pile up, the largest first."""
    minutes, hours = Counter[int](), Counter[int]()
    for leaving, count in sends.sent.items():
        minutes[leaving.minute] += count
        hours[leaving.minute // 60] += count
    if not hours:
        return []
    ordinary = max(sorted(hours.values())[len(hours) // 2], _FEWEST)
    large = ((minute, count) for minute, count in minutes.most_common() if count >= ordinary)
    return [_pile_up(sends, minutes, minute) for minute, _ in islice(sorted(large, key=_largest), most)]


def _largest(found: tuple[int, int]) -> tuple[int, int]:
    return -found[1], found[0]


def _pile_up(sends: Sends, minutes: Counter[int], minute: int) -> PileUp:
    channels = {leaving.channel: count for leaving, count in sends.sent.items() if leaving.minute == minute}
    freed = sum(sends.freed[Leaving(minute, channel)] for channel in channels)
    ten = sum(minutes[minute + later] for later in range(_TEN))
    return PileUp(minute, minutes[minute], ten, freed, dict(sorted(channels.items())))
