"""Records histories for the replay tests: ``make histories``, once for every released version.

Together the runs take every branch of the interpreter. What a release has recorded stays: workflows of that age sleep
somewhere and wake up in newer code.
"""

import asyncio
import json
import re
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.contract import Calling, CareStart, Decided, DecideRequest, Sweeping
from care.domain.happenings import Settled
from care.domain.orders import CallWebhook, EscalateTicket, SendMessage
from care.settings import load_settings
from care.temporal.client import command, connect, tell, workflow_id
from care.temporal.devserver import temporary_server
from care.temporal.timeskipping import VirtualTime
from tests.journeys.scripted import (
    Deliver,
    Script,
    ScriptedDecider,
    ScriptedWorld,
    a_customer,
    a_message,
    a_ticket,
    carried_out_by,
    decided,
    finished,
    step_by_step,
    until_told,
)
from tests.temporal_server import a_worker
from workflows.customer_care import CustomerCare
from workflows.sweep import Sweep

HISTORIES = Path(__file__).parent / "histories"
QUEUE = "recording"
_PROCESS = re.compile(r"\d+@[\w.-]+")


@dataclass(frozen=True, slots=True)
class Recording:
    """A running server to record on; ``skipping`` starts workflows with a virtual clock."""

    client: Client
    skipping: Client

    async def keep(self, name: str, script: Script, play: "Play", deliver: Deliver | None = None) -> None:
        """Play a script through a worker and keep the history of every run."""
        customer, decider, world = a_customer(), ScriptedDecider(script), ScriptedWorld(deliver)
        carried_out = carried_out_by(decider, world)
        async with a_worker(self.client, QUEUE, carried_out):
            await play(self, customer, decider)
            await finished(self.client, customer)
        runs = dict.fromkeys(key.split(":")[0] for key in decider.answers)
        for number, run in enumerate(runs, start=1):
            await self.save(name if len(runs) == 1 else f"{name}-{number}", workflow_id(customer), run)

    async def save(self, name: str, workflow: str, run: str | None = None) -> None:
        """Write one history, without what names the machine it was recorded on."""
        history = await self.client.get_workflow_handle(workflow, run_id=run).fetch_history()
        path = HISTORIES / f"{version('aftercare')}-{name}.json"
        path.write_text(json.dumps(_anonymous(history.to_json_dict()), indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {len(history.events)} events")


Play = Callable[[Recording, str, ScriptedDecider], Awaitable[None]]


async def purchase(recording: Recording, customer: str, decider: ScriptedDecider) -> None:
    await tell(recording.skipping, customer, "i_purchase", task_queue=QUEUE)


async def two_messages(recording: Recording) -> None:
    """Purchase, message, two weeks, message, the end."""
    script = step_by_step(
        lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, "thanks"),)),
        lambda asked: decided(asked, wake_in=timedelta(days=14)),
        lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, "again", purpose="marketing"),)),
        lambda asked: decided(asked, active=False),
    )
    await recording.keep("two_messages", script, purchase)


async def rescued(recording: Recording) -> None:
    """A message that fails for good beside a ticket, and the ticket's escalation."""

    def escalate(asked: DecideRequest) -> Decided:
        key = "e_0123456789abcdef/sorry/1+escalate"
        order = EscalateTicket(key, asked.customer, "e_0123456789abcdef", "t_0123456789ab", "leads", asked.now)
        return decided(asked, orders=(order,))

    def both(asked: DecideRequest) -> Decided:
        return decided(asked, orders=(a_message(asked.customer, asked.now), a_ticket(asked.customer, asked.now)))

    async def refuse(order: SendMessage) -> Settled:
        raise ApplicationError("the template is gone", non_retryable=True)

    steps: Iterator[Script] = iter([both, escalate, lambda asked: decided(asked, active=False)])

    def script(asked: DecideRequest) -> Decided:
        settled = {happening.id for happening in asked.happenings}
        flying = asked.state.in_flight if asked.state else ()
        return decided(asked) if any(order.key not in settled for order in flying) else next(steps)(asked)

    await recording.keep("rescued", script, purchase, refuse)


async def commanded(recording: Recording) -> None:
    """Pause and resume by updates during a long sleep, then the end."""

    async def play(recording: Recording, customer: str, decider: ScriptedDecider) -> None:
        for inbox_id in ("i_purchase", "i_pause", "i_resume"):
            await command(recording.client, customer, inbox_id, task_queue=QUEUE)
        await tell(recording.client, customer, "i_end", task_queue=QUEUE)

    await recording.keep("commanded", until_told("i_end"), play)


