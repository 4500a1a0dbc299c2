"""A lane: one shop with a store and a peer of its own, whose senders are killed one after the other."""

import asyncio
import gc
import json
import os
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from activities.channels.base import Channel
from activities.channels.registry import open_channels
from activities.dispatch import Dispatch
from activities.sending import MessageSender
from care import clock
from care.domain.catalogue import Template
from care.domain.orders import SendMessage
from care.rendering import Renderer
from care.settings import Settings, load_settings
from care.store.engine import migrate, open_store, writing
from care.store.plans import RulebookCache
from tests.acceptance.cli.shop import noon_zone
from tests.builders import CATALOGUE
from tests.integration.sending.shop import LINKS, RUN, Shop, publish
from tests.integration.store.telling import tell
from tests.kill_matrix.cases import Kill, Route, Trial, again, kills_of, shuffled
from tests.kill_matrix.peer import HOST, fork_peer
from tests.kill_matrix.sender import End, Work, attempt, run_sender

# The gateways tell nothing later of what goes to this number: nobody listens here.
PHONE = "+84900001904"
TEMPLATES = {
    "email/receipt.vi.txt": "Subject: Biên lai {{ number }}\n\nĐơn {{ order.id }}, biên lai {{ number }}\n",
    "sms/receipt.vi.txt": "Bien lai {{ number }}",
    "zalo/receipt.vi.txt": "Template: 301234\nnumber: {{ number }}\n",
}
# The first attempt began half an hour ago, the others follow: by the last one nobody can be at it any more.
_AGO = timedelta(minutes=30)
_LATER = timedelta(minutes=5)
_MOST_ATTEMPTS = 6
# How many attempts after the first may be killed too: the last ones are let live, or a message could never settle.
_KILLED_AGAIN = 3
_STUCK = 30
_SECRET = "a secret of the kill matrix"

Tell = Callable[[Trial], None]


