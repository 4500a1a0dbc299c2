"""The rules folder as a whole: every file read, every problem at once, one rulebook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from care.domain.journey import Plan
from care.domain.rulebook import CustomerType, Rulebook, WalkedPlan
from care.rulebook.catalogue import CatalogueDraft, read_catalogue
from care.rulebook.customer_types import read_customer_types
from care.rulebook.findings import START, Findings
from care.rulebook.inventory import Inventory, check_files
from care.rulebook.journeys import read_journey
from care.rulebook.problems import Problem, in_order
from care.rulebook.reader import Node, decode, read
from care.rulebook.ruletests import RuleTestFile, read_rule_tests
from care.rulebook.spelling import did_you_mean

CATALOG = "catalog.yaml"
TYPES = "customer_types.yaml"
JOURNEYS = "journeys"
_TEST = ".test.yaml"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Workspace:
    """A rules folder.

    Attributes:
        rulebook: Everything to walk by, as a draft (revision 0); ``None`` while a rule file has an error.
        problems: In order of file and place.
        sources: The text of each file that could be read, by its path below the folder.
        tests: The rule tests that could be read.
    """

    rulebook: Rulebook | None
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    tests: tuple[RuleTestFile, ...] = ()


def load(rules_dir: Path, inventory: Inventory | None = None) -> Workspace:
    """Read and check a rules folder; never stops at the first problem.

    Args:
        inventory: The template files; without it, what templates need is not checked.
    """
    return _Loading(Path(rules_dir), inventory).all()


class _Loading:
    """One pass over a rules folder."""

    def __init__(self, folder: Path, inventory: Inventory | None) -> None:
        self._folder = folder
        self._inventory = inventory
        self._problems: list[Problem] = []
        self._sources: dict[str, str] = {}
        self._broken = False

    def all(self) -> Workspace:
        """Read every file, the ones that others speak of first."""
        draft = self._catalogue()
        types = self._types(draft)
        plans, rule_tests = self._journeys(draft)
        self._refuse_strays()
        rulebook = None if self._broken else _rulebook(draft, types, plans)
        return Workspace(rulebook, in_order(self._problems), self._sources, rule_tests)

    def _catalogue(self) -> CatalogueDraft:
        findings = Findings(CATALOG)
        root = self._read(CATALOG, findings)
        draft = read_catalogue(root, findings) if root is not None else CatalogueDraft()
        if self._inventory is not None:
            check_files(draft.known, draft.written, self._inventory, findings)
        self._close(findings)
        return draft

    def _types(self, draft: CatalogueDraft) -> tuple[CustomerType, ...]:
        if not (self._folder / TYPES).exists():
            return ()
        findings = Findings(TYPES)
        root = self._read(TYPES, findings)
        types = read_customer_types(root, draft.known, findings) if root is not None else ()
        self._close(findings)
        return types

    def _journeys(self, draft: CatalogueDraft) -> tuple[dict[str, Plan], tuple[RuleTestFile, ...]]:
        files = list(_files(self._folder / JOURNEYS))
        plans: dict[str, Plan] = {}
        for name in (name for name in files if not name.endswith(_TEST)):
            findings = Findings(f"{JOURNEYS}/{name}")
            root = self._read(findings.file, findings)
            stem = name.removesuffix(".yaml")
            plan = read_journey(root, stem, draft.known, findings, self._inventory) if root is not None else None
            if plan is not None:
                plans[stem] = plan
            self._close(findings)
        journeys = {name.removesuffix(".yaml") for name in files if not name.endswith(_TEST)}
        rule_tests = [self._rule_test(name, journeys, plans, draft) for name in files if name.endswith(_TEST)]
        return plans, tuple(each for each in rule_tests if each is not None)

    def _rule_test(
        self, name: str, journeys: set[str], plans: Mapping[str, Plan], draft: CatalogueDraft
    ) -> RuleTestFile | None:
        findings = Findings(f"{JOURNEYS}/{name}")
        root = self._read(findings.file, findings)
        stem = name.removesuffix(_TEST)
        if stem not in journeys:
            hint = did_you_mean(stem, journeys) or "a test file is called after its journey"
            findings.add("J010", START, f"there is no journey '{stem}' to test", hint)
        tests = read_rule_tests(root, stem, plans.get(stem), draft.known, findings) if root is not None else None
        self._problems.extend(findings.problems)
        return None if findings.broken else tests

    def _read(self, name: str, findings: Findings) -> Node | None:
        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            message = f"{name} cannot be read: {error.strerror or error}"
            findings.add("J001", START, message, "every rules folder has a catalog.yaml" if name == CATALOG else "")
            return None
        text = decode(content, findings)
        if text is None:
            return None
        self._sources[name] = text
        return read(text, findings)

    def _close(self, findings: Findings) -> None:
        self._problems.extend(findings.problems)
        self._broken = self._broken or findings.broken

    def _refuse_strays(self) -> None:
        """A file with the wrong name or place would silently not be read."""
        for folder, known in ((self._folder, (CATALOG, TYPES)), (self._folder / JOURNEYS, None)):
            for path in _yaml_files(folder):
                name = path.relative_to(self._folder).as_posix()
                findings = Findings(name)
                if path.suffix != ".yaml":
                    findings.add("J001", START, f"{name} is not read: files end in .yaml", "rename it")
                elif known is not None and path.name not in known:
                    hint = did_you_mean(path.name, known) if "type" in name or "cata" in name else ""
                    hint = hint or f"journeys and their tests belong in {JOURNEYS}/"
                    findings.add("J001", START, f"{name} is not read here", hint)
                self._close(findings)


def _yaml_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)
    except OSError:
        return []


def _files(folder: Path) -> Iterator[str]:
    yield from (path.name for path in _yaml_files(folder) if path.suffix == ".yaml")


def _rulebook(draft: CatalogueDraft, types: tuple[CustomerType, ...], plans: Mapping[str, Plan]) -> Rulebook:
    walked = {name: WalkedPlan(plan) for name, plan in plans.items()}
    return Rulebook(draft.known.catalogue, types, walked, {each.plan.hash: each for each in walked.values()})
