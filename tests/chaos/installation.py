"""The installation under test: every part a process of its own, each behind a link that can be troubled."""

import asyncio
import os
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from care import clock
from care.cli.publishing import publish_folder
from care.settings import Settings, as_environment, load_settings
from care.signatures import peer_secret
from care.temporal.client import connect
from care.temporal.devserver import command_line, keep_histories
from tests.acceptance.cli.shop import REPOSITORY, free_ports
from tests.chaos import database as databases
from tests.chaos.clocks import Clock
from tests.chaos.disks import Disks
from tests.chaos.processes import Process
from tests.chaos.sightings import Sightings
from tests.chaos.wire import HOST, Link

Store = Literal["sqlite", "postgresql"]
WORKERS = ("worker 1", "worker 2")
SHOP = Path(__file__).parent / "shop"
_PARTS = ("api", "temporal", "relay", "gateway", "postgres")


@dataclass(frozen=True, slots=True)
class Zones:
    """Where customers live, by the clock of now.

    Attributes:
        day: About noon there.
        edge: Quiet hours begin there within the run.
        night: It is quiet there all along.
        quiet: The shop's quiet hours, as the catalogue writes them.
        falls: When they begin at the edge (UTC).
    """

    day: str
    edge: str
    night: str
    quiet: str
    falls: datetime


def zones_of(now: datetime, until_edge: timedelta) -> Zones:
    """The zones for a run that begins now, with quiet hours that begin so long after it at the edge."""
    falls = (now.astimezone(UTC) + until_edge).replace(second=0, microsecond=0) + timedelta(minutes=1)
    noon = now.astimezone(UTC).hour - 12
    shift = -noon  # Hours east of Greenwich where it is about noon.
    begins = falls + timedelta(hours=shift)
    east = {"day": shift - 4, "edge": shift, "night": shift + 6}
    ends = begins + timedelta(hours=14)
    names = {name: _zone(hours) for name, hours in east.items()}
    return Zones(**names, quiet=f'"{begins:%H:%M} to {ends:%H:%M}"', falls=falls)


def _zone(east: int) -> str:
    """The zone so many hours east of Greenwich; the day does not matter, so it may be a whole day off."""
    hours = (east + 12) % 24 - 12
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


@dataclass
class Installation:
    """Everything that runs.

    Attributes:
        settings: As the workers and the API are started with, but for the ports, which are those of the links.
        clocks: By process.
    """

    folder: Path
    settings: Settings
    zones: Zones
    disks: Disks
    store: Store
    processes: dict[str, Process] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    mails_seen: Sightings = field(default_factory=Sightings)
    texts_seen: Sightings = field(default_factory=Sightings)
    database: databases.Database | None = None
    store_url: str = ""

    async def start(self) -> None:
        """Start everything and wait until it can take events."""
        for link in self.links.values():
            await link.start()
        postgres = self.processes.get("postgres")
        if postgres is not None and self.database is not None:
            postgres.start()
            await asyncio.to_thread(self.database.make)
        direct = self.settings.model_copy(update={"database_url": self.store_url})
        await asyncio.to_thread(publish_folder, direct, "make chaos", "the shop of the chaos run")
        for name, process in self.processes.items():
            if name != "postgres":
                process.start()
        await keep_histories(await connect(self.settings))
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(self._is_up):
                await asyncio.sleep(0.1)

    def _is_up(self) -> bool:
        return all(databases.is_open(link.target) for link in self.links.values())

    async def stop(self) -> None:
        """End everything, the store last."""
        for process in self.processes.values():
            process.wake()
        first = [each for name, each in self.processes.items() if name != "postgres"]
        await asyncio.gather(*(process.stop() for process in first))
        if "postgres" in self.processes:
            await self.processes["postgres"].stop()
        for link in self.links.values():
            link.close()
        databases.forget_programs(self.folder / "programs")