class Lane:
    """Sends and kills.

    Args:
        number: Names the lane in the markers of its messages.
        folder: For its store and its peers' files.
    """

    def __init__(self, number: int, folder: Path, seed: str) -> None:
        self._number = number
        self._seed = f"{seed}:{number}"
        self._folder = folder
        self._file = folder / "care.sqlite"
        self._url = f"sqlite:///{self._file}"
        self._templates = folder / "templates"
        self._count = 0
        self._engine = open_store(self._url, durable=False)
        self._customer, self._plan = self._make_shop()
        self._rulebooks, self._renderer = RulebookCache(self._engine), Renderer(self._templates)
        self._peer = fork_peer(folder, load_settings(data_dir=folder, secret=_SECRET))

    def _make_shop(self) -> tuple[str, str]:
        migrate(self._engine)
        shop = Shop(self._engine, self._templates, {})
        for name, source in TEMPLATES.items():
            (self._templates / name).parent.mkdir(parents=True, exist_ok=True)
            (self._templates / name).write_text(source, encoding="utf-8")
        receipt = Template("receipt", ("email", "sms", "zalo"), "transactional")
        with writing(self._engine) as conn:
            tell(conn, "customer.updated", customer={"phone": PHONE, "timezone": noon_zone()})
            publish(conn, replace(CATALOGUE, templates={**CATALOGUE.templates, "receipt": receipt}))
        self._engine.dispose()
        return shop.lan, shop.plan.hash

    def run(self, routes: tuple[Route, ...], kills: int, told: Tell) -> Counter[str]:
        """Kill so often, and tell of every trial; how often each message was received."""
        done = 0
        for route in routes:
            asyncio.run(self._warm_up(route))
        self._engine.dispose()
        gc.collect()
        gc.freeze()
        plans = [(route, *self._points(route)) for route in routes]
        for route, sender, every, order in cycle(plans):
            trial = self._trial(route, sender, every, next(order))
            done += len(trial.kills)
            told(trial)
            if done >= kills:
                break
        received = self._peer.counted()
        self._peer.close()
        return received

    async def _warm_up(self, route: Route) -> None:
        """Send once in this process: its children need not compile again what it has compiled."""
        channels = open_channels(self._over(route))
        await attempt(self._sender(channels), self._order(route), clock.now())
        for channel in channels.values():
            await channel.close()

    def _sender(self, channels: Mapping[str, Channel]) -> MessageSender:
        outlet = Dispatch(self._engine, channels)
        return MessageSender(self._engine, self._rulebooks, self._renderer, LINKS, outlet)

    def _points(self, route: Route) -> tuple[MessageSender, list[Kill], Iterator[Kill]]:
        """Every point of a route, found by an attempt that nobody disturbs."""
        sender = self._sender(open_channels(self._over(route)))
        orders = [self._order(route) for _ in range(route.earlier + 1)]
        calm = self._run(sender, orders, 0, None)
        if calm.outcome != "sent":
            raise RuntimeError(f"{route.name} does not even send undisturbed: {calm}")
        every = kills_of(route, calm.statements, calm.commits)
        return sender, every, shuffled(every, f"{self._seed}:{route.name}")

    def _trial(self, route: Route, sender: MessageSender, every: list[Kill], first: Kill) -> Trial:
        orders = [self._order(route) for _ in range(route.earlier + 1)]
        last = orders[-1]
        trial = Trial(route.name, last.values["number"], earlier=[each.values["number"] for each in orders[:-1]])
        kill: Kill | None = first
        for turn in range(_MOST_ATTEMPTS):
            end = self._run(sender, [last] if turn else orders, turn, kill)
            trial.phase, trial.trouble = self._phase(last), end.trouble
            if not end.killed and end.outcome not in ("", "retry", "deferred"):
                trial.outcome = end.outcome
                break
            if end.killed and kill is not None:
                trial.kills.append((_words(kill, trial.phase, turn), trial.phase))
            kill = again(f"{self._seed}:{last.key}:{turn}", every) if end.killed and turn < _KILLED_AGAIN else None
            if kill is not None and kill.where == "wire":
                kill = replace(kill, number=1)
        return trial

    def _run(self, sender: MessageSender, orders: list[SendMessage], turn: int, kill: Kill | None) -> End:
        """Let one sender try, in a process of its own."""
        at = clock.now() - _AGO + turn * _LATER
        in_store = kill if kill is None or kill.where != "wire" else None
        work = Work(self._engine, sender, orders, at, in_store)
        (ready, begin), (answer, told) = os.pipe(), os.pipe()
        pid = os.fork()
        if not pid:
            os.close(begin)
            signal.alarm(_STUCK)
            run_sender(work, ready, told)
        os.close(ready)
        os.close(told)
        if kill is not None and kill.where == "wire":
            self._peer.set(pid, kill.point, kill.number)
        os.write(begin, b"!")
        with os.fdopen(answer, "rb") as heard:
            text = heard.read()
        os.close(begin)
        _, status = os.waitpid(pid, 0)
        self._peer.left()
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if killed or not text:
            return End(killed, trouble="" if killed else f"status {status}")
        return End(False, **json.loads(text))

    def _order(self, route: Route) -> SendMessage:
        self._count += 1
        at = clock.now() - _AGO
        return SendMessage(
            key=f"{RUN}/m{self._count}/1:{route.channel}",
            customer=self._customer,
            enrolment=RUN,
            journey="care",
            plan=self._plan,
            step=f"m{self._count}",
            template="receipt",
            channel=route.channel,
            purpose="transactional",
            at=at,
            expires_at=at + timedelta(days=1),
            values={"number": f"KM{self._number}x{self._count}x"},
        )

    def _over(self, route: Route) -> Settings:
        ports = self._peer.ports
        others = f"http://{HOST}:{ports['gateways']}"
        urls = {f"{name}_url": others for name in ("esms", "speedsms", "vonage", "zalo")}
        quiet = {f"{name}_channel": "" for name in ("email", "sms", "zalo")}
        more = {"smtp_host": HOST, "smtp_port": str(ports["mail"]), "sms_url": f"http://{HOST}:{ports['twilio']}"}
        given = {**quiet, **urls, **more, **route.settings}
        return load_settings(data_dir=self._folder, secret=_SECRET, **given)

    def _phase(self, order: SendMessage) -> str:
        """How far the claim has come, read from the file behind everybody's back."""
        database = sqlite3.connect(self._file)
        try:
            row = database.execute("select phase from claims where key = ?", (order.key,)).fetchone()
        finally:
            database.close()
        return str(row[0]) if row else "nothing"


def _words(kill: Kill, phase: str, turn: int) -> str:
    """The phase of a kill, as the table names it."""
    if turn:
        return "the next attempt as well"
    if kill.where == "wire":
        return f"wire: {kill.point}"
    return "settled, not told" if kill.where == "end" else f"store: {phase}"


def lane_process(lane: tuple[int, Path, str], routes: tuple[Route, ...], kills: int, told: int) -> None:
    """Run a lane in this process, which was just forked, and end it; every trial becomes a line of JSON."""
    number, folder, seed = lane
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with os.fdopen(told, "w", encoding="utf-8") as out:

            def tell_of(trial: Trial) -> None:
                out.write(json.dumps(asdict(trial)) + "\n")
                out.flush()

            received = Lane(number, folder, seed).run(routes, kills, tell_of)
            out.write(json.dumps({"received": received}) + "\n")
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
