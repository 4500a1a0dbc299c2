"""The judge: what the shop knows, what the peers received, and what the audit tells must be one story."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from care.store.claims import Claim
from tests.chaos import timelines
from tests.chaos.evidence import Evidence, Received, Word, word_of
from tests.chaos.lives import Life
from tests.chaos.run import Ran
from tests.chaos.unknowns import Proofs
from tests.chaos.verdict import Verdict

_MAY_HAVE_LEFT = ("transmitting", "sent", "unknown")
# A claim's instants are whole seconds after the server began the attempt.
_SECOND = timedelta(seconds=1)
_LATE = timedelta(seconds=60)
_TRANSACTIONAL = "transactional"
_LATER = ("unknown, not received", "unknown, and known later not to have left", "refused by a peer", "stayed")


def judge(ran: Ran) -> Verdict:
    """Look at everything."""
    return _Judge(ran).all()


class _Judge:
    def __init__(self, ran: Ran) -> None:
        self.ran = ran
        self.seen: Evidence = ran.evidence
        self.book = ran.book
        self.verdict = Verdict()
        self.lives: dict[str, Life] = {life.id: life for life in ran.lives}
        self.claim_of = {self.seen.name_of(claim): claim for claim in self.seen.claims}
        self.got: Counter[Word] = Counter(each.word for each in self.seen.received)
        self.names: Counter[tuple[str, ...]] = Counter(each.name for each in self.seen.received)

    def all(self) -> Verdict:
        """Every question."""
        self._count()
        self._events()
        self._enrolments()
        self._messages()
        self._consents()
        self._windows()
        self._stuck()
        self._answers()
        for odd in self.book.oddities:
            self.verdict.blame("wrong answers of the API", "", odd)
        timelines.judge(self.ran, self.verdict)
        return self.verdict

    def _count(self) -> None:
        book, counts = self.book, self.verdict.counts
        counts["purchases acknowledged"] = len(book.acknowledged("order.placed"))
        counts["customers"] = len(self.ran.lives)
        counts["events acknowledged"] = len(book.acknowledged())
        counts["posted again, as it was"] = book.duplicates
        counts["posted again with another body, refused with 409"] = sum(status == 409 for _, status in book.conflicts)
        counts["told of in the wrong order"] = book.reordered
        counts["answers acknowledged"] = len(book.answers)
        counts["wishes to hear no more acknowledged"] = len(book.left)
        counts["returns acknowledged"] = len(book.acknowledged("order.returned"))

    def _events(self) -> None:
        known = self.ran.replayed
        for name in known.lost:
            self._blame_event("purchases lost", name, "was acknowledged, and the API had not heard of it")
        for batch in known.refused:
            self.verdict.blame("wrong answers of the API", "", f"what was acknowledged was refused: {batch}")
        for posted in self.book.acknowledged():
            name = str(posted.event["id"])
            status = known.statuses.get(name, "missing")
            if status != "decided":
                self._blame_event("purchases lost", name, f"was acknowledged and is {status} at the end")
        for name, row in self.seen.inbox.items():
            if row.status != "decided" and name not in self.book.events:
                self.verdict.blame("customers stuck", self._who(row.customer), f"{row.type} {name} is {row.status}")
        self.verdict.counts["events decided"] = sum(row.status == "decided" for row in self.seen.inbox.values())

    def _blame_event(self, what: str, name: str, story: str) -> None:
        posted = self.book.events[name]
        self.verdict.blame(what, posted.customer, f"{posted.event['type']} {name} {story}")

    def _enrolments(self) -> None:
        entered = Counter((each.journey, each.order) for each in self.seen.enrolled)
        due = Counter[tuple[str, str]]()
        for posted in self.book.acknowledged("order.placed"):
            is_small = posted.event["order"]["category"] == "cable"
            due["small_purchase" if is_small else "after_purchase", posted.order] += 1
        due.update(("on_arrival", posted.order) for posted in self.book.acknowledged("order.delivered"))
        for (journey, order), times in entered.items():
            if times > 1 or not due[journey, order]:
                self.verdict.blame("timelines with gaps", _buyer(order), f"{order} entered {journey} {times} times")
        for journey, order in due - entered:
            self.verdict.blame("purchases lost", _buyer(order), f"{order} never entered {journey}")
        self.verdict.counts["enrolments"] = len(self.seen.enrolled)
        waiting = [self.lives[self._who(each.customer)] for each in self.seen.enrolled if each.ended_at is None]
        self.verdict.counts["of them held over night at the end"] = sum(life.where != "day" for life in waiting)
        self.verdict.counts["of them waiting for a later try at the end"] = sum(life.where == "day" for life in waiting)

    def _messages(self) -> None:
        proofs, counts = Proofs(self.ran), Counter[str]()
        for claim in self.seen.claims:
            self._message(claim, proofs, counts)
        for word, times in self.got.items():
            if times > 1:
                self.verdict.blame("messages doubled", _buyer(word.order), f"{_said(word)} was received {times} times")
        for each in self.seen.received:
            if each.name not in self.claim_of:
                self.verdict.blame(
                    "messages nobody ordered", _buyer(each.word.order), f"{_said(each.word)} has no claim"
                )
        names = ("claimed by the audit", "sent and received once", "unknown", "unknown, received once")
        for name in (*names, *_LATER):
            self.verdict.counts[f"messages {name}"] = counts[name]
        self.verdict.counts["messages received by the peers"] = len(self.seen.received) + self.seen.notices.total()

    def _message(self, claim: Claim, proofs: Proofs, counts: Counter[str]) -> None:
        name, word = self.seen.name_of(claim), word_of(claim)
        received = self.seen.notices[name[0]] if claim.template == "ticket" else self.names[name]
        who, story = self._who(claim.customer), f"{_said(word)} ({claim.key})"
        counts["claimed by the audit"] += 1
        if received > 1:
            self.verdict.blame("messages doubled", who, f"{story} was received {received} times")
        match claim.phase:
            case "sent":
                counts["sent and received once"] += received == 1
                if not received:
                    self.verdict.blame("messages lost", who, f"{story} is said to be sent and was not received")
            case "failed" if claim.code == "not_sent" and not received:
                # Unknown at first, and the provider said later that it never came: the journey had gone on.
                counts["unknown"] += 1
                counts["unknown, and known later not to have left"] += 1
            case "unknown":
                counts["unknown"] += 1
                counts["unknown, received once" if received else "unknown, not received"] += 1
                reason = proofs.why(claim)
                if reason:
                    self.verdict.unknown_because[reason] += 1
                else:
                    self.verdict.blame("unknown without need", who, f"{story}: {proofs.story(claim)}")
            case "failed" | "released":
                counts["refused by a peer" if claim.phase == "failed" else "stayed"] += 1
                if received:
                    story = f"{story} was received and is said to be {claim.phase} ({claim.code})"
                    self.verdict.blame("messages nobody ordered", who, story)
            case "claimed" | "transmitting":
                self.verdict.blame("customers stuck", who, f"{story} is {claim.phase} at the end")

    def _consents(self) -> None:
        flying, latest = 0, timedelta(0)
        left = {(each.customer, each.channel): each for each in self.book.left}
        for claim in self.seen.claims:
            who = self._who(claim.customer)
            said = left.get((who, claim.channel))
            if said is None or claim.purpose == _TRANSACTIONAL or claim.phase not in (*_MAY_HAVE_LEFT, "failed"):
                continue
            marked = claim.transmitting_at
            if marked is not None and marked > said.acknowledged:
                story = f"{claim.key} left at {_clock(marked)}; their no ({said.how}) was acknowledged at "
                self.verdict.blame("messages against consent", who, story + _clock(said.acknowledged))
            for got in self._received(claim):
                if got.at > said.acknowledged:
                    flying, latest = flying + 1, max(latest, got.at - said.acknowledged)
        agreed = {life.id for life in self.ran.lives if life.agrees}
        for got in self.seen.received:
            if got.word.word == "kit" and _buyer(got.word.order) not in agreed:
                story = f"{_said(got.word)}: no yes to advertising was ever given"
                self.verdict.blame("messages against consent", _buyer(got.word.order), story)
        self.verdict.counts["messages on their way when a no was acknowledged"] = flying
        self.verdict.counts["seconds the latest of these arrived after it"] = round(latest.total_seconds())

    def _windows(self) -> None:
        falls, flying = self.ran.installed.zones.falls, 0
        for got in self.seen.received:
            life = self.lives[_buyer(got.word.order)]
            claim = self.claim_of.get(got.name)
            marked = claim.transmitting_at if claim is not None else None
            at_night = life.where == "night" or (life.where == "edge" and got.at >= falls)
            if not at_night:
                continue
            if life.where == "edge" and marked is not None and marked < falls:
                flying += 1
                continue
            story = f"{_said(got.word)} was received at {_clock(got.at)}; it is quiet from {_clock(falls)} on"
            self.verdict.blame("messages outside the window", life.id, story)
        nights = [life for life in self.ran.lives if life.where == "night"]
        edges = [life for life in self.ran.lives if life.where == "edge"]
        self.verdict.counts["customers where it was night all along"] = len(nights)
        self.verdict.counts["customers where quiet hours began meanwhile"] = len(edges)
        self.verdict.counts["messages on their way when quiet hours began"] = flying

    def _is_just_decided(self, customer: str) -> bool:
        """Whether somebody was looked at in the middle of something: nobody waits for those where it is soon night."""
        last = self.seen.decided_at.get(customer)
        return last is not None and last > self.ran.ended - _LATE

    def _stuck(self) -> None:
        for each in self.seen.enrolled:
            if each.ended_at is not None:
                continue
            who = self._who(each.customer)
            wakes = self.seen.wakes.get(each.customer)
            if wakes is None and self._is_just_decided(each.customer):
                continue
            if wakes is None or wakes < self.ran.ended - _LATE:
                due = f"was due at {_clock(wakes)}" if wakes is not None else "has nothing due"
                self.verdict.blame("customers stuck", who, f"{each.journey} of {each.order} is open and {due}")
            if not self.ran.live.get(who):
                self.verdict.blame(
                    "customers stuck", who, f"{each.journey} of {each.order} is open, and nobody runs it"
                )
        for customer, orders in self.seen.in_flight.items():
            if orders and not self._is_just_decided(customer):
                self.verdict.blame("customers stuck", self._who(customer), f"{orders} orders have no outcome")
        if self.ran.settled is None and self.ran.waited:
            self.verdict.blame("customers stuck", "", f"when the time was over: {self.ran.waited}")
        self.verdict.counts["tickets opened"] = len(self.seen.tickets)
        self.verdict.counts["of them open at the end"] = sum(row.status == "open" for row in self.seen.tickets)

    def _answers(self) -> None:
        kept: Counter[tuple[str, float]] = Counter()
        for row in self.seen.inbox.values():
            if row.type == "csat.answered" and row.status == "decided":
                kept[self._who(row.customer), row.body["data"]["score"]] += 1
        known = Counter((each.customer, float(each.score)) for each in self.book.answers)
        for customer, score in known - kept:
            self.verdict.blame("answers lost", customer, f"{score:g} of 5 was acknowledged and is not in the audit")

    def _received(self, claim: Claim) -> Iterable[Received]:
        name = self.seen.name_of(claim)
        return (each for each in self.seen.received if each.name == name) if self.names[name] else ()

    def _who(self, key: str) -> str:
        return self.seen.people.get(key, key)


def _buyer(order: str) -> str:
    """The shop's id of whose order it is: ``DH-12-1`` is of ``KH-12``."""
    return f"KH-{order.split('-')[1]}" if order.count("-") == 2 else ""


def _said(word: Word) -> str:
    return f"{word.word!r} of {word.order} by {word.channel}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"
