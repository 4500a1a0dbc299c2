"""Scenes: a preview's words read against the catalogue, with everything that is wrong in them told at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from care.domain.catalogue import Field
from care.domain.conditions import Fact, Value
from care.domain.journey import Plan
from care.domain.metrics import score_field
from care.domain.rulebook import Rulebook
from care.domain.steps import Webhook
from care.domain.timing import instant_of, zone_of
from care.rulebook.clocktimes import timezone
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.names import Known
from care.rulebook.phrases import read_value
from care.rulebook.ruletests import Happening
from care.rulebook.sides import customer_on
from care.rulebook.spelling import did_you_mean
from care.rulebook.testdata import Given, Story, read_given
from care.rulebook.vocabulary import CHANNELS
from care.trying.moments import MORNING, Later, later, local_moment
from care.trying.oneliners import happening_of, pair_of
from care.trying.previews import ANSWERS, CLOSES, NEVER, Preview, PreviewError
from care.trying.suiting import TypeGoal

MISSING = "missing"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Scene:
    """A preview that can be played.

    Attributes:
        starts: When the first event happens, naive, on the customer's clock.
        facts: By full field name; ``None`` for what is said to be missing.
        first_score: The answer to whatever is asked first.
        closes: When a ticket is closed, or ``None`` when nobody does.
    """

    plan: Plan
    zone: ZoneInfo
    locale: str
    starts: datetime
    facts: Mapping[str, Value | None]
    consents: Mapping[tuple[str, str], bool]
    reach: tuple[str, ...]
    types: tuple[TypeGoal, ...]
    scores: Mapping[str, float]
    first_score: float | None
    answers: Later
    closes: Later | None
    happens: tuple[Happening, ...]
    replies: Mapping[str, Mapping[str, Fact]]
    customer: str


def read_scene(preview: Preview, rulebook: Rulebook, now: datetime) -> Scene:
    """What a preview's words mean.

    Args:
        now: The instant ``today`` and ``Fri`` count from (UTC).

    Raises:
        PreviewError: When they cannot be read; the message names every fault.
    """
    walked = rulebook.entering.get(preview.journey)
    if walked is None:
        hint = did_you_mean(preview.journey, rulebook.entering) or "care rules check lists what is wrong in the files"
        raise PreviewError(f"there is no journey {preview.journey!r}; {hint}")
    return _Reading(preview, rulebook, walked.plan, now).scene()


class _Reading:
    """One pass over a preview."""

    def __init__(self, preview: Preview, rulebook: Rulebook, plan: Plan, now: datetime) -> None:
        self._asked = preview
        self._rulebook = rulebook
        self._catalogue = rulebook.catalogue
        self._plan = plan
        self._findings = Findings("preview")
        self._faults: list[str] = []
        company = rulebook.catalogue.company
        name = self._taken("timezone", timezone, preview.timezone) if preview.timezone else company.timezone
        self._zone = zone_of(name or company.timezone, "UTC")
        self._starts = self._read_starts(now.astimezone(self._zone).replace(tzinfo=None))

    def _read_starts(self, now: datetime) -> datetime:
        today = now.replace(hour=MORNING // 60, minute=0, second=0, microsecond=0)
        return (self._taken("buys", local_moment, self._asked.buys, now) if self._asked.buys else None) or today

    def scene(self) -> Scene:
        """Everything, or one error that tells every fault."""
        story = Story(self._starts, self._zone.key, Known(self._catalogue), Findings("preview"))
        given, missing = self._given(story)
        types = self._types()
        scores, first = self._scores()
        closes = None if self._asked.closes == NEVER else self._taken("closes", later, self._asked.closes or CLOSES)
        scene = Scene(
            plan=self._plan,
            zone=self._zone,
            locale=self._locale(given),
            starts=self._starts,
            facts={**dict.fromkeys(missing), **given.facts},
            consents=self._consents(given),
            reach=given.reach,
            types=types,
            scores=scores,
            first_score=first,
            answers=self._taken("answers", later, self._asked.answers or ANSWERS) or later(ANSWERS),
            closes=closes,
            happens=tuple(self._happens(story)),
            replies=self._replies(),
            customer=self._taken("side", customer_on, self._asked.sides, self._plan) or "",
        )
        if self._faults:
            raise PreviewError("\n".join(self._faults))
        return scene

    def _taken(self, what: str, parse: Callable[..., _T], *words: object) -> _T | None:
        try:
            return parse(*words)
        except PhraseError as error:
            self._fault(what, error.message, error.hint)
            return None

    def _fault(self, what: str, message: str, hint: str = "") -> None:
        self._faults.append(f"{what}: {message}" + (f"; {hint}" if hint else ""))

    def _locale(self, given: Given) -> str:
        locale = self._asked.locale or str(given.facts.pop("customer.locale", ""))
        return locale or self._catalogue.company.locale

    def _given(self, story: Story) -> tuple[Given, list[str]]:
        """What is given, and the fields that are said to be missing."""
        names = {name: value for name, value in self._asked.given.items() if name not in self._rulebook.worked_out}
        for name in [name for name in names if name.startswith("journey.")]:
            self._fault("given", f"{quoted(name)} has no value before the journey sets it", "leave it out")
            del names[name]
        missing = [name for name, value in names.items() if value == MISSING and name in self._catalogue.fields]
        pairs = tuple(pair_of(name, value, story) for name, value in names.items() if name not in missing)
        given = read_given(pairs, story)
        self._tell(story.findings, "given")
        return given, missing

    def _tell(self, findings: Findings, what: str) -> None:
        for problem in findings.problems:
            self._fault(what, problem.message, problem.hint)
        findings.problems.clear()

    def _consents(self, given: Given) -> dict[tuple[str, str], bool]:
        return {**{(channel, "marketing"): True for channel in CHANNELS}, **given.consents}

    def _types(self) -> tuple[TypeGoal, ...]:
        """The worked-out fields that are asked for: by a value alone, or as ``customer.motive=discount``."""
        goals = {}
        for field, value in self._asked.given.items():
            if field in self._rulebook.worked_out:
                self._taken("given", read_value, value, self._field(field))
                goals[field] = value
        for value in self._asked.types:
            homes = [name for name in self._rulebook.worked_out if value in self._field(name).choices]
            if not homes:
                choices = {choice for name in self._rulebook.worked_out for choice in self._field(name).choices}
                hint = did_you_mean(value, choices) or "customer_types.yaml lists the types"
                self._fault("as", f"{quoted(value)} is no customer type", hint)
            goals.update(dict.fromkeys(homes[:1], value))
        return tuple(TypeGoal(field, value) for field, value in goals.items())

    def _field(self, name: str) -> Field:
        return self._catalogue.fields[name]

    def _scores(self) -> tuple[dict[str, float], float | None]:
        scores = {}
        for survey, text in self._asked.scores.items():
            score = self._taken(survey, read_value, text, self.score_field(survey))
            if isinstance(score, int | float):
                scores[survey] = float(score)
        asked = [step.survey for steps in self._plan.paths.values() for step in steps if step.verb == "survey"]
        if not self._asked.score:
            return scores, None
        if not asked:
            self._fault("score", f"{self._plan.journey} asks for no score", "leave the score out")
            return scores, None
        first = self._taken("score", read_value, self._asked.score, self.score_field(asked[0]))
        return scores, float(first) if isinstance(first, int | float) else None

    def score_field(self, survey: str) -> Field:
        """The field that an answer to a survey fills."""
        return score_field(self._catalogue.fields, survey)

    def _happens(self, story: Story) -> Iterator[Happening]:
        for text in self._asked.happens:
            happening = happening_of(text, story)
            self._tell(story.findings, "happens")
            if happening is not None:
                yield happening

    def _replies(self) -> dict[str, dict[str, Fact]]:
        saves = dict(_saves(self._plan))
        found: dict[str, dict[str, Fact]] = {}
        for name, text in self._asked.replies.items():
            if name not in saves:
                hint = did_you_mean(name, saves) or f"{self._plan.journey} keeps nothing of a webhook's answer"
                self._fault("webhook", f"{quoted(name)} is not kept", hint)
                continue
            endpoint, _, place = name.partition(".")
            value = self._taken("webhook", read_value, text, self._field(saves[name]))
            if value is not None:
                found.setdefault(endpoint, {})[place] = value
        return found


def instant(scene: Scene, day: int, minute: int) -> datetime:
    """A moment of the story in UTC: a calendar day after the first event's, and minutes since midnight."""
    local = datetime.combine(scene.starts.date() + timedelta(days=day), time(minute // 60, minute % 60))
    return instant_of(local, scene.zone)


def _saves(plan: Plan) -> Iterator[tuple[str, str]]:
    """``crm.customer.tier`` and the journey field it fills."""
    for steps in plan.paths.values():
        for step in steps:
            if isinstance(step, Webhook):
                yield from ((f"{step.endpoint}.{place}", field) for field, place in step.save.items())