def install(folder: Path, store: Store, span: float, *, brief: bool) -> Installation:
    """Lay everything out in an empty folder; nothing is started yet.

    Args:
        span: Seconds over which customers buy: quiet hours begin at the edge when half of them are over.
    """
    disks = Disks(folder / "disks")
    zones = zones_of(clock.now(), timedelta(seconds=span / 2))
    _write_shop(folder, zones, brief=brief)
    behind = dict(zip(_PARTS, free_ports(len(_PARTS)), strict=True))
    before = dict(zip(_PARTS, free_ports(len(_PARTS)), strict=True))
    postgres = _database(folder, disks, behind["postgres"]) if store == "postgresql" else None
    sqlite = f"sqlite:///{disks.make('store') / 'care.sqlite'}" if postgres is None else ""
    settings = _settings(folder, before, sqlite or (postgres.url(before["postgres"]) if postgres is not None else ""))
    found = Installation(folder, settings, zones, disks, store, database=postgres)
    found.store_url = sqlite or (postgres.url() if postgres is not None else "")
    for name in _PARTS:
        if name != "postgres" or postgres is not None:
            witness = {"relay": found.mails_seen.mail, "gateway": found.texts_seen.web}.get(name)
            found.links[name] = Link(name, before[name], behind[name], witness)
    (folder / "clocks").mkdir()
    found.clocks = {name: Clock(folder / "clocks" / name.replace(" ", "-")) for name in (*WORKERS, "api")}
    _add_processes(found, behind)
    return found


def _write_shop(folder: Path, zones: Zones, *, brief: bool) -> None:
    shutil.copytree(SHOP, folder / "shop")
    shutil.copytree(REPOSITORY / "templates" / "pages", folder / "shop" / "templates" / "pages")
    catalogue = folder / "shop" / "rules" / "catalog.yaml"
    text = catalogue.read_text(encoding="utf-8").replace("DAY_ZONE", zones.day).replace("QUIET", zones.quiet)
    catalogue.write_text(text, encoding="utf-8")
    if brief:
        journey = folder / "shop" / "rules" / "journeys" / "after_purchase.yaml"
        lines = [
            each for each in journey.read_text(encoding="utf-8").splitlines() if "# not in a brief run" not in each
        ]
        journey.write_text("\n".join(lines).replace("2 minutes", "1 minute") + "\n", encoding="utf-8")


def _database(folder: Path, disks: Disks, port: int) -> databases.Database:
    # The account PostgreSQL runs under has to get to its files.
    for each in (folder, folder / "disks"):
        each.mkdir(exist_ok=True)
        each.chmod(0o755)
    return databases.set_up(disks.make("postgres", databases.owner()), folder / "programs", port)


def _settings(folder: Path, ports: dict[str, int], store: str) -> Settings:
    secret = secrets.token_urlsafe(32)
    return load_settings(
        data_dir=folder / "data",
        rules_dir=folder / "shop" / "rules",
        templates_dir=folder / "shop" / "templates",
        database_url=store,
        temporal_address=f"{HOST}:{ports['temporal']}",
        http_host=HOST,
        http_port=ports["api"],
        public_url=f"http://{HOST}:{ports['api']}",
        api_key=secrets.token_urlsafe(24),
        secret=secret,
        smtp_host=HOST,
        smtp_port=ports["relay"],
        sms_url=f"http://{HOST}:{ports['gateway']}",
        sms_signing_key=peer_secret(secret, "twilio"),
    )


def _add_processes(found: Installation, ports: dict[str, int]) -> None:
    logs = found.folder / "logs"
    logs.mkdir()
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CARE_", "TEMPORAL"))}
    environment = {**plain, **as_environment(found.settings), "PYTHONPATH": str(REPOSITORY)}

    def add(name: str, *command: str) -> None:
        log = logs / f"{name.replace(' ', '-')}.log"
        found.processes[name] = Process(name, command, environment, log, found.folder)

    if found.database is not None:
        found.processes["postgres"] = Process(
            "postgres",
            found.database.command,
            found.database.environment,
            logs / "postgres.log",
            found.folder / "disks" / "postgres",
            found.database.account,
        )
    add("temporal", *command_line(found.disks.make("temporal") / "temporal.sqlite", ports["temporal"]))
    peers = (sys.executable, "-P", "-m", "care.peers", "--gateways-port", "0", "--webhook-port", "0")
    mail, phone = str(found.disks.make("relay")), str(found.disks.make("gateway"))
    add("relay", *peers, "--data-dir", mail, "--smtp-port", str(ports["relay"]), "--sms-port", "0")
    add("gateway", *peers, "--data-dir", phone, "--smtp-port", "0", "--sms-port", str(ports["gateway"]))
    for name in WORKERS:
        add(name, *_with_clock(found.clocks[name]), "worker")
    add("api", *_with_clock(found.clocks["api"]), "api", str(ports["api"]))


def _with_clock(own: Clock) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.chaos.clocks", str(own.file))
