"""Hostile rule files: the reader answers with problems, in seconds, and never with a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from care.rulebook.findings import MOST
from care.rulebook.problems import render
from care.rulebook.reader import _MOST_VALUES
from care.rulebook.tables import MOST_ROWS
from care.rulebook.workspace import Workspace, load
from tests.fuzz.quickly import quickly
from tests.rulebook.folders import a_folder
from tests.rulebook.test_fuzz import SOUND

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path for path in (ROOT / "rules").rglob("*.yaml"))
TOP = "journey: example\ntrigger: {event: order.delivered}\n"
STEPS = f"{TOP}steps:\n"
BY_MAIL = "    by: email\n"
TABLE = f"{TOP}tables:\n  t:\n    given: [customer.type, order.total]\n    choose: [offer]\n    rows:"
OFFER = f"steps:\n  - offer: t\n{BY_MAIL}"
PLENTY = 7_000


def laughs(depth: int = 12) -> str:
    """Anchors of anchors: expanded it would be 9 to the power of the depth."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]\n"]
    for number in range(depth):
        here, there = chr(98 + number), chr(97 + number)
        lines.append(f"{here}: &{here} [{','.join([f'*{there}'] * 9)}]\n")
    return "".join(lines)


def many(line: str, count: int = PLENTY) -> str:
    return "".join(line.replace("#", str(number)) for number in range(count))


HOSTILE: dict[str, str | bytes] = {
    "billion laughs": laughs(),
    "an anchor inside itself": "a: &a [*a]\n",
    "huge anchor": f"a: &{'x' * 900_000} 1\nb: *{'x' * 50}\n",
    "aliases": "*a " * 300_000,
    "lists in lists": "[" * 200_000,
    "settings in settings": "{a: " * 100_000,
    "dashes": "- " * 300_000,
    "question marks": "? " * 300_000,
    "deep indentation": "".join(f"{' ' * depth}k:\n" for depth in range(1_300)),
    "commas": f"[{',' * 900_000}",
    "quotes": "'" * 900_000,
    "an endless word": "x" * 900_000,
    "marks on one letter": f"a: e{chr(0x301) * 400_000}",
    "too large": b"x" * 1_000_001,
    "many names": many("k#: 1\n", 90_000),
    "one name again and again": many("k: 1\n", 150_000),
    "many documents": "---\n" * 200_000,
    "many comments": "# x\n" * 200_000,
    "tags": "- !!python/object/apply:os.system ['id']\n" * 20_000,
    "a directive": "%YAML 9.9\n---\na\n",
    "control characters": b"journey: \x00\x01\x1b[31m\n",
    "half a surrogate pair": b"journey: \xed\xa0\x80\n",
    "invalid UTF-8": b"journey: \xff\xfe\n",
    "UTF-16": "journey: example\n".encode("utf-16"),
    "only marks of byte order": "\ufeff" * 1_000,
    "line ends nobody knows": "\x85\u2028\u2029" * 100_000,
    "a huge number": f"{TOP}priority: {'9' * 50_000}\nsteps:\n  - wait: 1 day\n",
    "a huge length": f"{STEPS}  - wait: {'9' * 100_000} days\n",
    "a length beyond every calendar": f"{STEPS}  - wait: 999999999999999999999 days\n",
    "a moment that is none": f"{STEPS}  - wait: until 99999-99-99 at 99:99\n",
    "a long phrase": f"{STEPS}  - wait: 1{' ' * 500_000}day\n",
    "a phrase cut by commas": f"{STEPS}  - branch:\n    - when: {{order.total: one of {', '.join('1' * 60_000)}}}\n",
    "opened templates": f'{STEPS}  - ticket: care_team\n    about: "{"{{ " * 100_000}"\n',
    "parentheses": f'{STEPS}  - ticket: care_team\n    about: "{{{{ {"(" * 20_000}1{")" * 20_000} }}}}"\n',
    "unknown steps": STEPS + many("  - sned#: y\n"),
    "unknown settings": "journey: example\n" + many("trigge#: y\n"),
    "equal steps": STEPS + many("  - wait: 1 day\n"),
    "a chain of definitions": f"{TOP}define:\n" + many("  d#: {d#0: yes}\n", 1_500) + "steps:\n  - wait: 1 day\n",
    "doubling definitions": f"{TOP}define:\n"
    + "".join(f"  d{depth}: {{any: [{{d{depth + 1}: yes}}, {{d{depth + 1}: no}}]}}\n" for depth in range(40))
    + f"  d40: {{customer.type: vip}}\nsteps:\n  - send: thank_you\n{BY_MAIL}    only_if: {{d0: yes}}\n",
    "many rules": f"{STEPS}  - branch:\n" + many("      - when: {order.total: #}\n        then: continue\n", 3_000),
    "many rows": f"{TABLE}\n" + many("      - [vip, #, none]\n", 4_000) + OFFER,
    "rows that hold together": f"{TABLE}\n" + many("      - [vip, at least #, none]\n", 4_000) + OFFER,
    "many shares": f"{STEPS}  - split: x\n    between: {{" + many("p#: 1%, ") + "}\n",
    "loops in loops": f"{STEPS}  - repeat: p0\n    times: 99\n    every: 1 day\npaths:\n"
    + "".join(f"  p{n}:\n    - repeat: p{n + 1}\n      times: 99\n      every: 1 day\n" for n in range(300)),
}
SHEETS = {
    "more rows than can be compared": many("vip,#,none\n", 30_000),
    "equal rows": "vip,1,none\n" * 30_000,
    "cells that are nothing": "vpi,x,nnoe\n" * 30_000,
    "a wide row": "x," * 150_000,
    "an open quote": '"' + '""' * 400_000,
    "nothing but separators": ";" * 900_000,
}


