"""The customers and the care team: they buy, read what reaches them, answer, leave, and close tickets."""

import asyncio
import re
from collections import Counter
from collections.abc import Coroutine, Iterable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urljoin

import httpx

from care import clock
from care.cli.demo_people import Form
from care.peers.handset import HANDSET_FILE, Handset, Sms
from care.peers.mailbox import MAILBOX_FILE, Mail, Mailbox
from tests.chaos.book import Answered, Left, Posted
from tests.chaos.chance import Chance
from tests.chaos.installation import Installation
from tests.chaos.lives import Life, Purchase
from tests.chaos.shopkeeping import Shopkeeper
from tests.chaos.wire import HOST

_LOOK = 0.3
_READERS = ("read_mails", "read_texts")
_LINK = re.compile(r"https?://\S+/s/[\w.-]+")
TEAM = "team@chaos.example"
HEADLINE = re.compile(r"(?:Subject: )?(thanks|hint|ask|remind|kit|sorry|arrived) (DH-(\d+)-\d+)")
_TICKET = re.compile(r"Order (DH-(\d+)-\d+) was given")
_CUSTOMER = re.compile(r"/customers/(c_[0-9a-f]+)")
_OK = 200


class People:
    """Everybody outside of the installation.

    Args:
        brief: Whether nobody takes longer than some seconds for anything.
    """

    def __init__(
        self, installed: Installation, keeper: Shopkeeper, lives: Iterable[Life], seed: str, *, brief: bool
    ) -> None:
        self._here = installed
        self._keeper = keeper
        self.book = keeper.book
        self._lives = {life.number: life for life in lives}
        self._chance = Chance(seed)
        self._brief = brief
        self._mailbox = Mailbox(installed.folder / "disks" / "relay" / MAILBOX_FILE)
        self._handset = Handset(installed.folder / "disks" / "gateway" / HANDSET_FILE)
        self._phones = httpx.AsyncClient(
            base_url=f"http://{HOST}:{installed.links['gateway'].target}",
            auth=(installed.settings.sms_account, installed.settings.sms_token),
            timeout=15,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: set[str] = set()
        self._leaving: set[int] = set()
        self.received = 0
        self.bought = 0

    async def close(self) -> None:
        """Go home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._phones.aclose()
        self._mailbox.close()
        self._handset.close()

    @property
    def busy(self) -> str:
        """What somebody still has on their hands, the readers aside; empty when nobody has."""
        doing = Counter(task.get_name() for task in self._tasks if task.get_name() not in _READERS)
        waiting = [str(name) for name, posted in self.book.events.items() if posted.acknowledged is None]
        return ", ".join([*(f"{count} {name}" for name, count in doing.items()), *waiting]) if doing else ""

    def begin(self) -> None:
        """Live."""
        self._do(self._read_mails())
        self._do(self._read_texts())
        for life in self._lives.values():
            for purchase in life.purchases:
                self._do(self._buy(life, purchase))
            if life.leaves in ("shop", "stop"):
                self._do(self._leave_later(life))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=work.__name__.strip("_"))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.book.oddities.append(f"the driver itself: {task.exception()!r}")

    async def _buy(self, life: Life, purchase: Purchase) -> None:
        first = purchase == life.purchases[0]
        early = purchase.delivered is not None and purchase.delivered < 0
        await asyncio.sleep(purchase.at + (min(purchase.delivered or 0, 0)))
        if first and life.agrees:
            said = {"channel": "email", "purpose": "marketing", "method": "checkbox", "wording": "yes, please"}
            await self._tell(life, "consent.given", f"consent-{life.number}", data=said)
        if early:
            self.book.reordered += 1
            self._do(self._tell_of_order(life, purchase, "order.delivered", 0))
            await asyncio.sleep(-(purchase.delivered or 0))
        elif purchase.delivered is not None:
            self._do(self._tell_of_order(life, purchase, "order.delivered", purchase.delivered))
        if purchase.returned is not None:
            self._do(self._tell_of_order(life, purchase, "order.returned", purchase.returned))
        self.bought += 1
        await self._tell_of_order(life, purchase, "order.placed", 0)

    async def _tell_of_order(self, life: Life, purchase: Purchase, kind: str, later: float) -> None:
        await asyncio.sleep(later)
        order: dict[str, Any] = {"id": purchase.order}
        if kind == "order.placed":
            order["category"] = purchase.category
        await self._tell(life, kind, f"{kind}-{purchase.order}", order=order)

    async def _tell(self, life: Life, kind: str, name: str, **more: Any) -> Posted:
        event = {
            "id": name,
            "source": "shop",
            "type": kind,
            "time": clock.now().isoformat(),
            "customer": {
                "id": life.id,
                "name": f"Buyer {life.number}",
                "email": life.email,
                "phone": life.phone,
                "locale": "en",
                "timezone": getattr(self._here.zones, life.where),
            },
            **more,
        }
        posted = await self._keeper.tell(event)
        if self._chance.happens(0.15, "again", name):
            self._do(self._tell_again(posted, name))
        if self._chance.happens(0.03, "other", name):
            other = {**event, "customer": {**event["customer"], "name": "Somebody else"}}
            self._do(self._keeper.contradict(posted, other))
        return posted

    async def _tell_again(self, posted: Posted, name: str) -> None:
        await asyncio.sleep(self._chance.between(0, 3 if self._brief else 30, "again after", name))
        await self._keeper.repeat(posted)

    async def _leave_later(self, life: Life) -> None:
        await asyncio.sleep(life.purchases[0].at + life.leaves_after)
        asked = self._begin_to_leave(life, life.leaves_channel)
        if life.leaves == "shop":
            said = {"channel": life.leaves_channel, "purpose": "care", "method": "form", "wording": "no more"}
            posted = await self._tell(life, "consent.withdrawn", f"withdrawal-{life.number}", data=said)
            heard = posted.acknowledged is not None
        else:
            heard = await self._write(life, "STOP")
        if heard:
            self._note_left(life, life.leaves_channel, life.leaves, asked)

    def _begin_to_leave(self, life: Life, channel: str) -> Any:
        now = clock.now()
        return self.book.began_leaving.setdefault((life.id, channel), now)

    def _note_left(self, life: Life, channel: str, how: str, asked: Any) -> None:
        self.book.left.append(Left(life.id, channel, how, asked, clock.now()))

    async def _write(self, life: Life, text: str) -> bool:
        """Write an SMS to the shop until its gateway has passed it on."""
        form = {"From": life.phone, "To": self._here.settings.sms_from, "Body": text}
        path = f"/2010-04-01/Accounts/{self._here.settings.sms_account}/Inbound.json"
        for _ in range(40):
            try:
                answer = await self._phones.post(path, data=form)
                if answer.is_success and _OK <= answer.json()["answer"] < 300:
                    return True
            except httpx.HTTPError:
                pass
            await asyncio.sleep(2)
        return False

    async def _read_mails(self) -> None:
        last = 0
        while True:
            try:
                new = await asyncio.to_thread(self._mailbox.list, after=last)
            except Exception:  # The disk is full, or the catcher is just starting; the mails stay there.
                new = ()
            for mail in new:
                last = mail.number
                self.received += 1
                self._read_mail(mail)
            await asyncio.sleep(_LOOK)

    def _read_mail(self, mail: Mail) -> None:
        if mail.recipient == TEAM:
            self._do(self._help(mail))
            return
        found = HEADLINE.match(mail.subject)
        life = self._lives.get(int(found[3])) if found is not None else None
        if found is None or life is None:
            self.book.oddities.append(f"a mail nobody expects: {mail.subject!r}")
            return
        letter = message_from_bytes(mail.content, policy=default)
        assert isinstance(letter, EmailMessage)
        way_out = str(letter.get("List-Unsubscribe", "")).strip("<>")
        if life.leaves == "one-click" and way_out and life.number not in self._leaving:
            self._leaving.add(life.number)
            self._do(self._click_away(life, way_out))
        if found[1] in ("ask", "remind"):
            body = letter.get_body(("plain",))
            self._maybe_answer(life, found[2], found[1], body.get_content() if body is not None else "", by_sms=False)

    async def _read_texts(self) -> None:
        last = 0
        while True:
            try:
                new = await asyncio.to_thread(self._texts_after, last)
            except Exception:  # As above.
                new = []
            for sms in new:
                last = sms.number
                self._read_text(sms)
            await asyncio.sleep(_LOOK)

    def _texts_after(self, last: int) -> list[Sms]:
        more = self._handset.count() - last
        return [each for each in reversed(self._handset.list(limit=more)) if each.number > last] if more > 0 else []

    def _read_text(self, sms: Sms) -> None:
        found = HEADLINE.match(sms.body)
        life = self._lives.get(int(found[3])) if found is not None else None
        if found is None or life is None:
            return  # The gateway itself confirms a STOP.
        self.received += 1
        if found[1] in ("ask", "remind"):
            self._maybe_answer(life, found[2], found[1], sms.body, by_sms=True)

    def _maybe_answer(self, life: Life, order: str, word: str, text: str, *, by_sms: bool) -> None:
        link = _LINK.search(text)
        if not life.score or order in self._answered or link is None or (life.slow and word == "ask"):
            return
        self._answered.add(order)
        wait = self._chance.between(0.2, 2 if self._brief else 25, "answers", order)
        self._do(self._answer(life, order, link[0], wait, by_sms=by_sms and life.replies and life.leaves != "stop"))

    async def _answer(self, life: Life, order: str, link: str, wait: float, *, by_sms: bool) -> None:
        await asyncio.sleep(wait)
        asked = clock.now()
        if by_sms:
            heard = await self._write(life, str(life.score))
        else:
            page = Form((await self._keeper.insist("GET", link)).text)
            if not page.action:
                self.book.oddities.append(f"the survey page of {order} has no form")
                return
            fields = {**page.fields, "score": str(life.score)}
            heard = (await self._keeper.insist("POST", urljoin(link, page.action), data=fields)).is_success
        if heard:
            how = "sms" if by_sms else "page"
            self.book.answers.append(Answered(life.id, order, life.score, how, asked, clock.now()))

    async def _click_away(self, life: Life, link: str) -> None:
        await asyncio.sleep(life.leaves_after if self._brief else min(life.leaves_after, 60))
        asked = self._begin_to_leave(life, "email")
        answer = await self._keeper.insist("POST", link, data={"List-Unsubscribe": "One-Click"})
        if answer.is_success:
            self._note_left(life, "email", "one-click", asked)
        else:
            self.book.oddities.append(f"one-click unsubscribing of {life.id} was answered {answer.status_code}")

    async def _help(self, mail: Mail) -> None:
        """The care team reads of a ticket, and mostly closes it."""
        text = message_from_bytes(mail.content, policy=default).get_body(("plain",)).get_content()  # type: ignore[attr-defined]
        found = _TICKET.search(" ".join(text.split()))
        if found is None:
            self.book.oddities.append(f"a ticket nobody understands: {mail.subject!r}")
            return
        order, life = found[1], self._lives[int(found[2])]
        if not (self._brief or self._chance.happens(0.8, "helps", order)):
            return
        await asyncio.sleep(self._chance.between(1, 3 if self._brief else 40, "helps after", order))
        tickets = (await self._keeper.get(f"/v1/customers/{life.id}"))["tickets"]
        for ticket in tickets:
            if ticket["status"] == "open":
                data = {"ticket": ticket["id"], "note": "called"}
                await self._tell(life, "ticket.closed", f"closed-{ticket['id']}", data=data)
