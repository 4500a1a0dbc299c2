"""Who may use the API: whoever shows a key that has the scope a route asks for."""

import contextlib
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from care.store import api_keys
from care.store.api_keys import SCOPES, ApiKey
from care.store.engine import StoreUnavailable, reading, writing
from care.web.context import Here, WebContext
from care.web.guard import is_same
from care.web.problems import RefusalError, described
from care.web.throttles import address_of, refuse_after

SCHEME = HTTPBearer(
    scheme_name="key",
    description="A key of `care api-keys create`, with the scope an operation names; or CARE_API_KEY, data/api.key",
    auto_error=False,
)
REFUSALS = described("unauthorized", "missing-scope", "too-many-requests", "unavailable")
# The key of the settings has no id of its own, and may do everything.
_OF_THE_SETTINGS = "settings"


def authorized(
    request: Request, here: Here, asked: SecurityScopes, _shown: Annotated[object, Depends(SCHEME)] = None
) -> None:
    """Let a request pass whose key has every scope that is asked for.

    Raises:
        RefusalError: When it shows no key or a wrong one, the key lacks a scope, or too many requests came.
    """
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    key = _key_of(request, here, text.strip() if scheme.lower() == "bearer" else "")
    refuse_after(here.throttles.keys.take(key.id if key is not None else _OF_THE_SETTINGS), "this key asks too often")
    missing = [scope for scope in asked.scopes if key is not None and scope not in key.scopes]
    if missing:
        words = f"this key lacks the scope {missing[0]!r}; 'care api-keys create' makes one that has it"
        challenge = f'Bearer realm="aftercare", error="insufficient_scope", scope="{" ".join(asked.scopes)}"'
        raise RefusalError("missing-scope", words, headers={"WWW-Authenticate": challenge})


def needs(scope: str) -> Any:
    """The dependency of a route that only keys with this scope may use."""
    assert scope in SCOPES, scope
    return Security(authorized, scopes=[scope])


def _key_of(request: Request, here: WebContext, text: str) -> ApiKey | None:
    """The key a request shows; ``None`` when it is the one of the settings."""
    if not text:
        raise _unauthorized('Bearer realm="aftercare"')
    key = _stored(here, text)
    if key is not None:
        return key
    # A key of ours cannot be guessed, one that people chose can.
    address, wrong = address_of(request), here.throttles.wrong_keys
    refuse_after(wrong.wait(address), "too many wrong keys came from your address")
    if is_same(text, here.settings.api_key):
        return None
    wrong.take(address)
    raise _unauthorized('Bearer realm="aftercare", error="invalid_token"')


def _stored(here: WebContext, text: str) -> ApiKey | None:
    if not api_keys.is_ours(text):
        return None
    with reading(here.engine) as conn:
        key = api_keys.find(conn, text)
    if key is not None and api_keys.is_stale(key, here.now()):
        # That it was used is worth a line, but no refusal.
        with contextlib.suppress(StoreUnavailable), writing(here.engine) as conn:
            api_keys.note_use(conn, key.id, here.now())
    return key


def _unauthorized(challenge: str) -> RefusalError:
    return RefusalError(
        "unauthorized",
        "send the header 'Authorization: Bearer KEY', the key being one of 'care api-keys create' or CARE_API_KEY",
        headers={"WWW-Authenticate": challenge},
    )
