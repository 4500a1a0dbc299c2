"""Runs the demo from the first order to the last line it prints."""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from care import clock
from care.cli.demo_days import Days, Life
from care.cli.demo_orders import Arrival, arrivals, profiles
from care.cli.demo_report import as_json, print_next, print_story, print_summary, read_summary, stories, troubles
from care.cli.demo_servers import demo_settings, open_shop
from care.cli.demo_shop import DemoError, Shop
from care.settings import load_settings

DAYS = 90
# The last day is lived to its end.
_LASTS = timedelta(days=DAYS + 1)
_BATCH = 500
_DECIDED_WITHIN = 90.0
_LOOK = 0.1

Tell = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked of ``care demo``."""

    keep: bool = False
    json_file: Path | None = None
    purchases: int | None = None
    seed: int = 1


async def run(options: DemoOptions, out: Console) -> None:
    """Play the days and print what became of them.

    Raises:
        DemoError: Something did not work as it should.
    """
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    assert me is not None
    loop.add_signal_handler(signal.SIGTERM, me.cancel)
    began = loop.time()
    with _folder(options.keep) as folder:
        settings = demo_settings(folder, load_settings().http_port if options.keep else None)
        start = clock.now()
        found = arrivals(start, options.purchases)
        out.print("Starting the Temporal server, a worker, the API, a mail catcher and an SMS gateway …")
        async with open_shop(settings) as shop:
            await _play(shop, found, start, options, out)
            facts = {
                "purchases": sum(arrival.event["type"] == "order.placed" for arrival in found),
                "days": DAYS,
                "seed": options.seed,
                "seconds": round(loop.time() - began, 1),
            }
            await asyncio.to_thread(_report, shop, facts, options, out)
            if options.keep:
                await _stay(shop, out)


async def _play(shop: Shop, found: Sequence[Arrival], start: datetime, options: DemoOptions, out: Console) -> None:
    columns = (TextColumn("{task.description:<34}"), BarColumn(40), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        there = [arrival for arrival in found if arrival.at is None]
        with _bar(progress, out, f"Posting {len(there)} events", len(there)) as tell:
            await _post(shop, there, tell)
        with _bar(progress, out, "Deciding them", len(there)) as tell:
            await _decided(shop, len(there), tell)
        with _bar(progress, out, "Living ninety days", DAYS) as tell:
            days = Days(shop, options.seed, lambda at: tell((at - start) / timedelta(days=1), f"{at:%Y-%m-%d}"))
            lives = await asyncio.to_thread(_lives, shop, found)
            for arrival in found:
                if arrival.at is not None:
                    days.script(lives[arrival.customer], arrival.at, "event", arrival.event)
            await days.live(lives.values(), start + _LASTS)
        shop.times.over = start + _LASTS


async def _post(shop: Shop, there: Sequence[Arrival], tell: Tell) -> None:
    for at in range(0, len(there), _BATCH):
        batch = there[at : at + _BATCH]
        await shop.post([arrival.event for arrival in batch], clock.now())
        tell(at + len(batch), "")


async def _decided(shop: Shop, total: int, tell: Tell) -> None:
    """Wait until every event of the beginning was decided."""
    try:
        async with asyncio.timeout(_DECIDED_WITHIN):
            while waiting := await shop.undecided():
                tell(total - waiting, "")
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise DemoError(
            f"{waiting} events were not decided within {_DECIDED_WITHIN:.0f} s; is the machine busy?"
        ) from None
    tell(total, "")


def _lives(shop: Shop, found: Sequence[Arrival]) -> dict[str, Life]:
    now = clock.now()
    return {
        customer: Life(
            id=customer,
            key=shop.key_of(customer),
            locale=str(profile["locale"]),
            zone=ZoneInfo(str(profile["timezone"])),
            addresses={"email": str(profile.get("email", "")), "sms": str(profile.get("phone", ""))},
            now=now,
        )
        for customer, profile in profiles(found).items()
    }


def _report(shop: Shop, facts: dict[str, Any], options: DemoOptions, out: Console) -> None:
    told, summary = stories(shop.engine), read_summary(shop.engine)
    out.print()
    for story in told:
        print_story(out, shop.engine, story)
    print_summary(out, summary, facts)
    if options.json_file is not None:
        text = json.dumps(as_json(summary, facts, told), ensure_ascii=False, indent=2)
        options.json_file.write_text(text + "\n", encoding="utf-8")
        out.print(f"The summary is in {options.json_file}.")
    wrong = troubles(shop.engine, shop.mailbox, told if options.purchases is None else None)
    if wrong:
        raise DemoError("the demo ran, but not as it should:\n  " + "\n  ".join(wrong))
    print_next(out, shop.settings if options.keep else None, told)


async def _stay(shop: Shop, out: Console) -> None:
    out.print(f"The console is at {shop.settings.public_url}/ until Ctrl-C.", style="bold")
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()


@contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    """Where the demo's data goes: a folder that is gone afterwards, or ``demo`` in the data folder, made anew."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="care-demo-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    folder = load_settings().data_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder


@contextmanager
def _bar(progress: Progress, out: Console, title: str, total: float) -> Iterator[Tell]:
    """A progress bar; where nobody watches a terminal, a line at the start and after each quarter."""
    task = progress.add_task(title, total=total)
    if not out.is_terminal:
        out.print(f"{title} …")
    quarter = 0

    def tell(done: float, detail: str) -> None:
        nonlocal quarter
        progress.update(task, completed=min(done, total), description=f"{title}  {detail}" if detail else title)
        reached = int(4 * done / total)
        if not out.is_terminal and reached > quarter:
            quarter = reached
            out.print(f"  {min(100, 25 * reached)} %  {detail}")

    yield tell
