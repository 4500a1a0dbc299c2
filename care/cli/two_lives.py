"""One customer's two timelines beside each other, and the why of the first difference."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo
from difflib import SequenceMatcher
from typing import Any

from rich.table import Table
from rich.text import Text

from care.backtest.histories import history_of
from care.backtest.living import Liver
from care.backtest.past import Past
from care.backtest.sources import Source, Stretch
from care.cli.backtest_run import Ready
from care.cli.customers import CustomerNotFoundError
from care.cli.opening import existing_store
from care.cli.screen import print_json, screen
from care.domain.audit import Entry, place, why_lines
from care.domain.timing import zone_of
from care.settings import Settings
from care.store import customers
from care.store.engine import reading
from care.store.pasts import StorePast

_BEFORE = 6


@dataclass(frozen=True, slots=True)
class Lives:
    """One customer's timelines; ``was`` is ``None`` where the draft is compared with nothing.

    Attributes:
        same: How many entries both begin with.
    """

    name: str
    zone: tzinfo
    was: Sequence[Entry] | None
    now: Sequence[Entry]
    same: int


def show_lives(ready: Ready, customer: str, *, as_json: bool) -> None:
    """Replay one customer with every reason, and print both timelines.

    Raises:
        CustomerNotFoundError: Nobody is called so, or several are.
    """
    lives = lives_of(ready, _past_of(ready, customer))
    if as_json:
        print_json(_plain(lives, ready))
        return
    out = screen()
    against = ready.names.against
    out.print(Text(f"{lives.name}, times in {lives.zone}", style="bold"))
    if lives.was is None:
        for entry in lives.now:
            out.print(Text(_line(entry, lives.zone)), soft_wrap=True)
        return
    if lives.same == len(lives.was) == len(lives.now):
        out.print(f"The draft treats this customer as {against} does: {lives.same:,} entries are the same.")
        return
    skipped = max(lives.same - _BEFORE, 0)
    if skipped:
        out.print(f"… {skipped:,} entries are the same …", style="dim")
    out.print(_beside(lives, skipped, against))
    _show_first(lives, against)


def lives_of(ready: Ready, past: Past) -> Lives:
    """Replay one customer with every reason."""
    setting = ready.setting
    was, now = Liver(setting.rules, setting.period, setting.habits, explain=True).live(history_of(past))
    named = [told.customer.get("timezone") for told in past.told if told.customer.get("timezone")]
    zone = zone_of(str(named[-1]), "UTC") if named else ready.zone
    mine = now.entries
    theirs = was.entries if was is not None else None
    same = 0
    for left, right in zip(theirs or (), mine, strict=False):
        if _told(left) != _told(right):
            break
        same += 1
    return Lives(past.name, zone, theirs, mine, same)


def _past_of(ready: Ready, customer: str) -> Past:
    name = _key(ready.settings, customer) if isinstance(ready.source, StorePast) else customer
    past = next(_read(ready.source, name), None)
    if past is None:
        raise CustomerNotFoundError(f"no event is told of customer {customer!r}; use the shop's own id")
    return past


def _read(source: Source, name: str) -> Iterator[Past]:
    source.open()
    try:
        yield from source.read(Stretch(name, name, 1, 0))
    finally:
        source.close()


def _key(settings: Settings, text: str) -> str:
    engine = existing_store(settings)
    try:
        with reading(engine) as conn:
            found = customers.find(conn, text)
    finally:
        engine.dispose()
    if len(found) != 1:
        several = f"{len(found)} customers are called {text!r}; use the shop's own id"
        raise CustomerNotFoundError(several if found else f"no customer is called {text!r}")
    return found[0].key


def _told(entry: Entry) -> tuple[Any, ...]:
    """What makes two entries the same to a reader: everything but where the rule stands."""
    return entry.kind, entry.at, entry.what, entry.journey, entry.step, entry.template, entry.until, entry.score


def _line(entry: Entry, zone: tzinfo) -> str:
    until = f" (until {entry.until.astimezone(zone):%m-%d %H:%M})" if entry.until is not None else ""
    return f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}  {entry.what}{until}"


def _beside(lives: Lives, skipped: int, against: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column(Text(against, style="bold"), ratio=1, overflow="fold")
    table.add_column(Text("the draft", style="bold"), ratio=1, overflow="fold")
    was, now = (lives.was or ())[skipped:], lives.now[skipped:]
    left, right = [_line(entry, lives.zone) for entry in was], [_line(entry, lives.zone) for entry in now]
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        one, other = left[a:b], right[c:d]
        for at in range(max(len(one), len(other))):
            style = "dim" if kind == "equal" else "yellow"
            cells = [side[at] if at < len(side) else "" for side in (one, other)]
            table.add_row(*[Text(cell, style=style) for cell in cells])
    return table


def _show_first(lives: Lives, against: str) -> None:
    out = screen()
    out.print()
    out.print(Text("Where they part, and why", style="bold"))
    for name, entries in ((against, lives.was or ()), ("the draft", lives.now)):
        if lives.same >= len(entries):
            out.print(f"  {name}: nothing more happens")
            continue
        entry = entries[lives.same]
        out.print(Text(f"  {name}: {_line(entry, lives.zone)}  {place(entry)}".rstrip()), soft_wrap=True)
        for words in (entry.reason, *why_lines(entry.why)):
            if words:
                out.print(Text(f"      {words}"), soft_wrap=True)


def _plain(lives: Lives, ready: Ready) -> dict[str, Any]:
    return {
        "customer": lives.name,
        "against": ready.names.against or None,
        "same": lives.same,
        "was": [_plain_entry(entry) for entry in lives.was] if lives.was is not None else None,
        "draft": [_plain_entry(entry) for entry in lives.now],
    }


def _plain_entry(entry: Entry) -> dict[str, Any]:
    return {**asdict(entry), "why": why_lines(entry.why), "place": place(entry)}
