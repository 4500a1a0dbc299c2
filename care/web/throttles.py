"""How often one key or one address may ask, counted in this process alone.

Each server process counts for itself: with three of them a key may ask three times as often. Whoever needs one number
for all sets it where they meet, at the reverse proxy.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock
from time import monotonic

from starlette.requests import Request

from care.settings import Settings
from care.web.problems import RefusalError

MOST_NAMES = 20_000
# Whoever guesses has ten tries at once and then one in six seconds.
WRONG_AT_ONCE = 10
WRONG_RATE = 1 / 6


class Throttle:
    """A token bucket for every name; a name that was not heard of for long has a full one.

    Args:
        rate: Tokens a second; 0 lets everybody pass.
        at_once: How many lie in a full bucket.
        now: Seconds on a clock that never goes back.
    """

    def __init__(self, rate: float, at_once: float, now: Callable[[], float] = monotonic) -> None:
        self._interval = 1 / rate if rate > 0 else 0.0
        self._leeway = self._interval * max(0.0, at_once - 1)
        self._now = now
        # When each bucket will be full again, which says how full it is now.
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def wait(self, name: str) -> float:
        """How many seconds until there is a token; 0 when there is one."""
        now = self._now()
        with self._lock:
            return max(0.0, self._full_at.get(name, now) - now - self._leeway)

    def take(self, name: str) -> float:
        """Take a token; return 0, or how many seconds until there is one, and then none was taken."""
        if not self._interval:
            return 0.0
        now = self._now()
        with self._lock:
            full_at = max(self._full_at.get(name, now), now)
            if full_at - now > self._leeway:
                return full_at - now - self._leeway
            self._full_at[name] = full_at + self._interval
            self._full_at.move_to_end(name)
            if len(self._full_at) > MOST_NAMES:
                self._full_at.popitem(last=False)
        return 0.0


@dataclass(frozen=True, slots=True)
class Throttles:
    """What is counted: requests by key, visits to pages and wrong tries by address."""

    keys: Throttle
    pages: Throttle
    wrong_keys: Throttle
    wrong_passwords: Throttle

    @classmethod
    def of(cls, settings: Settings) -> "Throttles":
        """The throttles of these settings; twice a second's worth may come at once."""
        return cls(
            keys=Throttle(settings.api_rate, 2 * settings.api_rate),
            pages=Throttle(settings.page_rate, 2 * settings.page_rate),
            wrong_keys=Throttle(WRONG_RATE, WRONG_AT_ONCE),
            wrong_passwords=Throttle(WRONG_RATE, WRONG_AT_ONCE),
        )


def address_of(request: Request) -> str:
    """Where a request came from: an IPv4 address, or the network of 2^64 IPv6 addresses that one household has."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


def refuse_after(seconds: float, why: str) -> None:
    """Let pass when there is nothing to wait for.

    Raises:
        RefusalError: When there is; it says for how long.
    """
    if seconds > 0:
        whole = math.ceil(seconds)
        words = f"{why}; ask again in {whole} second{'' if whole == 1 else 's'}"
        raise RefusalError("too-many-requests", words, headers={"Retry-After": str(whole)})
