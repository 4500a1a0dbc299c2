"""Posting events over HTTP: patient with a busy server, and exact about which event of a batch is at fault."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

import httpx

from care.domain.errors import CareError

PATIENCE = 120.0
_LONGEST_PAUSE = 30.0
_JSON = "application/json"
_CLOUD_BATCH = "application/cloudevents-batch+json"
_POINTER = re.compile(r"/(\d+)(/.*)?")
_LATER = (429, 503)
_AUTHORITY = (401, 403, 404, 405, 421)


class UnreachableError(CareError):
    """No Aftercare server answers at the address; the message says how to start one."""


class RefusedError(CareError):
    """The server refuses whatever is sent: the key, the address or the server itself is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the server says is wrong with one event: ``pointer`` leads into the event, ``hint`` says what to do."""

    detail: str
    pointer: str = ""
    hint: str = ""


@dataclass(slots=True)
class Posted:
    """What became of a batch, by the event's index in it."""

    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)
    problems: dict[int, list[Problem]] = field(default_factory=dict)


class EventApi:
    """A server's events, over HTTP.

    Args:
        url: The server's address without a path.
        key: Its API key; may be empty, then the server says that it wants one.
        told: Called with a sentence whenever the server asks to wait.
    """

    def __init__(self, url: str, key: str, told: Callable[[str], None] = lambda _: None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = url.rstrip("/")
        self._told = told
        self._client = httpx.Client(base_url=self._url, headers=headers, timeout=60.0)
        self._answered = False

    def __enter__(self) -> Self:
        """Keep the connection open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._client.close()

    def post(self, events: Sequence[Mapping[str, Any]]) -> Posted:
        """Post up to 1,000 events; those the server refuses do not hold back the others.

        Raises:
            UnreachableError: Nobody answers, or the server stays unavailable.
            RefusedError: The key or the address is wrong, or something broke in the server.
        """
        posted = Posted()
        clouds = [(index, event) for index, event in enumerate(events) if "specversion" in event]
        plain = [(index, event) for index, event in enumerate(events) if "specversion" not in event]
        self._post(plain, _JSON, posted)
        self._post(clouds, _CLOUD_BATCH, posted)
        return posted

    def receipt(self, source: str, event_id: str) -> dict[str, Any] | None:
        """What an event did, or ``None`` when the server never heard of it.

        Raises:
            UnreachableError: Nobody answers, or the server stays unavailable.
            RefusedError: The key or the address is wrong, or something broke in the server.
        """
        answer = self._send("GET", f"/v1/events/{quote(source, safe='')}/{quote(event_id, safe='')}", known=(404,))
        found: dict[str, Any] | None = None if answer.status_code == 404 else answer.json()
        return found

    def _post(self, events: list[tuple[int, Mapping[str, Any]]], kind: str, posted: Posted) -> None:
        """Post what is left until nothing is: the server takes a batch whole, or names some that are at fault."""
        while events:
            answer = self._send("POST", "/v1/events", json.dumps([event for _, event in events]), kind)
            if answer.is_success:
                receipts = zip(events, answer.json()["receipts"], strict=True)
                posted.receipts.update({index: receipt for (index, _), receipt in receipts})
                return
            faults = _faults(answer)
            if not faults and len(events) > 1:
                # Too large, or unreadable somewhere: a half of it may be neither.
                half = len(events) // 2
                self._post(events[:half], kind, posted)
                events = events[half:]
                continue
            faults = faults or {0: [Problem(_said(answer).get("detail") or f"the server answers {answer.status_code}")]}
            posted.problems.update({events[at][0]: found for at, found in faults.items()})
            events = [event for at, event in enumerate(events) if at not in faults]

    def _send(
        self, method: str, path: str, body: str | None = None, kind: str = _JSON, *, known: tuple[int, ...] = ()
    ) -> httpx.Response:
        headers = {"Content-Type": kind} if body is not None else {}
        waited, pause = 0.0, 0.25
        while True:
            answer = self._try(method, path, body, headers)
            if isinstance(answer, httpx.Response) and answer.status_code not in _LATER:
                return self._checked(answer, known)
            trouble, asked = _trouble(answer)
            pause = min(asked or pause * 2, _LONGEST_PAUSE)
            if waited + pause > PATIENCE:
                raise self._unreachable(f"{trouble}; run the same command again later, nothing counts twice")
            self._told(f"{trouble}; trying again in {pause:g} s")
            time.sleep(pause)
            waited += pause

    def _try(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> httpx.Response | Exception:
        try:
            answer = self._client.request(method, path, content=body, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise RefusedError(f"{self._url!r} is no address of a server; write http://127.0.0.1:8600") from None
        except httpx.TransportError as error:
            if not self._answered:
                raise self._unreachable(str(error)) from None
            return error
        self._answered = True
        return answer

    def _checked(self, answer: httpx.Response, known: tuple[int, ...]) -> httpx.Response:
        status = answer.status_code
        if status in known or not (status in _AUTHORITY or status >= 500):
            return answer
        detail = _said(answer).get("detail") or f"it answers {status}"
        if status == 401:
            detail = "the API key is missing or wrong; give --api-key or set CARE_API_KEY (it stands in data/api.key)"
        raise RefusedError(f"{self._url} refuses: {detail}")

    def _unreachable(self, why: str) -> UnreachableError:
        return UnreachableError(f"no Aftercare server answers at {self._url}: {why}. Start it with: care up")


def _trouble(answer: httpx.Response | Exception) -> tuple[str, float]:
    """What to tell while waiting, and the seconds the server asks for."""
    if isinstance(answer, Exception):
        return f"the connection broke ({answer})", 0.0
    asked = answer.headers.get("retry-after", "")
    return _said(answer).get("detail") or "the server is busy", float(asked) if asked.isdigit() else 0.0


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _faults(answer: httpx.Response) -> dict[int, list[Problem]]:
    """The faults of a batch by the event's place in it; nothing when the server names no event."""
    found: dict[int, list[Problem]] = {}
    for fault in _said(answer).get("errors", []):
        if match := _POINTER.fullmatch(fault["pointer"]):
            problem = Problem(fault["detail"], match[2] or "", fault.get("hint", ""))
            found.setdefault(int(match[1]), []).append(problem)
    return found
