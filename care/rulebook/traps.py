"""The traps of YAML, each told in words a marketer understands."""

import re
from typing import NamedTuple

from care.rulebook.findings import Findings, Place, Placed

QUOTE_STAR = "put text that begins with * in quotes"
_QUOTE_COMMA = "a comma separates settings inside { }; put a value that contains one in quotes"

IN_WORDS = {
    ">=": "at least",
    "<=": "at most",
    ">": "more than",
    "<": "less than",
    "!=": "not",
    "<>": "not",
}
_COMPARISON = re.compile(r"(?:[:\-]\s+|[\[{,]\s*)(>=|<=|!=|>)\s*(\w[^,\]}#]*)")
_TEMPLATE = re.compile(r"(?:[:\-]\s+)(\{\{|\{%)")
_TWO_COLONS = re.compile(r":\s+[^\"'{\[|>#][^#]*:(?:\s|$)")
_SETTING = re.compile(r"^\s*(?:-\s+)?[\w.]+\s*:(?:\s|$)")
_FIELD_FIRST = re.compile(r"(\w+\.\w+)(?::| )\s*(\S.*)")
_GLUED = re.compile(r"([\w.]+)(?::| )\s*(\S.*)")
_SYMBOLS = "a comparison in symbols cannot be read here"
_INDENTED = "begin every setting of one thing in the same column, and put only 'name: value' on a line"


class Trap(NamedTuple):
    """What is wrong, where, and what to do."""

    at: Place
    message: str
    hint: str


def tab(findings: Findings, at: Placed) -> None:
    """A tab where the indentation should be."""
    findings.add("J001", at, "this line is indented with a tab", "use spaces: two for each level")


def tag(findings: Findings, lines: list[str], at: Placed, name: str) -> None:
    """A word that begins with ``!``: a comparison in symbols, or one of YAML's tags."""
    if name.startswith("!="):
        rest = lines[at.line - 1][at.column - 1 :].removeprefix("!=").strip(" \"'").partition(" ")[0].strip(",]}")
        findings.add("J001", at, _SYMBOLS, _in_words("!=", rest))
        return
    word = name.removeprefix("tag:yaml.org,2002:").lstrip("!")
    if word == name.lstrip("!") and word:
        message, hint = f"'!{word}' is a YAML tag, not a test", f"write 'not {word}'"
    else:
        message, hint = "a YAML tag, which rule files do not use", "remove it; every value is read as text"
    findings.add("J002", at, message, f"{hint}, or put text that begins with ! in quotes")


def folded(findings: Findings, lines: list[str], at: Placed, style: str | None) -> bool:
    """``>3`` is YAML for a folded text, not a comparison; true when that is what stands there."""
    wanted = re.match(r">\s*(\d+)", lines[at.line - 1][at.column - 1 :]) if style == ">" else None
    if wanted is not None:
        findings.add("J001", at, _SYMBOLS, _in_words(">", wanted[1]))
    return wanted is not None


def lonely(words: str) -> str:
    """What to do about words inside { } that have no colon: most begin with a field, or a comma cut them off."""
    test = _FIELD_FIRST.fullmatch(words)
    return f"write '{test[1]}: {test[2]}', with a space after the colon" if test is not None else _QUOTE_COMMA


def odd_key(findings: Findings, lines: list[str], at: Placed) -> None:
    """A list or section where the name of a setting should be: mostly ``{{ … }}`` without quotes."""
    line = lines[at.line - 1]
    if "{{" in line:
        findings.add("J001", at, "'{{' begins something else in YAML", "put the whole text in quotes")
    else:
        findings.add("J001", at, "the name of a setting must be a plain word", "write 'name: value'")


