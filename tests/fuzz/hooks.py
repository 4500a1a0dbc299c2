"""What schemathesis cannot know: mails that come back, and names under which the shop has something.

Every second request that fits its description is brought near to what the shop knows, so that more than the first
check of the reader is reached; requests that break their description on purpose stay as they are.
"""

import hashlib
import json
from copy import deepcopy
from typing import Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as some

from tests.bounces import bounces
from tests.integration.web.shop import CATEGORIES

_CUSTOMERS = ("KH-1", "KH-2", "KH-3")
_RECEIPTS = ("delivery-1", "delivery-2", "answer")
_SAID: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("order.placed", None),
    ("order.delivered", None),
    ("csat.answered", {"score": 5, "comment": "tốt"}),
    ("consent.given", {"channel": "email", "purpose": "marketing", "wording": "Tôi đồng ý"}),
    ("consent.withdrawn", {"channel": "sms", "purpose": "care"}),
    ("message.bounced", {"channel": "sms", "permanent": True}),
    ("ticket.opened", {"ticket": "T-1", "about": "hỏng"}),
    ("offer.redeemed", {"code": "STAND10"}),
    ("customer.updated", None),
)


@some.composite
def mails(draw: some.DrawFn) -> bytes:
    """A real bounce with a part replaced, or any bytes."""
    if draw(some.booleans()):
        return draw(some.binary(min_size=1, max_size=400))
    mail = draw(some.sampled_from(sorted(bounces().values(), key=len)[:60]))
    start = draw(some.integers(0, len(mail)))
    end = draw(some.integers(start, min(start + 200, len(mail))))
    return mail[:start] + draw(some.binary(max_size=60)) + mail[end:]


schemathesis.openapi.media_type("message/rfc822", mails())


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Bring every second sound request near to what the shop knows."""
    mode = case.meta.generation.mode if case.meta is not None else None
    number = _number(case)
    if mode != schemathesis.GenerationMode.POSITIVE or number % 2:
        return
    number //= 2
    match case.operation.label:
        case "POST /v1/events":
            case.body = _known(case.body, number)
        case "GET /v1/events/{source}/{id}":
            case.path_parameters |= {"source": "shop", "id": _RECEIPTS[number % len(_RECEIPTS)]}
        case "GET /v1/customers/{id}" | "GET /v1/customers/{id}/timeline":
            case.path_parameters |= {"id": quote(_CUSTOMERS[number % len(_CUSTOMERS)])}


def _known(body: Any, number: int) -> Any:
    body = deepcopy(body)
    listed = body if isinstance(body, list) else body.get("events") if isinstance(body, dict) else None
    events = listed if isinstance(listed, list) else [body]
    for at, event in enumerate(event for event in events if isinstance(event, dict)):
        _name(event, number + at)
    return body


def _name(event: dict[str, Any], number: int) -> None:
    kind, data = _SAID[number % len(_SAID)]
    event |= {"type": kind, "time": "2026-03-10T10:00:00+07:00", "source": "fuzz", "id": f"e{number % 100_000}"}
    cloud = "specversion" in event
    inner = event.get("data") if cloud else event
    if not isinstance(inner, dict):
        return
    customer = inner.get("customer")
    kept = customer if isinstance(customer, dict) and number % 3 == 0 else {}
    inner["customer"] = {**kept, "id": f"KH-{number % 50}"}
    inner["order"] = {"id": f"DH-{number % 70}", "category": CATEGORIES[number % 5], "total": number % 10**8}
    inner["data"] = data


def _number(case: Any) -> int:
    """A number that is the same for the same case."""
    try:
        said = json.dumps([case.body, case.path_parameters], default=repr, sort_keys=True)
    except (TypeError, ValueError):
        said = repr((case.body, case.path_parameters))
    return int.from_bytes(hashlib.sha256(said.encode(errors="replace")).digest()[:6])
