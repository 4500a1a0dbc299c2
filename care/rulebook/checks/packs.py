"""Packs: the policy packs that come with the rule language, read from their files."""

from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from care.domain.catalogue import Company
from care.domain.policy import Basis, Label, OptOut, Policy, Region, Rule, Signs
from care.rulebook.clocktimes import cap, week

_FOLDER = "policies"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def packs() -> tuple[Policy, ...]:
    """Every pack, by name."""
    files = [
        file for file in (resources.files("care.rulebook.checks") / _FOLDER).iterdir() if file.name.endswith(".yaml")
    ]
    texts = {file.name.removesuffix(".yaml"): file.read_text(encoding="utf-8") for file in files}
    return tuple(read_pack(name, yaml.load(texts[name], Loader=_LOADER)) for name in sorted(texts))


def packs_for(company: Company) -> tuple[Policy, ...]:
    """The packs of the places where a company trades, and those that hold everywhere.

    Where it trades is told by its time zone, its language and its phone number.
    """
    there = (company.timezone, company.locale, company.phone)
    return tuple(pack for pack in packs() if pack.everywhere or pack.signs.show(*there))


def read_pack(name: str, content: dict[str, Any]) -> Policy:
    """The pack of a file's content.

    Raises:
        TypeError: A word in it is not known, or one that is needed is missing.
    """
    signs = {key: tuple(values) for key, values in content.get("signs", {}).items()}
    more = {
        "signs": Signs(**signs),
        "rules": tuple(_rule(rule) for rule in content["rules"]),
        "bases": {key: Basis(**basis) for key, basis in content["bases"].items()},
        "notes": tuple(content.get("notes", ())),
    }
    return Policy(**{**content, "name": name, **more})


def _rule(content: dict[str, Any]) -> Rule:
    read = {
        "basis": tuple,
        "label": lambda label: Label(**{**label, "any_of": tuple(label["any_of"])}),
        "opt_out": lambda out: OptOut(**{**out, "words": tuple(out.get("words", ()))}),
        "identify": tuple,
        "identify_one_of": tuple,
        "regions": lambda regions: tuple(Region(**_read(region, {})) for region in regions),
    }
    return Rule(**_read(content, read))


def _read(content: dict[str, Any], read: dict[str, Any]) -> dict[str, Any]:
    """Settings with the phrases they are written in read."""
    every = {"window": week, "cap": cap, **read}
    return {name: every[name](value) if name in every else value for name, value in content.items()}