def answered(folder: Path) -> Workspace:
    with quickly():
        workspace = load(folder)
        shown = render(workspace.problems, workspace.sources)
    assert workspace.rulebook is not None or workspace.problems
    assert bool(shown) == bool(workspace.problems)
    assert all(problem.line >= 1 and "\n" not in problem.message for problem in workspace.problems)
    return workspace


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_in_seconds(tmp_path: Path, name: str) -> None:
    workspace = answered(a_folder(tmp_path, **SOUND, example=HOSTILE[name]))
    assert workspace.rulebook is None or name == "a long phrase"


@pytest.mark.parametrize("place", ["catalog", "customer_types"])
@pytest.mark.parametrize("name", ["billion laughs", "many names", "lists in lists", "tags", "one name again and again"])
def test_in_the_catalogue_and_the_types_it_is_answered_too(tmp_path: Path, name: str, place: str) -> None:
    assert answered(a_folder(tmp_path, **SOUND | {place: HOSTILE[name]})).rulebook is None


@pytest.mark.parametrize("name", SHEETS)
def test_a_hostile_sheet_is_answered_in_seconds(tmp_path: Path, name: str) -> None:
    folder = a_folder(tmp_path, **SOUND, example=f"{TABLE} big.csv\n{OFFER}")
    (folder / "journeys" / "big.csv").write_text(f"customer.type,order.total,offer\n{SHEETS[name]}")
    assert answered(folder).rulebook is None


def test_what_is_too_much_is_said_once_and_is_an_error(tmp_path: Path) -> None:
    said = {
        "many names": f"the file holds more than {_MOST_VALUES:,} names and values",
        "one name again and again": f"there are more than {MOST:,} problems; these are the first",
        "many rows": f"this table has 4,000 rows; at most {MOST_ROWS:,} can be held against each other",
    }
    for number, (name, words) in enumerate(said.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        workspace = answered(a_folder(folder, **SOUND, example=HOSTILE[name]))
        found = [problem for problem in workspace.problems if problem.message == words]
        assert [problem.severity for problem in found] == ["error"], name
        assert workspace.rulebook is None
        assert len(workspace.problems) <= MOST + 10


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=some.data())
def test_a_shipped_file_with_a_piece_replaced_is_answered(
    tmp_path_factory: pytest.TempPathFactory, data: some.DataObject
) -> None:
    content = data.draw(some.sampled_from(SHIPPED)).read_bytes()
    start = data.draw(some.integers(0, len(content)))
    end = data.draw(some.integers(start, min(len(content), start + 80)))
    dirt = data.draw(
        some.binary(max_size=30) | some.sampled_from([b"&a ", b"*a", b"{", b"\x00", b"\t", b"- ", b": ", b"!!x "])
    )
    folder = a_folder(tmp_path_factory.mktemp("rules"), **SOUND, example=content[:start] + dirt + content[end:])
    answered(folder)
