"""The rules and templates folders in one line each; their own commands show every place."""

from collections.abc import Iterator
from pathlib import Path

from care.cli.doctor.findings import Area, Finding
from care.cli.rule_files import count_text, errors_of
from care.domain.errors import CareError
from care.settings import Settings

_RULES, _TEMPLATES = Area("rules"), Area("templates")


def look(settings: Settings) -> Iterator[Finding]:
    """Check both folders as ``care rules check`` and ``care templates check`` do."""
    from care.cli import template_checking
    from care.cli.rule_files import loaded

    if not settings.rules_dir.is_dir():
        words = "go where it is, or set CARE_RULES_DIR; what is published goes on all the same"
        yield _RULES.warning("drafts", f"there is no folder {str(settings.rules_dir)!r}", words)
        return
    problems = loaded(settings.rules_dir, settings.templates_dir).problems
    errors = errors_of(problems)
    if errors:
        yield _RULES.broken(
            "drafts", f"{count_text(len(errors), 'error')} in {_shown(settings.rules_dir)}", "care rules check"
        )
        return
    yield _RULES.ok("drafts", f"no error in {_shown(settings.rules_dir)}")
    try:
        report = template_checking.check(settings)
    except CareError as trouble:
        yield _TEMPLATES.broken("messages", str(trouble).splitlines()[0], "care templates check")
        return
    wrong = errors_of(report.problems)
    if wrong:
        yield _TEMPLATES.broken("messages", f"{count_text(len(wrong), 'error')} in them", "care templates check")
    else:
        yield _TEMPLATES.ok("messages", f"{report.messages:,} written without an error")


def _shown(folder: Path) -> str:
    return repr(str(folder))