async def outage(recording: Recording) -> None:
    """A store that does not answer four times, and then a planner that consumes nothing once."""
    left = iter(range(4))
    over = step_by_step(lambda asked: decided(asked, consumed=()), lambda asked: decided(asked, active=False))

    def script(asked: DecideRequest) -> Decided:
        if next(left, None) is not None:
            raise ConnectionError
        return over(asked)

    await recording.keep("outage", script, purchase)


async def heard_while_deciding(recording: Recording) -> None:
    """A signal that arrives while decide runs, and an event that is freed by another."""
    asked_once, arrived = threading.Event(), threading.Event()

    def slow(asked: DecideRequest) -> Decided:
        asked_once.set()
        arrived.wait(10)
        answer = decided(asked)
        return Decided(answer.state, answer.consumed, (), None, freed=("i_early",))

    async def play(recording: Recording, customer: str, decider: ScriptedDecider) -> None:
        await purchase(recording, customer, decider)
        await asyncio.to_thread(asked_once.wait, 10)
        await tell(recording.client, customer, "i_delivered", task_queue=QUEUE)
        arrived.set()

    def later(asked: DecideRequest) -> Decided:
        return decided(asked, active=len(asked.happenings) > 1, consumed=(asked.happenings[0].id,))

    await recording.keep("heard_while_deciding", step_by_step(slow, later, later), play)


async def renewed(recording: Recording) -> None:
    """A history that grew long goes on in a new run."""

    async def play(recording: Recording, customer: str, decider: ScriptedDecider) -> None:
        for number in range(30):
            await command(recording.client, customer, f"i_{number}", task_queue=QUEUE)
        await tell(recording.client, customer, "i_end", task_queue=QUEUE)

    await recording.keep("renewed", until_told("i_end"), play)


async def revived(recording: Recording) -> None:
    """A run that starts without having heard anything, as after Temporal's database was lost: a webhook, a message."""

    class Endpoint(Calling):
        @activity.defn(name="call_webhook")
        async def call_webhook(self, order: CallWebhook) -> Settled:
            """The endpoint answers at once."""
            return Settled(order.key, "done", values={"journey.tier": "gold"})

    def call(asked: DecideRequest) -> Decided:
        key, run, expires = "e_0123456789abcdef/ask/1:webhook", "e_0123456789abcdef", asked.now + timedelta(hours=2)
        order = CallWebhook(key, asked.customer, run, "first_purchase", "0" * 64, "ask", "crm", asked.now, expires)
        return decided(asked, orders=(order,))

    customer = a_customer()
    script = step_by_step(
        call,
        lambda asked: decided(asked, orders=(a_message(asked.customer, asked.now, "thanks"),)),
        lambda asked: decided(asked, active=False),
    )
    decider = ScriptedDecider(script)
    carried_out = [*carried_out_by(decider, ScriptedWorld()), Endpoint().call_webhook]
    async with a_worker(recording.client, QUEUE, carried_out):
        await recording.client.execute_workflow(
            CustomerCare.run, CareStart(customer), id=workflow_id(customer), task_queue=QUEUE
        )
    await recording.save("revived", workflow_id(customer))


async def swept(recording: Recording) -> None:
    """One stretch of the sweep."""

    class Broom(Sweeping):
        @activity.defn(name="sweep")
        async def sweep(self) -> None:
            """Nothing lies in the inbox."""

    async with a_worker(recording.client, QUEUE, [Broom().sweep]):
        await recording.client.execute_workflow(Sweep.run, id="care-sweep", task_queue=QUEUE)
    await recording.save("swept", "care-sweep")


def _anonymous(value: Any) -> Any:
    match value:
        case dict():
            hidden = {"identity": "recorder", "stackTrace": ""}
            return {name: hidden.get(name, _anonymous(each)) for name, each in value.items()}
        case list():
            return [_anonymous(each) for each in value]
        case str():
            return _PROCESS.sub("recorder", value)
        case _:
            return value


SCENARIOS = (two_messages, rescued, commanded, outage, heard_while_deciding, renewed, revived, swept)


async def record(names: Sequence[str]) -> None:
    """Record the scenarios of these names, or all of them."""
    with tempfile.TemporaryDirectory() as folder, temporary_server(Path(folder)) as address:
        client = await connect(load_settings(temporal_address=address))
        recording = Recording(client, VirtualTime(client).client)
        for scenario in SCENARIOS:
            if not names or scenario.__name__ in names:
                await scenario(recording)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
