"""The rules folder as a whole: every file read, every problem at once, one rulebook."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from care.domain.journey import Plan
from care.domain.policy import Policy
from care.domain.rulebook import CustomerType, Rulebook, WalkedPlan
from care.rulebook.catalogue import CatalogueDraft, read_catalogue
from care.rulebook.checks.crossing import check_crossing
from care.rulebook.checks.lawfulness import check_lawfulness
from care.rulebook.checks.places import Places
from care.rulebook.checks.starting import check_starting
from care.rulebook.customer_types import read_customer_types
from care.rulebook.draft import Beside
from care.rulebook.findings import START, Findings, TooManyProblems
from care.rulebook.inventory import Inventory, check_files
from care.rulebook.journeys import read_journey
from care.rulebook.names import simple_name
from care.rulebook.policies import FOLDER as POLICIES
from care.rulebook.policies import read_policy, together
from care.rulebook.problems import Problem, in_order
from care.rulebook.promises import Promise, read_promises
from care.rulebook.reader import Node, decode, read
from care.rulebook.ruletests import RuleTestFile, read_rule_tests
from care.rulebook.sheets import Sheets
from care.rulebook.spelling import did_you_mean

CATALOG = "catalog.yaml"
TYPES = "customer_types.yaml"
PROMISES = "promises.yaml"
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
        promises: What must hold of every customer, as far as it could be read.
    """

    rulebook: Rulebook | None
    problems: tuple[Problem, ...]
    sources: Mapping[str, str]
    tests: tuple[RuleTestFile, ...] = ()
    promises: tuple[Promise, ...] = ()


def load(rules_dir: Path, inventory: Inventory | None = None) -> Workspace:
    """Read and check a rules folder; never stops at the first problem.

    Args:
        inventory: The template files; without it, what templates need is not checked.
    """
    return _Loading(Path(rules_dir), inventory).all()


def load_journey(rules_dir: Path, journey: str) -> Workspace:
    """Read and check one journey and what it rests on, whatever the other journeys hold; its tests are left out."""
    return _Loading(Path(rules_dir), None, journey).all()


def journey_names(rules_dir: Path) -> tuple[str, ...]:
    """The journeys that have a file, in order."""
    files = _files(Path(rules_dir) / JOURNEYS)
    return tuple(name.removesuffix(".yaml") for name in files if not name.endswith(_TEST))


