"""Lays a rule file out the way the shipped ones are: indentation, spaces and blank lines; never its words.

Comments stay where they belong, text is not wrapped, what stands in brackets is kept as it is written, and columns that
were lined up by hand stay lined up. The file means the same afterwards: it is read again and compared, or refused.
"""

import re

import yaml

from care.domain.errors import CareError
from care.rulebook.findings import START, Findings, PhraseError
from care.rulebook.problems import Problem
from care.rulebook.reader import Listing, Node, Section, Text, decode, read
from care.rulebook.writing.laying import laid_out
from care.rulebook.writing.layout import layout_of

_LINE_END = re.compile("\r\n?")
_UNSEEN = re.compile("[\x85\u2028\u2029]")


class UnreadableError(CareError):
    """The file cannot be read; ``problems`` say why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{problems[0].file} cannot be read")
        self.problems = problems


class MeaningError(CareError):
    """Laying the file out anew would have changed what it means or lost a comment."""


def formatted(content: bytes, file: str) -> str:
    """The text of a rule file, laid out anew.

    Args:
        file: Its name, as problems spell it.

    Raises:
        UnreadableError: It is no YAML that rule files use.
        MeaningError: It would not mean the same.
    """
    findings = Findings(file)
    text = decode(content, findings)
    text = _LINE_END.sub("\n", text) if text is not None else None
    tree = read(text, findings) if text is not None else None
    layout = findings.take(START, layout_of, text) if text is not None and tree is not None else None
    if text is None or layout is None or findings.problems:
        raise UnreadableError(tuple(findings.problems))
    made = laid_out(layout)
    _refuse_other_meaning(file, (text, tree), made)
    return made


def _refuse_other_meaning(file: str, before: tuple[str, Node | None], after: str) -> None:
    findings = Findings(file)
    tree = read(after, findings)
    same = not findings.problems and _shape(tree) == _shape(before[1]) and _comments(after) == _comments(before[0])
    if not same:
        odd = _UNSEEN.search(before[0])
        why = f"it contains the unseen line end U+{ord(odd[0]):04X}; delete that" if odd else "lay it out by hand"
        raise MeaningError(f"{file} is left as it is, since it would not mean the same when laid out anew: {why}")


def _shape(node: Node | None) -> object:
    """A tree without its places."""
    match node:
        case Text():
            return node.value
        case Listing():
            return [_shape(item) for item in node.items]
        case Section():
            return [(pair.key.value, _shape(pair.value)) for pair in node.pairs]
        case None:
            return None


def _comments(text: str) -> list[str]:
    """Every comment of a file, in order, without the spaces at its end."""
    try:
        layout = layout_of(text)
    except (PhraseError, yaml.YAMLError):
        return []
    rests = (line[layout.ends.get(number, 0) :].strip() for number, line in enumerate(layout.lines))
    return [rest for rest in rests if rest.startswith("#")]
