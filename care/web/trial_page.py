"""The page a journey is tried on: the form, and what would happen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from care.domain.rulebook import Rulebook
from care.rulebook.workspace import JOURNEYS
from care.store.plans import NothingPublished
from care.trying.previews import PreviewError
from care.web.context import WebContext
from care.web.excerpts import Excerpt, excerpts
from care.web.problems import RefusalError
from care.web.shelf import drafted
from care.web.trial import Trial, try_journey
from care.web.trial_form import Asked, TrialForm, faults_of, form_of


@dataclass(frozen=True, slots=True)
class TrialPage:
    """A journey to be tried.

    Attributes:
        rules: Which rules it is tried by: ``draft`` or ``published``.
        both: Whether there are both to choose from.
        form: ``None`` when the draft is asked for and cannot be read.
        faults: What is wrong with what was asked, by field.
        problems: What is wrong with the draft.
        trial: What came of it, when it could be played.
    """

    journey: str
    title: str
    rules: str
    both: bool
    asked: Asked
    form: TrialForm | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Excerpt] = ()
    trial: Trial | None = None


def trial_page(here: WebContext, journey: str, asked: Asked) -> TrialPage:
    """Try a journey as it was asked for.

    Raises:
        RefusalError: There is no such journey, published or drafted.
    """
    published, draft = _published(here, journey), here.drafts.rulebook(journey)
    workspace = here.drafts.current()
    has_file = workspace is not None and journey in drafted(
        {*workspace.sources, *(problem.file for problem in workspace.problems)}
    )
    if published is None and not has_file:
        raise RefusalError("not-found", "there is no journey of this name to try; /journeys lists them")
    rules = asked.rules or ("published" if draft is None and published is not None else "draft")
    rulebook = published if rules == "published" else draft
    both = published is not None and has_file
    if rulebook is None:
        problems = _problems(here, journey)
        return TrialPage(journey, journey, rules, both, asked, problems=problems)
    plan = rulebook.entering[journey].plan
    form = form_of(plan, rulebook, asked)
    page = TrialPage(journey, plan.title or journey, rules, both, asked, form)
    return _played(here, page, rulebook)


def _played(here: WebContext, page: TrialPage, rulebook: Rulebook) -> TrialPage:
    about = (page.journey, page.title, page.rules, page.both, page.asked, page.form)
    try:
        wanted = page.asked.preview(page.journey)
        trial = try_journey(rulebook, wanted, here.now(), here.renderer, here.settings.public_url)
    except PreviewError as error:
        return TrialPage(*about, faults=faults_of(error))
    return TrialPage(*about, trial=trial)


def _published(here: WebContext, journey: str) -> Rulebook | None:
    try:
        rulebook = here.rulebook()
    except NothingPublished:
        return None
    return rulebook if journey in rulebook.entering else None


def _problems(here: WebContext, journey: str) -> Sequence[Excerpt]:
    """The errors of the journey and of what it rests on."""
    workspace = here.drafts.current()
    if workspace is None:
        return ()
    errors = [problem for problem in workspace.problems if problem.severity == "error"]
    mine = [each for each in errors if each.file == f"{JOURNEYS}/{journey}.yaml" or JOURNEYS not in each.file]
    return excerpts(mine or errors, workspace.sources, here.drafts.rules_dir)
