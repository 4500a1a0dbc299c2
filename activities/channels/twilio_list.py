"""Twilio's list of messages, in which one that may have left is looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx

from activities.channels.asking import json_object
from activities.channels.base import Delivery
from activities.channels.twilio_codes import loss

Resource = Mapping[str, Any]

_LOST = frozenset({"failed", "undelivered", "canceled"})


class Listed(NamedTuple):
    """Messages, and when the provider began to list them by its own clock."""

    messages: Sequence[Resource]
    at: datetime | None


class Page(NamedTuple):
    """One page of the list; ``following`` is the path of the next one, or empty."""

    messages: Sequence[Resource]
    at: datetime
    following: str


def page_of(answer: httpx.Response) -> Page | None:
    """A page as it was answered; ``None`` when it is none, or nobody can tell when it was made."""
    body = json_object(answer.content)
    at = _moment(answer.headers.get("date"))
    if answer.status_code != 200 or body is None or at is None:
        return None
    messages, following = body.get("messages"), body.get("next_page_uri") or ""
    if not isinstance(messages, list) or not isinstance(following, str):
        return None
    return Page([each for each in messages if isinstance(each, dict)], at, following)


def created(listed: Resource) -> datetime:
    """When a message was taken; one without a date may be any, so it counts as the newest."""
    return _moment(listed.get("date_created")) or datetime.max.replace(tzinfo=UTC)


def standing(listed: Resource) -> Delivery:
    """What became of a message in the list."""
    sid = str(listed.get("sid") or "")
    if listed.get("status") in _LOST:
        return replace(loss(listed.get("error_code")), provider_id=sid)
    return Delivery("sent", provider_id=sid)


def _moment(text: object) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
