"""Calling a webhook: post what the rule file says to an endpoint, and read its answer into journey values."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from temporalio import activity

from activities import dispatch, wording
from activities.contract import Calling
from activities.posting import Answer, NotPosted, Parcel, Poster
from care.domain.catalogue import Catalogue
from care.domain.happenings import Settled
from care.domain.orders import CallWebhook
from care.domain.replies import UnreadableReply, read_reply
from care.rendering import Renderer, RenderError, UnknownValue
from care.store import customers
from care.store.engine import reading
from care.store.plans import RulebookCache

TYPE = "aftercare.webhook"

_PATIENCE = 20.0
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class _Call:
    """A webhook that is ready to be posted; the catalogue types what it answers."""

    parcel: Parcel
    catalogue: Catalogue


class WebhookCaller(Calling):
    """Posts to the endpoints of the catalogue.

    Args:
        patience: How many seconds one post may take at most.
    """

    def __init__(
        self,
        engine: Engine,
        rulebooks: RulebookCache,
        renderer: Renderer,
        poster: Poster,
        patience: float = _PATIENCE,
    ) -> None:
        self._engine = engine
        self._rulebooks = rulebooks
        self._renderer = renderer
        self._poster = poster
        self._patience = patience

    @activity.defn(name="call_webhook")
    async def call_webhook(self, order: CallWebhook) -> Settled:
        """Post once and say what came of it; the receiver knows a second post by its id."""
        now = dispatch.instant(order.at)
        return await dispatch.to_the_end(self._call(order, now))

    async def _call(self, order: CallWebhook, now: datetime) -> Settled:
        if now >= order.expires_at:
            return Settled(order.key, "failed", "its time was up before it could be posted", "expired")
        call = await asyncio.to_thread(self._prepare, order, now)
        if isinstance(call, Settled):
            return call
        try:
            answer = await self._poster.post(call.parcel)
        except NotPosted as trouble:
            return Settled(order.key, "failed" if trouble.is_final else "retry", str(trouble), trouble.code)
        return _read(order, answer, call.catalogue)

    def _prepare(self, order: CallWebhook, now: datetime) -> Settled | _Call:
        with reading(self._engine) as conn:
            rulebook = self._rulebooks.current(conn, needing=(order.plan,))
            found = customers.found(conn, order.customer)
            state = found.state if found is not None else None
            running = state.enrolments if state is not None else ()
            run = next((each for each in running if each.id == order.enrolment), None)
            if found is None or state is None or run is None:
                return Settled(order.key, "skipped", "the customer has left the journey", "left")
            known = wording.known(conn, rulebook, found.person, state, run, now)
        endpoint = rulebook.catalogue.endpoints.get(order.endpoint)
        if endpoint is None:
            return Settled(order.key, "failed", f"the catalogue has no endpoint {order.endpoint}", "no_endpoint")
        try:
            data = self._data(order.values, known.values)
        except RenderError:
            return Settled(order.key, "failed", f"the words that {order.step} posts cannot be rendered", "template")
        walked = rulebook.plans.get(order.plan)
        revision = walked.plan.revision if walked is not None else 0
        about = {
            "customer": {"id": found.person.id},
            "order": {"id": run.order_id} if run.order_id is not None else None,
        }
        body = _body(order, {"revision": revision, **about, "data": data})
        within = min(self._patience, (order.expires_at - now).total_seconds())
        return _Call(Parcel(endpoint, order.key, body, within, bool(order.save)), rulebook.catalogue)

    def _data(self, values: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, str | None]:
        """What is posted, by name: a text, or nothing when it needs a value that is not known."""
        words: dict[str, str | None] = {}
        for name, source in values.items():
            try:
                words[name] = self._renderer.text(source, known)
            except UnknownValue:
                words[name] = None
        return words


def _body(order: CallWebhook, more: Mapping[str, Any]) -> bytes:
    time = order.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    told = {"id": order.key, "type": TYPE, "time": time, "journey": order.journey, "step": order.step, **more}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _read(order: CallWebhook, answer: Answer, catalogue: Catalogue) -> Settled:
    """What an answer means; its status is told, its body never."""
    status, endpoint = answer.status, f"endpoint {order.endpoint}"
    if 200 <= status < 300:
        return _kept(order, answer, catalogue) if order.save else Settled(order.key, "done")
    code = f"http_{status}"
    if status >= 500 or status in _LATER:
        return Settled(order.key, "retry", f"{endpoint} cannot take it now (HTTP {status})", code)
    if 300 <= status < 400:
        words = f"{endpoint} sends on to another address (HTTP {status}); write the new one into the catalogue"
        return Settled(order.key, "failed", words, "redirect")
    return Settled(order.key, "failed", f"{endpoint} refuses it (HTTP {status})", code)


def _kept(order: CallWebhook, answer: Answer, catalogue: Catalogue) -> Settled:
    try:
        reply = read_reply(answer.body or b"", order.save, catalogue)
    except UnreadableReply:
        words = f"endpoint {order.endpoint} took it, but its answer is not JSON of at most 64 KiB"
        return Settled(order.key, "failed", words, "unreadable")
    code = "data_quality" if reply.left_out else ""
    return Settled(order.key, "done", "; ".join(reply.left_out), code, values=reply.values)
