"""Reads policy packs: those that come with Aftercare, and the operator's own below ``rules/policies/``."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import cast

from care import policies
from care.domain.catalogue import Purpose
from care.domain.consents import PROOF
from care.domain.errors import CareError
from care.domain.policy import (
    Basis,
    Consent,
    Ending,
    Implied,
    Label,
    Medium,
    OptOut,
    Part,
    Policy,
    Region,
    Rule,
    Sender,
    Signs,
    Spot,
)
from care.rulebook import policy_words as words
from care.rulebook.clocktimes import calendar_day, cap, week
from care.rulebook.company import taken
from care.rulebook.findings import Findings, PhraseError, quoted
from care.rulebook.forms import Entries, fill, line_of
from care.rulebook.reader import Node, read
from care.rulebook.spelling import did_you_mean
from care.rulebook.vocabulary import PURPOSES
from care.rulebook.words import Form

FOLDER = "policies"
_ENDING = ".yaml"
_YES_NO = ("yes", "no")
_FIELDS = ("name", "address", "phone", "email", "website")
_MONTHS = re.compile(r"(\d{1,3}) months?")
_NUMBER = re.compile(r"\d{1,5}")
_SOURCE = re.compile(r"https?://\S+")


class BrokenPolicy(CareError):
    """A policy pack that was accepted once cannot be read any more; the message names its first fault."""


@lru_cache(maxsize=1)
def shipped() -> tuple[Policy, ...]:
    """The packs that come with Aftercare, by name."""
    return tuple(_sound(name, text) for name, text in policies.texts().items())


def published(sources: Mapping[str, str]) -> tuple[Policy, ...]:
    """The packs that hold with these rule files: the shipped ones, and the operator's own in their place or besides.

    Args:
        sources: The text of each rule file, by its path below the rules folder.
    """
    own = {_name(path): text for path, text in sources.items() if path.startswith(f"{FOLDER}/")}
    return together(_sound(name, text) for name, text in sorted(own.items()))


def together(own: Iterable[Policy]) -> tuple[Policy, ...]:
    """The shipped packs with the operator's own in their place or besides, by name."""
    packs = {pack.name: pack for pack in (*shipped(), *own)}
    return tuple(packs[name] for name in sorted(packs))


def _name(path: str) -> str:
    return path.removeprefix(f"{FOLDER}/").removesuffix(_ENDING)


def _sound(name: str, text: str) -> Policy:
    findings = Findings(f"{FOLDER}/{name}{_ENDING}")
    root = read(text, findings)
    pack = read_policy(root, name, findings) if root is not None else None
    if pack is None or findings.broken:
        first = findings.problems[0]
        raise BrokenPolicy(f"{first.file}:{first.line}:{first.column}: {first.message}; {first.hint}")
    return pack


def read_policy(root: Node, name: str, findings: Findings) -> Policy | None:
    """The pack of a file, with what is wrong in it noted; ``None`` when it cannot be used."""
    entries = fill(root, words.POLICY, findings)
    return _Reading(entries, findings).all(name) if entries is not None else None


