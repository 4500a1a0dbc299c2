"""What is installed is what was locked, byte by byte, and under a licence that lets the product be used and sold."""

import re
import tomllib
from importlib.metadata import version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.licences import LOCK, Dependency, dependencies, pins

PROJECT = LOCK.with_name("pyproject.toml")
PERMISSIVE = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|3-Clause)\b", re.IGNORECASE)
# Shared as separate libraries, unchanged: their copyleft reaches their own files only.
WEAK = {"certifi", "psycopg", "psycopg-binary"}
WEAK_OF_TESTS = {"hypothesis", "pathspec"}


def test_every_package_is_pinned_to_one_version_by_its_hashes() -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text(encoding="utf-8").strip())
    assert len(blocks) == len(pins()) > 80
    for block in blocks:
        assert re.match(r"[\w.-]+==\S+ \\\n", block), block.partition("\n")[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.partition("\n")[0]


def test_the_lock_names_no_index_and_no_address() -> None:
    assert not re.search(r"://|--index|--find-links|--trusted", LOCK.read_text(encoding="utf-8"))
    installing = (LOCK.with_name("Makefile")).read_text(encoding="utf-8")
    assert "pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock" in installing


def test_everything_the_project_names_is_in_the_lock() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for wanted in map(Requirement, named):
        locked = pins()[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(locked), wanted


def test_what_is_installed_is_what_was_locked() -> None:
    for each in dependencies():
        assert version(each.name) == each.version, each.name


def test_every_licence_is_known_and_lets_the_product_be_used() -> None:
    found = list(dependencies())
    assert {"fastapi", "sqlalchemy", "temporalio", "cryptography"} <= {each.name for each in found if each.is_needed}
    assert {"pytest", "schemathesis", "mypy"} <= {each.name for each in found if not each.is_needed}
    assert [each for each in found if not _is_allowed(each)] == []


def _is_allowed(each: Dependency) -> bool:
    known = WEAK if each.is_needed else WEAK | WEAK_OF_TESTS
    if "GPL" in each.licence or "MPL" in each.licence or "Mozilla" in each.licence:
        return each.name in known
    return PERMISSIVE.search(each.licence) is not None
