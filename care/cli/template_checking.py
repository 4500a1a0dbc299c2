"""Checking the templates folder for the commands: the rules' own checks of messages, the brand, and every message."""

from care import clock
from care.brand import read_brand
from care.cli.progress import progress
from care.cli.rule_files import BrokenRulesError, errors_of, loaded
from care.domain.rulebook import Rulebook
from care.rendering import Renderer
from care.rulebook.problems import render
from care.rulebook.spelling import did_you_mean
from care.rulebook.workspace import Workspace
from care.settings import Settings
from care.templating.checks import Checking
from care.templating.hints import Hinting
from care.templating.report import Report
from care.templating.samples import Samples, no_links
from care.templating.uses import uses_of

# What the check of the rule files says of messages: a value that a step lacks, and what the law asks of advertising.
_OF_MESSAGES = ("J014", "J054")


def check(settings: Settings, only: str = "", *, browse: bool = False) -> Report:
    """Everything that is wrong in the messages.

    Args:
        only: A template; empty looks at all.
        browse: Whether a browser says which words can hardly be read.

    Raises:
        BrokenRulesError: The rule files cannot be read, or there is no such template.
        BrowserError: A browser is wanted, and there is none.
    """
    workspace = loaded(settings.rules_dir, settings.templates_dir)
    rulebook = sound(workspace, settings, beside=_OF_MESSAGES)
    total = len(uses_of(rulebook))
    with progress("Writing every message", total) as beat:
        samples = samples_of(settings, rulebook)
        checking = Checking(rulebook, samples, settings.templates_dir, beat, browse=browse)
        if only:
            known_template(rulebook, only)
        else:
            brand = read_brand(settings.templates_dir)[1]
            told = [problem for problem in workspace.problems if problem.code in _OF_MESSAGES]
            for problem in (*brand, *told):
                checking.gathered.note(problem)
        report = checking.report(only)
    return Report(report.problems, {**workspace.sources, **report.sources}, report.messages, report.samples)


def lint(settings: Settings, only: str = "") -> Report:
    """Hints for better messages.

    Raises:
        BrokenRulesError: The rule files cannot be read, or there is no such template.
        GlossaryError: The glossary cannot be read.
    """
    rulebook = sound(loaded(settings.rules_dir, settings.templates_dir), settings, beside=_OF_MESSAGES)
    if only:
        known_template(rulebook, only)
    checking = Checking(rulebook, samples_of(settings, rulebook), settings.templates_dir)
    hinting = Hinting(settings.templates_dir, checking.gathered)
    for use in uses_of(rulebook):
        for look in checking.looks(use) if only in ("", use.template) else ():
            hinting.look_over(look)
    report = checking.done()
    hints = tuple(problem for problem in report.problems if problem.severity == "note")
    return Report(hints, report.sources, report.messages, report.samples)


def samples_of(settings: Settings, rulebook: Rulebook) -> Samples:
    """What writes sample messages."""
    renderer = Renderer(settings.templates_dir, settings.public_url)
    return Samples(rulebook, renderer, no_links(settings.public_url), clock.now())


def sound(workspace: Workspace, settings: Settings, beside: tuple[str, ...] = ()) -> Rulebook:
    """The rulebook of a folder.

    Args:
        beside: Codes of problems that do not matter here.

    Raises:
        BrokenRulesError: Something else is wrong in it.
    """
    errors = [problem for problem in errors_of(workspace.problems) if problem.code not in beside]
    if workspace.rulebook is not None and not errors:
        return workspace.rulebook
    if not errors:
        from care.rulebook.workspace import load

        alone = load(settings.rules_dir).rulebook
        if alone is not None:
            return alone
    shown = render(errors or workspace.problems, workspace.sources, str(settings.rules_dir))
    raise BrokenRulesError(f"{shown}\n\nthe messages rest on the rule files; mend those first ('care rules check')")


def known_template(rulebook: Rulebook, name: str) -> None:
    """See that the catalogue has a template.

    Raises:
        BrokenRulesError: When it has not.
    """
    templates = rulebook.catalogue.templates
    if name not in templates:
        hint = did_you_mean(name, templates) or "'care templates list' shows them all"
        raise BrokenRulesError(f"there is no template {name!r} in the catalogue; {hint}")
