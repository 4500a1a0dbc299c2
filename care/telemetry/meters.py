"""What is counted and timed, each metric once: its name, its labels and what it means.

Labels come from closed sets (channels, outcomes, routes) or from the rule files (journeys, codes), never from a
customer. Those that a plug-in could make up pass through ``Words``, which keeps a label from growing without end.
"""

import re

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

OTHER = "other"
_MOST_WORDS = 200
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,59}")
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LATE = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)

HTTP_REQUESTS = Counter(
    "care_http_requests", "HTTP requests answered.", ("method", "route", "status"), registry=REGISTRY
)
HTTP_SECONDS = Histogram(
    "care_http_request_seconds",
    "From a request to the end of its answer; on `/v1/events` an event is on disk by then.",
    ("method", "route"),
    buckets=_QUICK,
    registry=REGISTRY,
)
EVENTS = Counter(
    "care_events",
    "Events posted: `accepted`, `duplicate`, `conflict` (same id, another body) or `invalid`.",
    ("result",),
    registry=REGISTRY,
)

DECISIONS = Histogram(
    "care_decision_seconds",
    "How long a decision took, by what it heard: an `event`, an order's `outcome`, or that `time` had passed.",
    ("trigger",),
    buckets=_QUICK,
    registry=REGISTRY,
)
EVENT_LATENESS = Histogram(
    "care_event_lateness_seconds",
    "From an event's arrival to its decision.",
    buckets=_LATE,
    registry=REGISTRY,
)
DECISION_LATENESS = Histogram(
    "care_decision_lateness_seconds",
    "From the instant a wait, a deadline or a hold was over to the decision that noticed.",
    buckets=_LATE,
    registry=REGISTRY,
)
ENROLMENTS = Counter(
    "care_enrolments",
    "Enrolments that `entered` or `exited`, and entries that were judged and did not happen (`not_entered`).",
    ("journey", "what"),
    registry=REGISTRY,
)
WITHHELD = Counter(
    "care_messages_withheld",
    "Messages that did not leave, by what was decided (`skipped`, `held`, `deferred`, `retrying`, `failed`, `unknown`) "
    "and the code of the reason.",
    ("decided", "code"),
    registry=REGISTRY,
)

MESSAGES = Counter(
    "care_messages",
    "Attempts to send a message, by what became of it: `sent`, `skipped`, `deferred`, `failed`, `retry` or `unknown`.",
    ("channel", "purpose", "outcome"),
    registry=REGISTRY,
)
MESSAGE_LATENESS = Histogram(
    "care_message_lateness_seconds",
    "From the decision that ordered a message to its provider taking it.",
    ("channel", "purpose"),
    buckets=_LATE,
    registry=REGISTRY,
)
WEBHOOKS = Counter(
    "care_webhooks", "Webhooks posted, by endpoint and outcome.", ("endpoint", "outcome"), registry=REGISTRY
)
TICKETS = Counter(
    "care_tickets", "Tickets `opened` and `escalated` by journeys, by queue.", ("queue", "what"), registry=REGISTRY
)
ACTIVITY_SECONDS = Histogram(
    "care_activity_seconds",
    "How long an activity took, waiting for a thread included.",
    ("activity",),
    buckets=(*_QUICK, 30.0, 60.0),
    registry=REGISTRY,
)
ACTIVITY_ERRORS = Counter(
    "care_activity_errors",
    "Activities that met an error and are tried again, by the error's class.",
    ("activity", "error"),
    registry=REGISTRY,
)
SWEPT = Counter(
    "care_sweep_events",
    "Undecided events the sweep signalled again: `told`, or `untold` because Temporal did not answer.",
    ("result",),
    registry=REGISTRY,
)


class Words:
    """The values of a label that a plug-in could make up: what is no short word, or one too many, is ``other``."""

    def __init__(self, most: int = _MOST_WORDS) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, word: str) -> str:
        """The word, when it may be a label."""
        if word in self._known:
            return word
        if not _WORD.fullmatch(word) or len(self._known) >= self._most:
            return OTHER
        self._known.add(word)
        return word


code_of = Words()
error_of = Words()
name_of = Words(1_000)