def unreadable(findings: Findings, lines: list[str], at: Place, begun: Place, problem: str) -> None:
    """What the parser gave up on; comparisons in symbols are all told at once, since they are the usual reason.

    Args:
        at: Where the parser stopped.
        begun: Where the thing begins that it was reading.
    """
    symbols = _comparisons(lines)
    for spot, hint in symbols:
        findings.add("J001", spot, _SYMBOLS, hint)
    if not symbols and not any(known.line == at.line for known in findings.problems):
        trap = _trap(lines, at, begun, problem)
        findings.add("J001", trap.at, trap.message, trap.hint)


def _comparisons(lines: list[str]) -> list[tuple[Place, str]]:
    found = []
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#"):
            continue
        for match in _COMPARISON.finditer(line):
            found.append((Place(number, match.start(1) + 1), _in_words(match[1], match[2].strip())))
    return found


def _in_words(symbol: str, value: str) -> str:
    return f"write the comparison in words: '{IN_WORDS[symbol]} {value}'"


def _trap(lines: list[str], at: Place, begun: Place, problem: str) -> Trap:
    """The trap a line has fallen into, from the parser's complaint and the line itself."""
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    letter = line[at.column - 1 : at.column]
    if "cannot start any token" in problem or letter == "?" or (line[:1] == "%" and not lines[0].startswith("---")):
        return _odd_start(Place(at.line, 1) if line[:1] == "%" else at, line[:1] if line[:1] == "%" else letter)
    if _TEMPLATE.search(line):
        return Trap(at, "'{{' begins something else in YAML", "put the whole text in quotes")
    if "not allowed" in problem:
        return _misplaced(lines, at, letter)
    if "':'" in problem:
        return Trap(begun, "a line without a colon", "every line reads 'name: value', or begins with '- ' in a list")
    if "end of stream" in problem:
        return Trap(begun, "a quotation mark is opened and never closed", "close it, or remove it")
    if re.search(r"or [\"'][\]}]|flow", problem):
        hint = "close every [ with ] and every { with }, and put commas between"
        return Trap(begun, "a bracket is opened here and not closed", hint)
    if letter and letter in "]}":
        return Trap(at, f"'{letter}' closes a bracket that was not opened", "remove it, or open the bracket")
    if re.search(r"(:|^\s*-)\s*[\"']", line):
        return Trap(at, "there is more text after the closing quotation mark", "put the whole text in quotes, once")
    return Trap(at, "this line does not fit the lines above it", _INDENTED)


def _odd_start(at: Place, letter: str) -> Trap:
    if letter == "\t":
        return Trap(at, "a tab stands where spaces should", "use spaces instead of the tab")
    if letter in (">", "<", "|"):
        return Trap(at, f"a value cannot begin with '{letter}' here", "write comparisons in words, such as 'more than'")
    hint = "write the number first (20%), or put the text in quotes" if letter == "%" else "put the text in quotes"
    return Trap(at, f"nothing can begin with '{letter}'", hint)


def _misplaced(lines: list[str], at: Place, letter: str) -> Trap:
    line = lines[at.line - 1]
    if letter == "-":
        return Trap(at, "a list cannot begin here", "put each '- item' on a line of its own")
    if _TWO_COLONS.search(line):
        return Trap(at, "a second colon in one line", "put text that contains a colon in quotes")
    if not _SETTING.match(line):
        return Trap(at, "a colon does not fit here", "put text that contains a colon in quotes")
    name = Place(at.line, len(line) - len(line.lstrip(" -")) + 1)
    above = lines[at.line - 2] if at.line > 1 else ""
    if above.strip() and _indent(above) == _indent(line) and not _SETTING.match(above):
        word = _GLUED.match(above.strip(" -"))
        wanted = f"write '{word[1]}: {word[2]}'" if word is not None else "every line reads 'name: value'"
        hint = f"{wanted}, with a space after the colon"
        return Trap(Place(at.line - 1, _indent(above) + 1), "this line is not 'name: value'", hint)
    return Trap(name, "this setting is indented differently from its neighbours", _INDENTED)


def _indent(line: str) -> int:
    """Where the words of a line begin, behind the dash of a list."""
    return len(line) - len(line.lstrip(" -"))
