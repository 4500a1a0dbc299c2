"""Problems for programs: GitHub's annotations on a pull request, and SARIF 2.1.0 for code scanning and editors."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from care.rulebook.codes import CODES, Code
from care.rulebook.problems import Problem, lines_of

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NOTICE = {"note": "notice"}
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s,:\[\]{}]+")


def as_github(problems: Iterable[Problem], root: str = "") -> str:
    """Every problem as a workflow command, one a line; GitHub shows it beside the changed line.

    Args:
        root: The rules folder, as files are to be found from the working directory.
    """
    return "\n".join(_command(problem, root) for problem in problems)


def as_sarif(problems: Iterable[Problem], sources: Mapping[str, str], root: str = "") -> str:
    """Every problem as one SARIF log; columns count Unicode code points, as the reader does.

    Args:
        sources: The text of each file by the name problems use.
        root: As for ``as_github``.
    """
    lines = {file: lines_of(text) for file, text in sources.items()}
    driver = {
        "name": "care rules check",
        "organization": "Aftercare",
        "version": version("aftercare"),
        "rules": [_rule(name, code) for name, code in CODES.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem, lines.get(problem.file, []), root) for problem in problems],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _command(problem: Problem, root: str) -> str:
    place = {
        "file": _path(problem.file, root),
        "line": str(problem.line),
        "col": str(problem.column),
        "title": problem.code,
    }
    settings = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in place.items())
    message = "\n".join(filter(None, [problem.message, problem.hint and f"hint: {problem.hint}"]))
    return f"::{_NOTICE.get(problem.severity, problem.severity)} {settings}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    """A text as workflow commands want it: ``%`` and line ends, and what ends a setting, as ``%`` and a hex code."""
    return "".join(f"%{ord(letter):02X}" if letter in f"%\r\n{also}" else letter for letter in text)


def _path(file: str, root: str) -> str:
    """The file from the working directory, where it is below it; the whole path elsewhere."""
    path, here = Path(os.path.normpath(Path(root, file))), Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _rule(name: str, code: Code) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.meaning},
        "help": {
            "text": f"{code.meaning}\n\nFor example: {code.example}",
            "markdown": f"{code.meaning}\n\nFor example: `{code.example}`",
        },
    }


def _result(problem: Problem, lines: list[str], root: str) -> dict[str, Any]:
    uri = _path(problem.file, root)
    artifact = {"uri": f"file://{quote(uri)}"} if uri.startswith("/") else {"uri": quote(uri), "uriBaseId": "%SRCROOT%"}
    names = list(CODES)
    known = {"ruleIndex": names.index(problem.code)} if problem.code in CODES else {}
    text = "; ".join(filter(None, [problem.message, problem.hint]))
    return {
        "ruleId": problem.code,
        **known,
        "level": problem.severity,
        "message": {"text": text.replace("{", "{{").replace("}", "}}")},  # single braces hold arguments (§3.11.5)
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": _region(problem, lines)}}],
    }


def _region(problem: Problem, lines: list[str]) -> dict[str, Any]:
    """The word a problem points at; only where it begins when there is none."""
    region: dict[str, Any] = {"startLine": problem.line, "startColumn": problem.column}
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    word = _WORD.match(line, problem.column - 1)
    if word is not None:
        region |= {"endColumn": word.end() + 1, "snippet": {"text": word[0]}}
    return region
