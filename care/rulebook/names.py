"""Names: what a rule file may speak of, and how sure we are that we know them all."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from care.domain.catalogue import Catalogue, Field, Window
from care.domain.policy import Policy
from care.rulebook.durations import Hours
from care.rulebook.findings import Findings, PhraseError, Placed, quoted
from care.rulebook.spelling import did_you_mean, plain
from care.rulebook.vocabulary import RESERVED

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ALWAYS_OPEN: Hours = (Window(0, 0),) * 7
_DOTTED = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Known:
    """The catalogue as far as it could be read.

    Attributes:
        blurred: Names that are written in it but could not be read: they exist, more is not known of them.
        unsure: Sections that could not be read at all: any name of theirs may exist.
        policies: The policy packs, as far as they could be read.
    """

    catalogue: Catalogue
    blurred: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    policies: tuple[Policy, ...] = ()

    def names(self, section: str) -> set[str]:
        """Every name written in a section of the catalogue."""
        return {*getattr(self.catalogue, section), *self.blurred.get(section, ())}

    def has(self, section: str, name: str) -> bool:
        """Whether a name exists, or may exist."""
        return section in self.unsure or name in self.names(section)

    def field(self, name: str) -> Field | None:
        """A field that could be read."""
        return self.catalogue.fields.get(name)

    @property
    def hours(self) -> Hours:
        """The company's business hours; round the clock while they are not known, so that nothing is refused."""
        company = self.catalogue.company
        return _ALWAYS_OPEN if "company" in self.unsure else company.business_hours

    def check(self, section: str, what: str, name: str, at: Placed, findings: Findings) -> bool:
        """Whether a name may be used; an unknown one is noted as J010."""
        if self.has(section, name):
            return True
        hint = did_you_mean(name, self.names(section))
        hint = hint or f"the catalogue lists what there is under '{section}:'"
        findings.add("J010", at, f"unknown {what} {quoted(name)}", hint)
        return False


def simple_name(text: str) -> str:
    """A name of small letters, digits and underscores.

    Raises:
        PhraseError: J012 when it is none, or a word with a meaning of its own.
    """
    if text in RESERVED:
        raise PhraseError("J012", f"{quoted(text)} has a meaning of its own in rule files", "choose another name")
    if not _NAME.fullmatch(text):
        better = re.sub(r"\W+", "_", plain(text)).strip("_")
        hint = f"write {better}" if _NAME.fullmatch(better) else "for example make_it_right"
        raise PhraseError("J012", f"{quoted(text)} is not a name: small letters, digits and _ only", hint)
    return text


def dotted_name(text: str, spaces: Iterable[str] = ()) -> str:
    """A name of two parts with a dot between, such as ``order.total``.

    Args:
        spaces: What the first part may be; anything when empty.

    Raises:
        PhraseError: J012 when it is none.
    """
    allowed = tuple(spaces)
    if not _DOTTED.fullmatch(text):
        raise PhraseError("J012", f"{quoted(text)} is not a name with one dot", "for example order.total")
    space = text.partition(".")[0]
    if allowed and space not in allowed:
        message = f"{quoted(text)} begins with '{space}', of which nothing is ever known"
        raise PhraseError("J010", message, did_you_mean(space, allowed) or f"begin with one of: {', '.join(allowed)}")
    return text
