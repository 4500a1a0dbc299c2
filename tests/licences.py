"""What the locked dependencies are, whether the product itself needs them, and under which licence they come.

``python -m tests.licences`` prints them; ``tests/unit/test_dependencies.py`` holds them against what is allowed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "
_MIT = "Permission is hereby granted, free of charge"


@dataclass(frozen=True)
class Dependency:
    """A locked package.

    Attributes:
        licence: As its metadata says, by SPDX where it can be told; empty when they say nothing.
        is_needed: Whether the product itself needs it, and not only its tests and tools.
    """

    name: str
    version: str
    licence: str
    is_needed: bool


def pins() -> dict[str, str]:
    """Every package of the lock and its version."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(LOCK.read_text(encoding="utf-8"))}


def dependencies() -> Iterator[Dependency]:
    """The packages of the lock that this machine has installed, by name."""
    needed = _needed()
    for name, version in sorted(pins().items()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # For another system.
        yield Dependency(name, version, _licence(found), name in needed)


def _needed() -> set[str]:
    """What the product needs without its extras, and what that needs."""
    seen: set[str] = set()
    left = [Requirement("aftercare")]
    while left:
        wanted = left.pop()
        try:
            told = distribution(wanted.name).requires or ()
        except PackageNotFoundError:
            continue
        for each in map(Requirement, told):
            extras = wanted.extras or {""}
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras):
                left += [] if canonicalize_name(each.name) in seen else [each]
                seen.add(canonicalize_name(each.name))
    return seen


def _licence(found: Distribution) -> str:
    told = found.metadata
    classifiers = [each.removeprefix(_CLASSIFIER) for each in told.get_all("Classifier") or () if _CLASSIFIER in each]
    said = told.get("License-Expression") or " or ".join(classifiers) or told.get("License") or ""
    return said.strip().partition("\n")[0] or _of_file(found)


def _of_file(found: Distribution) -> str:
    """What the text of the licence itself shows."""
    files = [path for path in found.files or () if path.stem.upper() in ("LICENSE", "LICENCE", "COPYING")]
    return "MIT" if any(_MIT in path.read_text() for path in files) else ""


if __name__ == "__main__":
    for each in dependencies():
        whose = "product" if each.is_needed else "tests"
        print(f"{whose:8} {each.name:28} {each.version:14} {each.licence or 'UNKNOWN'}")
