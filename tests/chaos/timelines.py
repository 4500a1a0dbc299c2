"""Timelines: every decision, step and outcome that must be there is there, once, after what it follows."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from care.domain.audit import Entry
from care.store import audit
from care.store.claims import Claim
from tests.chaos.evidence import LAG, Enrolled, Told
from tests.chaos.run import Ran
from tests.chaos.verdict import Verdict

_ORDERED = frozenset({"sending", "asked", "reminded"})
_OUTCOMES = frozenset({"sent", "unknown", "failed", "skipped", "deferred", "retrying"})
_MAY_HAVE_LEFT = frozenset({"sent", "unknown"})
# The steps of `after_purchase` in order, by what their ids begin with; those of the side path lie before the offer.
_STEPS = ("send:thanks", "wait", "send:hint", "survey:csat", "branch", "ticket", "send:sorry", "offer:kit")
_MESSAGES = {
    "after_purchase": ("send:thanks", "send:hint", "survey:csat", "offer:kit"),
    "small_purchase": ("send:thanks",),
}
_UNHAPPY, _HAPPY = 2, 4
_PART = re.compile(r"/[^/]*\Z")


def judge(ran: Ran, verdict: Verdict) -> None:
    """Look at every timeline."""
    _Reader(ran, verdict).all()


class _Reader:
    def __init__(self, ran: Ran, verdict: Verdict) -> None:
        self._ran = ran
        self._verdict = verdict
        self._seen = ran.evidence
        self._lives = {life.id: life for life in ran.lives}
        self._of_customer: dict[str, list[Told]] = defaultdict(list)
        self._of_enrolment: dict[str, list[Entry]] = defaultdict(list)
        for told in self._seen.told:
            self._of_customer[told.customer].append(told)
            if told.entry.enrolment:
                self._of_enrolment[told.entry.enrolment].append(told.entry)
        self._claims: dict[tuple[str, str], list[Claim]] = defaultdict(list)
        for claim in self._seen.claims:
            self._claims[claim.enrolment, claim.step].append(claim)

    def all(self) -> None:
        self._decisions()
        for customer, lines in self._of_customer.items():
            self._in_order(customer, lines)
            self._outcomes(customer, lines)
        due = whole = 0
        for each in self._seen.enrolled:
            lines = self._of_enrolment[each.id]
            self._frame(each, lines)
            self._step_order(each, lines)
            if each.journey in _MESSAGES and each.reason == "completed":
                wanted, explained = self._messages(each, lines)
                due, whole = due + wanted, whole + explained
            elif each.reason == "completed" and not self._left(each.id, "send:arrived"):
                self._gap(each, "'arrived' neither left nor is unknown")
        self._verdict.counts["timelines"] = len(self._of_customer)
        self._verdict.counts["entries in them"] = len(self._seen.told)
        self._verdict.counts["messages due in journeys that were walked to the end"] = due
        self._verdict.counts["of them explained instead of sent"] = whole

    def _decisions(self) -> None:
        """The decisions of a run are numbered from 0 without a hole, those that continue one within a task from 1."""
        numbers: dict[str, set[int]] = defaultdict(set)
        for key in self._seen.decisions:
            first, *within = audit.number_of(key)
            numbers[key.rpartition(":")[0]].add(first)
            if within:  # It continues another, which is as good as the 0th of its own row.
                numbers[key.rpartition(".")[0]] |= {0, *within}
        for run, found in numbers.items():
            missing = set(range(max(found) + 1)) - found
            if missing:
                self._verdict.blame("timelines with gaps", "", f"decisions {sorted(missing)} of run {run} are missing")
        known = set(self._seen.decisions)
        for name, row in self._seen.inbox.items():
            if row.status == "decided" and row.decision not in known:
                who = self._seen.people[row.customer]
                self._verdict.blame("timelines with gaps", who, f"{name} was decided, and its decision is not there")

    def _in_order(self, customer: str, lines: Sequence[Told]) -> None:
        for before, after in pairwise(lines):
            if after.entry.at < before.entry.at:
                story = f"{after.entry.what!r} at {after.entry.at:%H:%M:%S} stands after {before.entry.at:%H:%M:%S}"
                self._verdict.blame("timelines out of order", self._seen.people[customer], story)
                return

    def _outcomes(self, customer: str, lines: Sequence[Told]) -> None:
        """Every order of a message has one outcome, and no outcome comes without an order."""
        waiting: Counter[str] = Counter()
        for told in lines:
            key, kind = told.entry.message, told.entry.kind
            if not key or told.entry.verb == "ticket" or kind == "ticket":
                continue
            if kind in _ORDERED:
                waiting[key] += 1
            elif kind in _OUTCOMES:
                waiting[key] -= 1
            if waiting[key] not in (0, 1):
                story = f"{key}: {told.entry.what!r} is told once too often"
                self._verdict.blame("timelines with gaps", self._seen.people[customer], story)
                return
        for key in waiting:
            if waiting[key]:
                self._verdict.blame("timelines with gaps", self._seen.people[customer], f"{key} has no outcome")

    def _frame(self, each: Enrolled, lines: Sequence[Entry]) -> None:
        kinds = Counter(line.kind for line in lines)
        ended = int(each.ended_at is not None)
        if kinds["entered"] != 1 or lines[0].kind != "entered" or kinds["exited"] != ended:
            self._gap(each, f"entered {kinds['entered']} times, ended {kinds['exited']} times")
        if ended:
            end = next((at for at, line in enumerate(lines) if line.kind == "exited"), len(lines))
            late = [line.what for line in lines[end + 1 :] if line.kind not in _OUTCOMES | {"settled", "answered"}]
            if late:
                self._gap(each, f"went on after its end: {late}")
        if each.reason not in ("completed", "order.returned", "order.placed", ""):
            self._gap(each, f"ended for a reason nobody gave: {each.reason!r}")

    def _step_order(self, each: Enrolled, lines: Sequence[Entry]) -> None:
        """Steps begin in the order of the file."""
        if each.journey != "after_purchase":
            return
        places = [
            _place(line.step) for line in lines if line.step and line.kind not in _OUTCOMES | {"settled", "answered"}
        ]
        if any(after < before for before, after in pairwise(places)):
            who = self._seen.people[each.customer]
            walked = " → ".join(line.step for line in lines if line.step)
            self._verdict.blame("timelines out of order", who, f"{each.order} walked {walked}")

    def _messages(self, each: Enrolled, lines: Sequence[Entry]) -> tuple[int, int]:
        """Of a journey walked to its end: each message left, may have left, or its absence is explained and right."""
        scores = [line.score for line in lines if line.kind == "answered" and line.score is not None]
        score = scores[0] if scores else None
        due = [*_MESSAGES[each.journey], *(("send:sorry",) if score is not None and score <= _UNHAPPY else ())]
        explained = 0
        for step in due:
            if self._left(each.id, step):
                continue
            explained += 1
            entry = next(
                (line for line in reversed(lines) if line.step == step and line.kind in ("skipped", "failed")), None
            )
            excuse = self._excuse(each, step, entry, score)
            if excuse:
                self._verdict.excused[excuse] += 1
            else:
                told = f"{entry.what!r}: {entry.reason}" if entry is not None else "and nothing is told of it"
                story = f"{step} of {each.order} did not leave, {told}"
                self._verdict.blame("messages lost", self._seen.people[each.customer], story)
        if score is not None and score <= _UNHAPPY and not any(line.kind == "ticket" for line in lines):
            self._gap(each, f"was given {score:g} of 5, and no ticket was opened")
        return len(due), explained

    def _left(self, enrolment: str, step: str) -> bool:
        of = self._claims[enrolment, step]
        return any(claim.phase in _MAY_HAVE_LEFT or claim.code == "not_sent" for claim in of)

    def _excuse(self, each: Enrolled, step: str, entry: Entry | None, score: float | None) -> str:
        """Why it is right that a message did not leave; empty when it is not."""
        if entry is None:
            return ""
        life = self._lives[self._seen.people[each.customer]]
        leaving = self._ran.book.began_leaving
        left = {
            channel
            for channel in ("email", "sms")
            if (life.id, channel) in leaving and leaving[life.id, channel] <= entry.at + LAG
        }
        channels = {
            "send:thanks": {"email", "sms"},
            "send:hint": {"sms"},
            "send:sorry": {"sms"},
            "offer:kit": {"email"},
        }
        asked_by = {"email"} if self._category(each.order) == "kettle" else {"sms"}
        needed = channels.get(step, asked_by)
        if step == "offer:kit" and entry.code == "only_if" and (score is None or score < _HAPPY):
            return "no offer to who is not happy"
        if step == "offer:kit" and not life.agrees and entry.code == "no_consent":
            return "no offer without consent"
        return "opted out" if needed <= left else ""

    def _category(self, order: str) -> str:
        return next(
            (bought.category for life in self._ran.lives for bought in life.purchases if bought.order == order), ""
        )

    def _gap(self, each: Enrolled, story: str) -> None:
        self._verdict.blame(
            "timelines with gaps", self._seen.people[each.customer], f"{each.order} in {each.journey}: {story}"
        )


def _place(step: str) -> int:
    return next((at for at, start in enumerate(_STEPS) if step.startswith(start)), -1)