class _Loading:
    """One pass over a rules folder, or over ``only`` one journey of it."""

    def __init__(self, folder: Path, inventory: Inventory | None, only: str = "") -> None:
        self._folder = folder
        self._only = only
        self._inventory = inventory
        self._problems: list[Problem] = []
        self._sources: dict[str, str] = {}
        self._broken = False
        self._sheets = Sheets(folder / JOURNEYS)
        self._places: dict[str, Places] = {}

    def all(self) -> Workspace:
        """Read every file, the ones that others speak of first."""
        draft = self._catalogue()
        types = self._types(draft)
        plans, rule_tests = self._journeys(draft)
        self._check_together(plans, draft)
        promises = self._promises(draft) if not self._only else ()
        if not self._only:
            self._refuse_strays()
        rulebook = None if self._broken else _rulebook(draft, types, plans)
        return Workspace(rulebook, in_order(self._problems), self._sources, rule_tests, promises)

    def _catalogue(self) -> CatalogueDraft:
        findings, draft = Findings(CATALOG), CatalogueDraft()
        with suppress(TooManyProblems):
            root = self._read(CATALOG, findings)
            draft = read_catalogue(root, findings) if root is not None else draft
        draft.known = replace(draft.known, policies=self._policies())
        with suppress(TooManyProblems):
            if self._inventory is not None:
                check_files(draft.known, draft.written, self._inventory, findings)
                check_lawfulness(draft.known, draft.written, self._inventory, findings)
        self._close(findings)
        return draft

    def _policies(self) -> tuple[Policy, ...]:
        """The policy packs; while one of the operator's is broken, that is told and the rest is checked without it."""
        own = []
        for name in _files(self._folder / POLICIES):
            findings, stem = Findings(f"{POLICIES}/{name}"), name.removesuffix(".yaml")
            findings.take(START, simple_name, stem)
            with suppress(TooManyProblems):
                root = self._read(findings.file, findings)
                pack = read_policy(root, stem, findings) if root is not None else None
                if pack is not None:
                    own.append(pack)
            self._close(findings)
        return together(own)

    def _types(self, draft: CatalogueDraft) -> tuple[CustomerType, ...]:
        if not (self._folder / TYPES).exists():
            return ()
        findings = Findings(TYPES)
        types: tuple[CustomerType, ...] = ()
        with suppress(TooManyProblems):
            root = self._read(TYPES, findings)
            types = read_customer_types(root, draft.known, findings) if root is not None else ()
        self._close(findings)
        return types

    def _promises(self, draft: CatalogueDraft) -> tuple[Promise, ...]:
        if not (self._folder / PROMISES).exists():
            return ()
        findings, names = Findings(PROMISES), journey_names(self._folder)
        promises: tuple[Promise, ...] = ()
        with suppress(TooManyProblems):
            root = self._read(PROMISES, findings)
            promises = read_promises(root, names, draft.known, findings) if root is not None else ()
        self._problems.extend(findings.problems)
        return promises

    def _journeys(self, draft: CatalogueDraft) -> tuple[dict[str, Plan], tuple[RuleTestFile, ...]]:
        files = [name for name in _files(self._folder / JOURNEYS) if self._only in ("", name.removesuffix(".yaml"))]
        plans: dict[str, Plan] = {}
        for name in (name for name in files if not name.endswith(_TEST)):
            findings = Findings(f"{JOURNEYS}/{name}")
            stem = name.removesuffix(".yaml")
            beside = Beside(self._inventory, self._sheets)
            with suppress(TooManyProblems):
                root = self._read(findings.file, findings)
                plan = read_journey(root, stem, draft.known, findings, beside) if root is not None else None
                if plan is not None and root is not None:
                    plans[stem] = plan
                    self._places[stem] = Places(root)
            self._close(findings)
        self._sources.update(self._sheets.sources)
        journeys = {name.removesuffix(".yaml") for name in files if not name.endswith(_TEST)}
        rule_tests = [self._rule_test(name, journeys, plans, draft) for name in files if name.endswith(_TEST)]
        return plans, tuple(each for each in rule_tests if each is not None)

    def _check_together(self, plans: Mapping[str, Plan], draft: CatalogueDraft) -> None:
        """What only shows when journeys are held against each other."""
        findings = {name: Findings(f"{JOURNEYS}/{name}.yaml") for name in plans}
        with suppress(TooManyProblems):
            check_starting(plans, draft.known.catalogue, self._places, findings)
            check_crossing(plans, draft.known.catalogue, self._places, findings)
        for each in findings.values():
            self._close(each)

    def _rule_test(
        self, name: str, journeys: set[str], plans: Mapping[str, Plan], draft: CatalogueDraft
    ) -> RuleTestFile | None:
        findings = Findings(f"{JOURNEYS}/{name}")
        stem = name.removesuffix(_TEST)
        tests = None
        with suppress(TooManyProblems):
            root = self._read(findings.file, findings)
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
        places = (self._folder / JOURNEYS, None), (self._folder / POLICIES, None)
        for folder, known in ((self._folder, (CATALOG, TYPES, PROMISES)), *places):
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
        self._refuse_idle_sheets()

    def _refuse_idle_sheets(self) -> None:
        """A table's file that no table reads; while anything else is wrong, a journey may have meant it."""
        sound = not self._broken
        for path in sorted([*self._folder.glob("*.[cC][sS][vV]"), *(self._folder / JOURNEYS).glob("*.[cC][sS][vV]")]):
            name = path.relative_to(self._folder).as_posix()
            findings = Findings(name)
            if path.parent == self._folder:
                findings.add("J001", START, f"{name} is not read here", f"a table's file belongs in {JOURNEYS}/")
            elif path.name not in self._sheets.asked and sound:
                findings.add("J031", START, f"no table reads {name}", "name it under 'rows:' of a table, or remove it")
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
    by_hash = {each.plan.hash: each for each in walked.values()}
    return Rulebook(draft.known.catalogue, types, walked, by_hash, policies=draft.known.policies)
