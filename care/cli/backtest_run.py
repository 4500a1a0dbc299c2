"""Preparing a back-test, running it with a progress bar, and reporting what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from care.backtest.backtesting import Outcomes, Setting, run, with_learnt
from care.backtest.costs import Written
from care.backtest.habits import Habits
from care.backtest.living import Rules
from care.backtest.past import Period
from care.backtest.report import Compared, report_of
from care.backtest.sources import Source
from care.cli.opening import existing_store
from care.cli.past_files import FilePast, Sorted, sort_file
from care.cli.progress import progress
from care.cli.publishing import revision_of
from care.cli.rule_files import checked
from care.cli.shares import share_of
from care.cli.writing_samples import SampleWriter
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook, WalkedPlan
from care.domain.timing import instant_of, zone_of
from care.rulebook.policies import published
from care.settings import Settings
from care.spreading import cores
from care.store import plans
from care.store.engine import reading
from care.store.pasts import StorePast, newest_event


class BacktestError(CareError):
    """What was asked for cannot be replayed; the message says what to ask instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command line."""

    since: str
    until: str
    against: str
    events: Path | None
    journeys: frozenset[str]
    answers: str
    seed: int
    jobs: int


@dataclass(frozen=True)
class Ready:
    """Everything a back-test needs.

    Attributes:
        written: How many segments messages took that were written as a sample.
        held: What the file of events held, when it is one.
    """

    settings: Settings
    source: Source
    setting: Setting
    names: Compared
    written: Written
    zone: ZoneInfo
    jobs: int
    held: Sorted | None


@dataclass(frozen=True)
class Report:
    """What came of it: all counts, and the same as plain values."""

    found: Outcomes
    plain: dict[str, Any]


@contextmanager
def prepared(settings: Settings, asked: Asked) -> Iterator[Ready]:
    """Read rules and past, and learn how customers answer.

    Raises:
        BrokenRulesError: Something is wrong in the rule files.
        BacktestError: Dates, journeys or the revision cannot be used.
        NoStoreError: There is no store, and it is needed.
        EventFileError: The file cannot be read.
    """
    draft = checked(settings)[0]
    past, against = _past_rules(settings, asked.against)
    rules = _only(Rules(draft, past), asked.journeys)
    zone = zone_of(draft.catalogue.company.timezone, "UTC")
    with TemporaryDirectory(prefix="care-backtest-") as folder:
        into = Path(folder) / "events.sqlite"
        held = _sorted(asked.events, into, draft) if asked.events is not None else None
        if held is not None:
            period = _period(asked, held.last, zone)
            source: Source = FilePast(into, draft, frozenset(held.types))
        else:
            source, period = _store_source(settings, asked, zone)
        habits = Habits(asked.seed, rate=share_of(asked.answers, "--answers"), recorded=source.recorded)
        writer = SampleWriter(settings)
        setting = with_learnt(source, Setting(rules, period, habits), writer)
        names = Compared(f"the draft in {settings.rules_dir}", against, str(asked.events or "the store"))
        yield Ready(settings, source, setting, names, writer.written, zone, asked.jobs or cores(), held)


def compare(ready: Ready) -> Report:
    """Replay everything, with a progress bar."""
    total = sum(stretch.events for stretch in ready.source.stretches())
    with progress("Replaying", total) as told:
        found = run(ready.source, ready.setting, ready.jobs, told)
    if ready.held is not None:
        found.refuse(ready.held.refused, ready.held.problems)
    if not found.orders:
        raise BacktestError(
            f"no purchase is known from {ready.setting.period.since.astimezone(ready.zone):%Y-%m-%d} on; "
            "choose an earlier --from, or give a file with --events"
        )
    return Report(found, report_of(found, ready.setting, ready.names, ready.written))


def _past_rules(settings: Settings, against: str) -> tuple[Rulebook | None, str]:
    if against == "none":
        return None, ""
    if against != "published" and not against.isdecimal():
        raise BacktestError(f"--against {against!r} cannot be read; write published, a revision's number, or none")
    engine = existing_store(settings)
    try:
        with reading(engine) as conn:
            if against == "published":
                newest = plans.newest(conn)
                if newest is None:
                    raise BacktestError("nothing is published yet; try the draft alone with --against none")
                against = str(newest)
            return _published(conn, int(against)), f"revision {against}"
    finally:
        engine.dispose()


def _published(conn: Connection, revision: int) -> Rulebook:
    found = revision_of(conn, revision)
    walked = {plan.hash: WalkedPlan(plan) for plan in plans.kept(conn, [each for each, _ in found.journeys.values()])}
    entering = {name: walked[each] for name, (each, _) in found.journeys.items()}
    return Rulebook(found.catalogue, found.types, entering, walked, revision, policies=published(found.sources))


def _only(rules: Rules, journeys: frozenset[str]) -> Rules:
    if not journeys:
        return rules
    known = rules.draft.entering.keys() | (rules.past.entering.keys() if rules.past is not None else set())
    if strange := sorted(journeys - known):
        raise BacktestError(f"there is no journey {strange[0]!r}; there are {', '.join(sorted(known))}")

    def narrowed(rulebook: Rulebook) -> Rulebook:
        return replace(rulebook, entering={name: each for name, each in rulebook.entering.items() if name in journeys})

    return Rules(narrowed(rules.draft), narrowed(rules.past) if rules.past is not None else None)


def _sorted(path: Path, into: Path, draft: Rulebook) -> Sorted:
    with progress("Reading", None) as told:
        return sort_file(path, into, draft, told)


def _store_source(settings: Settings, asked: Asked, zone: ZoneInfo) -> tuple[StorePast, Period]:
    engine = existing_store(settings)
    try:
        with reading(engine) as conn:
            newest, last = newest_event(conn)
    finally:
        engine.dispose()
    period = _period(asked, last, zone)
    return StorePast(settings.database_url, period.until, newest), period


def _period(asked: Asked, last: datetime | None, zone: ZoneInfo) -> Period:
    if last is None:
        raise BacktestError("no event was ever told, so there is nothing to replay; give a file with --events")
    since = _day(asked.since, "--from")
    until = _day(asked.until, "--to") if asked.until else last.astimezone(zone).date()
    if until < since:
        raise BacktestError(f"the last day, {until}, lies before the first, {since}; choose an earlier --from")
    midnight = [instant_of(datetime.combine(day, time()), zone) for day in (since, until + timedelta(1))]
    return Period(*midnight)


def _day(words: str, option: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise BacktestError(f"{option} {words!r} is no day; write it like 2026-03-01") from None