class _Reading:
    """One pass over a pack."""

    def __init__(self, entries: Entries, findings: Findings) -> None:
        self._entries = entries
        self._findings = findings
        self._parts = self._read_parts()
        self._bases = self._read_bases()
        # A basis that could not be read is told where it stands; that it is named is no second mistake.
        self._named = [pair.key.value for pair in self._entries.sections("bases")]

    def all(self, name: str) -> Policy | None:
        """Everything; ``None`` when anything is wrong."""
        entries, title = self._entries, self._entries.word("title")
        pack = Policy(
            name=name,
            title=title,
            where=entries.word("where", f"in {title}"),
            signs=self._signs(),
            rules=tuple(rule for node in entries.items("rules") if (rule := self._rule(node)) is not None),
            bases=self._bases,
            everywhere=self._yes(entries, "everywhere"),
            parts=tuple(self._parts.values()),
            deadlines=self._said(entries, "deadlines"),
            notes=_words(entries, "notes"),
            proof=self._proof(),
        )
        return None if self._findings.broken else pack

    def _proof(self) -> tuple[str, ...]:
        texts = self._entries.texts("proof")
        for text in texts:
            if text.value not in PROOF:
                message = f"{quoted(text.value)} is not a part of a proof ({', '.join(PROOF)})"
                self._findings.add("J011", text, message, did_you_mean(text.value, PROOF))
        return tuple(text.value for text in texts)

    def _read_parts(self) -> dict[str, Part]:
        found = {}
        for pair in self._entries.sections("parts"):
            of = fill(pair.value, words.PART, self._findings, pair.key)
            if of is not None:
                code = pair.key.value
                found[code] = Part(code, of.word("name"), _words(of, "area_codes"))
        return found

    def _read_bases(self) -> dict[str, Basis]:
        found = {}
        for pair in self._entries.sections("bases"):
            of = fill(pair.value, words.BASIS, self._findings, pair.key)
            noted = taken(of, "noted", calendar_day, self._findings) if of is not None else None
            if of is not None and noted is not None:
                source = taken(of, "source", _source, self._findings) or ""
                since = taken(of, "since", calendar_day, self._findings)
                believed = self._yes(of, "believed")
                found[pair.key.value] = Basis(of.word("law"), source, noted, since, believed, of.word("short"))
        return found

    def _signs(self) -> Signs:
        of = self._inside(self._entries, "signs", words.SIGNS)
        return Signs(**{name: _words(of, name) for name in words.SIGNS.names}) if of is not None else Signs()

    def _rule(self, node: Node) -> Rule | None:
        of = fill(node, words.POLICY_RULE, self._findings)
        if of is None:
            return None
        return Rule(
            medium=cast(Medium, of.choice("medium", words.MEDIA, "email")),
            purpose=cast(Purpose, of.choice("purpose", PURPOSES, "marketing")),
            basis=self._known_bases(of),
            consent=cast(Consent, of.choice("consent", words.CONSENTS, "not needed")),
            window=taken(of, "window", week, self._findings),
            cap=taken(of, "cap", cap, self._findings),
            implied=self._implied(of),
            label=self._label(of),
            opt_out=self._opt_out(of),
            sender=self._sender(of),
            identify=self._shown(of, "identify"),
            identify_one_of=self._shown(of, "identify_one_of"),
            regions=tuple(region for item in of.items("regions") if (region := self._region(item)) is not None),
            duties=self._said(of, "duties"),
        )

    def _region(self, node: Node) -> Region | None:
        of = fill(node, words.REGION, self._findings)
        part = of.text("part") if of is not None else None
        if of is None or part is None:
            return None
        if part.value not in self._parts:
            hint = did_you_mean(part.value, self._parts) or "the pack lists them under 'parts:'"
            self._findings.add("J010", part, f"unknown part {quoted(part.value)}", hint)
            return None
        return Region(
            part.value,
            self._parts[part.value].name,
            taken(of, "window", week, self._findings),
            taken(of, "cap", cap, self._findings),
            self._yes(of, "cap_believed"),
            self._known_bases(of),
        )

    def _implied(self, of: Entries) -> Implied:
        inside = self._inside(of, "implied", words.IMPLIED)
        if inside is None:
            return Implied()
        months = (taken(inside, name, _months, self._findings) or 0 for name in ("purchase", "inquiry"))
        return Implied(*months)

    def _label(self, of: Entries) -> Label | None:
        inside = self._inside(of, "label", words.LABEL)
        if inside is None:
            return None
        return Label(_words(inside, "any_of"), cast(Spot, inside.choice("where", words.SPOTS, words.SPOTS[0])))

    def _sender(self, of: Entries) -> Sender | None:
        inside = self._inside(of, "sender", words.SENDER)
        if inside is None:
            return None
        required = inside.choice("brand_name", ("required",), "") == "required"
        return Sender(required, taken(inside, "longest", _number, self._findings) or 0)

    def _opt_out(self, of: Entries) -> OptOut | None:
        inside = self._inside(of, "opt_out", words.OPT_OUT)
        if inside is None:
            return None
        return OptOut(
            cast(Ending, inside.choice("where", words.ENDINGS, words.ENDINGS[0])),
            _words(inside, "words"),
            inside.word("within"),
            inside.word("confirm"),
            taken(inside, "lasts_days", _number, self._findings) or 0,
        )

    def _inside(self, of: Entries, name: str, form: Form) -> Entries | None:
        node = of.node(name)
        return fill(node, form, self._findings) if node is not None else None

    def _known_bases(self, of: Entries) -> tuple[str, ...]:
        """Names of bases, which must stand in the pack."""
        texts = of.texts("basis")
        for text in texts:
            if text.value not in self._named:
                hint = did_you_mean(text.value, self._named) or "the pack lists them under 'bases:'"
                self._findings.add("J010", text, f"unknown basis {quoted(text.value)}", hint)
        return tuple(text.value for text in texts)

    def _shown(self, of: Entries, name: str) -> tuple[str, ...]:
        """Fields of the company."""
        texts = of.texts(name)
        for text in texts:
            if text.value not in _FIELDS:
                message = f"{quoted(text.value)} is nothing a message can show of the company"
                self._findings.add("J011", text, message, f"one of {', '.join(_FIELDS)}")
        return tuple(text.value for text in texts)

    def _said(self, of: Entries, name: str) -> dict[str, str]:
        """Words by a short name."""
        lines = {pair.key.value: line_of(pair.value, pair.key.value, self._findings) for pair in of.sections(name)}
        return {key: line.value for key, line in lines.items() if line is not None}

    def _yes(self, of: Entries, name: str) -> bool:
        return of.choice(name, _YES_NO, "no") == "yes"


def _words(of: Entries, name: str) -> tuple[str, ...]:
    return tuple(text.value for text in of.texts(name))


def _months(text: str) -> int:
    match = _MONTHS.fullmatch(text)
    if match is None:
        raise PhraseError("J012", f"{quoted(text)} is not a number of months", "for example 24 months")
    return int(match[1])


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise PhraseError("J012", f"{quoted(text)} is not a number", "for example 11")
    return int(text)


def _source(text: str) -> str:
    if not _SOURCE.fullmatch(text):
        raise PhraseError("J012", f"{quoted(text)} is not the address of a page", "it begins with https://")
    return text
