"""Writing the JSON Schema of a rules folder, with the names of its catalogue."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from care.cli.rule_files import BrokenRulesError, count_text
from care.cli.screen import screen
from care.domain.catalogue import Catalogue
from care.domain.errors import CareError
from care.rulebook.catalogue import read_catalogue
from care.rulebook.findings import Findings, TooManyProblems
from care.rulebook.problems import in_order, render
from care.rulebook.reader import decode, read
from care.rulebook.workspace import CATALOG
from care.rulebook.writing.schema import schema_files


class SchemaError(CareError):
    """The schema cannot be written."""


@dataclass(frozen=True)
class SchemaFile:
    """A schema file as it should be."""

    path: Path
    text: str

    @property
    def current(self) -> bool:
        """Whether it is there already."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text
        except (OSError, ValueError):
            return False


def wanted(rules_dir: Path, out: Path) -> list[SchemaFile]:
    """The schema files of a rules folder; journeys may be broken, the catalogue may not.

    Raises:
        BrokenRulesError: There is no catalogue, or something is wrong in it.
    """
    return [SchemaFile(out / name, text) for name, text in schema_files(catalogue_of(rules_dir)).items()]


def catalogue_of(rules_dir: Path) -> Catalogue:
    """The catalogue of a rules folder.

    Raises:
        BrokenRulesError: There is none, or something is wrong in it.
    """
    findings = Findings(CATALOG)
    try:
        text = decode((rules_dir / CATALOG).read_bytes(), findings)
    except OSError as error:
        raise BrokenRulesError(
            f"{rules_dir / CATALOG} cannot be read: {error.strerror}; "
            "go where the rules folder is, set CARE_RULES_DIR, or begin with 'care rules new thank_buyers'"
        ) from error
    root = read(text, findings) if text is not None else None
    draft = None
    with suppress(TooManyProblems):
        draft = read_catalogue(root, findings) if root is not None else None
    if draft is None or findings.broken:
        shown = render(in_order(findings.problems), {CATALOG: text or ""}, str(rules_dir))
        raise BrokenRulesError(f"{shown}\n\nmend the catalogue first")
    return draft.known.catalogue


def write(files: list[SchemaFile]) -> None:
    """Write what is not current, and say so.

    Raises:
        SchemaError: A file cannot be written.
    """
    old = [file for file in files if not file.current]
    for file in old:
        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            file.path.write_text(file.text, encoding="utf-8")
        except OSError as error:
            raise SchemaError(f"{file.path} cannot be written: {error.strerror}") from error
        screen().print(f"written {file.path}", soft_wrap=True)
    if not old:
        screen().print(f"{count_text(len(files), 'file')}, all current", style="green")


def show_old(files: list[SchemaFile]) -> bool:
    """Say which files are not current; true when there are any."""
    old = [file for file in files if not file.current]
    for file in old:
        screen().print(f"not current: {file.path}", soft_wrap=True)
    text = "write them with 'care rules schema'" if old else "all current"
    screen().print(f"{count_text(len(files), 'schema file')}: {text}", style="red" if old else "green")
    return bool(old)
