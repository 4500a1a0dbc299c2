"""Calls back from gateways that sign nothing: a key in the address tells that the caller was told it by us."""

import hmac
from urllib.parse import urlsplit

from activities.channels.base import Callback, ForgedCallback


def check_key(callback: Callback, key: str) -> None:
    """See that a callback came to the address with the key (``Settings.hook_url``).

    Raises:
        ForgedCallback: When it did not.
    """
    given = urlsplit(callback.url).path.rstrip("/").rpartition("/")[2]
    if not key or not hmac.compare_digest(given.encode(), key.encode()):
        raise ForgedCallback("the address it was sent to does not end with the key that was given to the provider")
