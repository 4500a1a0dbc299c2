"""Ninety days of a shop on the real engine: each customer's clock is moved to their next interesting moment.

Customers live side by side, nobody further ahead than a few days. Interesting is when their workflow wants to wake up,
when the shop's systems have something to say of them, and when they, or the care team, act on a message.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from care.cli.demo_people import Form, Letter, awake, closes_after, comment_of, reactions, score_of
from care.cli.demo_shop import DemoError, Shop, Standing
from care.temporal.client import workflow_id

STEP = timedelta(days=5)
AT_ONCE = 24
_BLINK = timedelta(seconds=1)
_SOON = 0.01
_PATIENCE = 30.0

Doing = tuple[str, Any]


@dataclass(slots=True)
class Life:
    """One customer's way through the days.

    Attributes:
        now: What their clock shows (UTC).
        coming: What is scripted, as a heap of (when, order, what).
        read: Number of the last message they read, by channel.
        letters: How many messages they have read.
        asked: Survey pages they were asked to open.
        tickets: Ids of the tickets the care team knows of.
    """

    id: str
    key: str
    locale: str
    zone: ZoneInfo
    addresses: Mapping[str, str]
    now: datetime
    standing: Standing = field(default_factory=Standing)
    coming: list[tuple[datetime, int, Doing]] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)
    letters: int = 0
    asked: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)

    def next_moment(self) -> datetime | None:
        """When something happens next, if anything does."""
        moments = [self.coming[0][0]] if self.coming else []
        if self.standing.wake_at is not None and self.standing.active:
            moments.append(self.standing.wake_at)
        return max(min(moments), self.now) if moments else None


class Days:
    """Plays the days.

    Args:
        shop: Everything that runs.
        seed: Decides what people do.
        progress: Called with the virtual instant that was reached.
    """

    def __init__(self, shop: Shop, seed: int, progress: Callable[[datetime], None]) -> None:
        self._shop = shop
        self._seed = seed
        self._progress = progress
        self._order = count()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def script(self, life: Life, at: datetime, what: str, about: Any) -> None:
        """Let something happen to a customer at an instant."""
        heapq.heappush(life.coming, (at, next(self._order), (what, about)))

    async def live(self, lives: Iterable[Life], end: datetime) -> None:
        """Move everybody on to the end.

        Raises:
            DemoError: Something did not happen that should have.
        """
        everybody = list(lives)
        for life in everybody:
            await self._look_around(life)
        while True:
            due = [(moment, life) for life in everybody if (moment := life.next_moment()) is not None and moment <= end]
            if not due:
                break
            first = min(moment for moment, _ in due)
            until = min(first + STEP, end + _BLINK)
            await self._all_go_on([life for moment, life in due if moment < until], first, until)
        self._progress(end)

    async def _all_go_on(self, lives: Sequence[Life], first: datetime, until: datetime) -> None:
        done = 0

        async def go_on(life: Life) -> None:
            nonlocal done
            await self._go_on(life, until)
            done += 1
            self._progress(first + (until - first) * done / len(lives))

        try:
            async with asyncio.TaskGroup() as group:
                for life in lives:
                    group.create_task(go_on(life))
        except* DemoError as wrong:
            raise wrong.exceptions[0] from None

    async def _go_on(self, life: Life, until: datetime) -> None:
        async with self._turns:
            while (moment := life.next_moment()) is not None and moment < until:
                await self._move_to(life, moment)
                while life.coming and life.coming[0][0] <= life.now:
                    await self._do(life, *heapq.heappop(life.coming)[2])
                    await self._look_around(life)

    async def _move_to(self, life: Life, moment: datetime) -> None:
        ahead = moment - life.now + _BLINK
        life.now = moment
        if life.standing.active:
            await self._shop.virtual.move_on(self._workflow(life), ahead)
            await self._look_around(life)

    def _workflow(self, life: Life) -> WorkflowHandle[Any, Any]:
        return self._shop.virtual.client.get_workflow_handle(workflow_id(life.key))

    async def _do(self, life: Life, what: str, about: Any) -> None:
        match what:
            case "event":
                await self._told(life, self._shop.post([about], life.now))
            case "answer":
                await self._told(life, self._answer(life, about))
            case "unsubscribe":
                await self._told(life, self._shop.leave(about, life.now))
            case "redeem":
                for event in _redeeming(life, about):
                    await self._told(life, self._shop.post([event], life.now))
            case "close":
                await self._told(life, self._shop.post([_closing(life, about)], life.now))

    async def _answer(self, life: Life, url: str) -> None:
        form = Form(await self._shop.page(url, life.now))
        if not form.scores:
            raise DemoError(f"the survey page of {life.id} shows no scores")
        answer = {
            **form.fields,
            "score": str(score_of(self._seed, life.id, form.scores)),
            "comment": comment_of(self._seed, life.id, life.locale),
        }
        await self._shop.fill_in(url, form.action, answer, life.now)

    async def _told(self, life: Life, telling: Awaitable[None]) -> None:
        """Tell something, and wait until it was decided at this customer's own time."""
        self._shop.times.of[life.key] = life.now
        asleep = not life.standing.active
        await telling
        async with self._patience(f"an event of {life.id} was not decided"):
            while await self._shop.undecided(life.key):
                if asleep:
                    await self._begin(life)
                await asyncio.sleep(_SOON)

    async def _begin(self, life: Life) -> None:
        """Skip the delay with which a new run starts, so that it begins at this customer's time, once it is there."""
        virtual, workflow = self._shop.virtual, self._workflow(life)
        try:
            ahead = life.now - await virtual.now(workflow)
            await virtual.move_on(workflow, max(ahead, timedelta()) + _BLINK)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise

    async def _look_around(self, life: Life) -> None:
        """See where the journey stands, what came in the mail and which tickets were opened."""
        async with self._patience(f"what was ordered for {life.id} was not carried out"):
            while (standing := await self._shop.standing(life.key)).busy:
                await asyncio.sleep(_SOON)
        life.standing = standing
        for text in await self._shop.letters(life.addresses, life.read):
            life.letters += 1
            letter = Letter(life.letters, text)
            for reaction in reactions(self._seed, life.id, letter, reminded=letter.survey in life.asked):
                self.script(life, awake(life.now + reaction.after, life.zone), reaction.act, reaction.target)
            life.asked.add(letter.survey)
        for ticket in await self._shop.open_tickets(life.key):
            if ticket not in life.tickets:
                life.tickets.add(ticket)
                took = closes_after(self._seed, life.id, len(life.tickets))
                if took is not None:
                    self.script(life, self._shop.when_open(life.now + took), "close", ticket)

    @asynccontextmanager
    async def _patience(self, trouble: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_PATIENCE):
                yield
        except TimeoutError:
            raise DemoError(f"{trouble} within {_PATIENCE:.0f} s") from None


def _closing(life: Life, ticket: str) -> Mapping[str, Any]:
    note = "Đã gọi lại, khách đồng ý." if life.locale == "vi" else "Called back; solved."
    return _event(life, f"closed-{ticket}", "ticket.closed", "helpdesk", data={"ticket": ticket, "note": note})


def _redeeming(life: Life, code: str) -> list[Mapping[str, Any]]:
    placed = {
        "id": f"DH-{life.id.removeprefix('KH-')}-{code[-4:]}",
        "category": "accessory",
        "total": 590_000,
        "placed_at": life.now.isoformat(timespec="minutes"),
        "discounted": True,
    }
    return [
        _event(life, f"redeemed-{code}", "offer.redeemed", "till", data={"code": code}),
        _event(life, f"placed-{code}", "order.placed", "till", order=placed),
    ]


def _event(life: Life, name: str, type: str, source: str, **fields: object) -> Mapping[str, Any]:
    time = life.now.isoformat(timespec="seconds")
    return {
        "id": f"{life.id}-{name}",
        "source": source,
        "type": type,
        "time": time,
        "customer": {"id": life.id},
        **fields,
    }
