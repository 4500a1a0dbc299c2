"""The world of a life that is lived again: what the store would know of the customer at every instant."""

from collections.abc import Mapping
from dataclasses import replace

from care.backtest.histories import Happened
from care.backtest.profile import NOTHING_BOUGHT
from care.domain.happenings import Event
from care.domain.simulation import Person, Scripted, World

_EVERY = ("marketing", "care", "transactional")
_WITHDRAWN, _BOUNCED, _COMPLAINED = "consent withdrawn", "address bounced", "complained about a message"


class PastWorld(World):
    """A world that learns from the events of the past; suppressions hold for an address, as in the store."""

    def __init__(self, customer: str) -> None:
        super().__init__(Person(fields=NOTHING_BOUGHT, reach=(), customer=customer))
        self._reach: Mapping[str, str] = {}
        self._closed: dict[tuple[str, str, str], dict[str, None]] = {}
        self._refused: dict[tuple[str, str], str] = {}

    def copied(self) -> "PastWorld":
        """The same world, to go another way from here."""
        twin = PastWorld(self.facts.customer)
        for name in ("fields", "consents", "suppressed", "frozen", "tickets", "order_of"):
            getattr(twin, name).update(getattr(self, name))
        twin._reach, twin._refused = self._reach, dict(self._refused)
        twin._closed = {key: dict(causes) for key, causes in self._closed.items()}
        own = {name: getattr(twin.facts, name) for name in ("fields", "suppressed", "consents", "frozen")}
        twin.facts = replace(self.facts, **own)
        return twin

    def hear(self, scripted: Scripted) -> Event:
        """Let an event change the facts."""
        if isinstance(scripted, Happened):
            self._learn(scripted)
        event = scripted.event
        match event.type:
            case "consent.given" | "consent.withdrawn":
                self._state(event, given=event.type == "consent.given")
            case "message.bounced":
                if event.data.get("permanent") is True:
                    self._close_address(event, _EVERY, _BOUNCED)
            case "message.complained":
                self._close_address(event, ("care", "marketing"), _COMPLAINED)
            case "ticket.opened":
                self.tickets[event.about or event.id] = ""
                self.fields["ticket.open"] = True
            case "ticket.closed":
                self.tickets.pop(event.about, None)
                self.fields["ticket.open"] = bool(self.tickets)
            case kind if kind.endswith(".answered") and "score" in event.data:
                self.fields[f"{kind.removesuffix('.answered')}.last"] = event.data["score"]
        self.facts.event, self.facts.order = event, scripted.order
        return event

    def _learn(self, happened: Happened) -> None:
        for name, value in happened.known.items():
            if value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = value
        self.facts.zone, self.facts.phone = happened.zone, happened.phone
        if happened.reach != self._reach:
            self._reach = happened.reach
            self.facts.addresses = happened.reach
            self._suppress()

    def _state(self, event: Event, *, given: bool) -> None:
        """Consent is said for a channel and a purpose; who wants no care wants no marketing either."""
        channel, purpose = str(event.data.get("channel", "")), str(event.data.get("purpose", ""))
        purposes = ("care", "marketing") if purpose == "care" and not given else (purpose,)
        for each in purposes:
            self.consents[channel, each] = given
            if given:
                self._refused.pop((channel, each), None)
                self._lift(channel, each)
            elif each != "marketing":
                self._refused[channel, each] = _WITHDRAWN
        if given:
            self._suppress()
        else:
            self._close_address(event, purposes, _WITHDRAWN)

    def _lift(self, channel: str, purpose: str) -> None:
        causes = self._closed.get((channel, self._reach.get(channel, ""), purpose), {})
        for cause in (_WITHDRAWN, _COMPLAINED):
            causes.pop(cause, None)

    def _close_address(self, event: Event, purposes: tuple[str, ...], cause: str) -> None:
        channel = str(event.data.get("channel", ""))
        named = event.data.get("address") if cause == _BOUNCED else None
        address = str(named).casefold() if named else self._reach.get(channel, "")
        if address:
            for purpose in purposes:
                self._closed.setdefault((channel, address, purpose), {})[cause] = None
        self._suppress()

    def _suppress(self) -> None:
        self.suppressed.clear()
        self.suppressed.update(self._refused)
        for (channel, address, purpose), causes in self._closed.items():
            if causes and self._reach.get(channel) == address:
                self.suppressed[channel, purpose] = next(iter(causes))
