"""The form a journey is tried with: what it offers for this journey, and what was asked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from care.domain.catalogue import Catalogue
from care.domain.journey import Plan
from care.domain.metrics import SCALES, score_field
from care.domain.rulebook import Rulebook
from care.domain.steps import Survey, Ticket, Webhook
from care.rulebook.sides import HOLDOUT, splits_of
from care.rulebook.vocabulary import CHANNELS
from care.trying.previews import NAME, Preview, PreviewError, named_values

ZONES = (
    *("Asia/Ho_Chi_Minh", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin"),
    *("Europe/London", "America/New_York", "America/Los_Angeles", "UTC"),
)
_MOST_LINES = 20
# Where the messages of a preview speak of a field of the form by another name.
_FIELDS = {"timezone": "tz", "webhook": "replies"}
_HEAD = re.compile(r"(\w+)(:?) (.*)")

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Lines = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000)]
Few = Annotated[list[Word], Field(max_length=_MOST_LINES)]


class Asked(BaseModel):
    """What the form says, as it was typed; it stands in the address, so that a trial can be handed on."""

    model_config = ConfigDict(populate_by_name=True)

    rules: Literal["", "draft", "published"] = ""
    types: Few = Field(default_factory=list, alias="as")
    tz: Word = ""
    buys: Word = ""
    csat: Word = ""
    nps: Word = ""
    ces: Word = ""
    consent: Literal["", "email", "sms", "none"] = ""
    reach: Word = ""
    name: Word = ""
    locale: Word = ""
    answers: Word = ""
    closes: Word = ""
    side: Few = Field(default_factory=list)
    given: Lines = ""
    happens: Lines = ""
    replies: Lines = ""

    def preview(self, journey: str) -> Preview:
        """The preview that is asked for.

        Raises:
            PreviewError: When a line is no ``name=value``.
        """
        typed = [word for word in self.types if word]
        given = named_values(_lines(self.given), "given")
        if self.consent:
            given |= {f"consent.{channel}.marketing": _yes(channel == self.consent) for channel in CHANNELS}
        if self.reach:
            given["reach"] = self.reach
        return Preview(
            journey=journey,
            types=tuple(word for word in typed if "=" not in word),
            timezone=self.tz,
            locale=self.locale,
            name=self.name or NAME,
            buys=self.buys,
            scores={survey: score for survey, score in self._scores() if score},
            answers=self.answers,
            closes=self.closes,
            given=named_values((word for word in typed if "=" in word), "as") | given,
            happens=tuple(_lines(self.happens)),
            sides=named_values((word for word in self.side if word), "side"),
            replies=named_values(_lines(self.replies), "replies"),
        )

    def _scores(self) -> Iterator[tuple[str, str]]:
        yield from (("csat", self.csat), ("nps", self.nps), ("ces", self.ces))

    def query(self, **more: str) -> str:
        """What was asked as the query of an address."""
        said = self.model_dump(by_alias=True, exclude_defaults=True)
        return urlencode({**said, **more}, doseq=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field with a list to choose from: (value, words) pairs; ``chosen`` is one of the values, or empty."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class TrialForm:
    """What can be asked of a journey.

    Attributes:
        choices: What makes the customer: one list for each worked-out field.
        scores: One list for each survey of the journey.
        zones: Time zones to suggest, the company's first.
        tickets: Whether the journey hands over to people; ``replies`` that it keeps what endpoints answer.
    """

    choices: Sequence[Choice]
    scores: Sequence[Choice]
    splits: Sequence[Choice]
    zones: Sequence[str]
    locale: str
    tickets: bool
    replies: bool


def form_of(plan: Plan, rulebook: Rulebook, asked: Asked) -> TrialForm:
    """The form for a journey, as it was filled in."""
    steps = [step for path in plan.paths.values() for step in path]
    surveys = dict.fromkeys(step.survey for step in steps if isinstance(step, Survey))
    company = rulebook.catalogue.company
    return TrialForm(
        choices=list(_types(rulebook, asked)),
        scores=[_score(survey, rulebook.catalogue, getattr(asked, survey)) for survey in surveys],
        splits=[_chosen(each, asked.side) for each in _splits(plan)],
        zones=list(dict.fromkeys((company.timezone, *ZONES))),
        locale=company.locale,
        tickets=any(isinstance(step, Ticket) for step in steps),
        replies=any(isinstance(step, Webhook) and step.save for step in steps),
    )


def faults_of(error: PreviewError) -> dict[str, str]:
    """What is wrong with each field of the form; what is about none of them stands under an empty name."""
    faults: dict[str, str] = {}
    for line in str(error).splitlines():
        found = _HEAD.fullmatch(line)
        head, colon, rest = found.groups() if found is not None else ("", "", line)
        name = _FIELDS.get(head, head)
        if name not in Asked.model_fields and name != "as":
            name, colon = "", ""
        words = rest if colon else line
        faults[name] = f"{faults[name]}; {words}" if name in faults else words
    return faults


def _types(rulebook: Rulebook, asked: Asked) -> Iterator[Choice]:
    for name, kind in rulebook.worked_out.items():
        field = rulebook.catalogue.fields.get(name)
        values = field.choices if field is not None and field.choices else dict.fromkeys(r.then for r in kind.rules)
        label = name.removeprefix("customer.").replace("_", " ")
        options = [("", "whoever is let in"), *((f"{name}={value}", value.replace("_", " ")) for value in values)]
        bare = {f"{name}={word}" for word in asked.types if "=" not in word}
        yield _chosen(Choice("as", f"customer {label}", options), [*asked.types, *bare])


def _score(survey: str, catalogue: Catalogue, chosen: str) -> Choice:
    scale, field = SCALES[survey], score_field(catalogue.fields, survey)
    low, high = int(field.low or scale[0]), int(field.high or scale[-1])
    options = [("", "does not answer"), *((str(score), f"{score} of {high}") for score in range(low, high + 1))]
    return Choice(survey, f"answer to {survey.upper()}", options, chosen)


def _splits(plan: Plan) -> Iterator[Choice]:
    for split in splits_of(plan):
        sides = [*(share.then for share in split.shares), *([HOLDOUT] if split.holdout else [])]
        options = [("", "by chance"), *((f"{split.name}={side}", side.replace("_", " ")) for side in sides)]
        yield Choice("side", f"split {split.name}", options)


def _chosen(choice: Choice, words: Sequence[str]) -> Choice:
    known: Mapping[str, str] = dict(choice.options)
    return replace(choice, chosen=next((word for word in words if word and word in known), ""))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:_MOST_LINES]


def _yes(given: bool) -> str:
    return "yes" if given else "no"
