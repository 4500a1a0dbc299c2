"""Laying rule files out: the look of the shipped ones, every comment kept, and never another meaning."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given

from care.rulebook.findings import Findings
from care.rulebook.reader import Listing, Node, Section, Text, decode, read
from care.rulebook.workspace import load
from care.rulebook.writing.formatting import MeaningError, UnreadableError, formatted
from tests.rulebook.folders import BROKEN, EXAMPLES
from tests.rulebook.odd_layouts import Odd, odd_files

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / "rules").glob("*.yaml"), *(ROOT / "rules" / "journeys").glob("*.yaml")])
FIXTURES = sorted([*EXAMPLES.rglob("*.yaml"), *BROKEN.rglob("*.yaml")])


def laid(text: str | bytes) -> str:
    return formatted(text if isinstance(text, bytes) else text.encode(), "a.yaml")


def shape(content: str | bytes) -> object:
    """What a file says, without places; its problems, when it cannot be read."""
    findings = Findings("a.yaml")
    text = decode(content if isinstance(content, bytes) else content.encode(), findings)
    tree = read(text, findings) if text is not None else None
    return [problem.code for problem in findings.problems] or ("sound", plain(tree))


def plain(node: Node | None) -> object:
    match node:
        case Text():
            return node.value
        case Listing():
            return [plain(item) for item in node.items]
        case Section():
            return [(pair.key.value, plain(pair.value)) for pair in node.pairs]
        case None:
            return None


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_the_shipped_rules_are_laid_out_already(file: Path) -> None:
    assert laid(file.read_bytes()) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_a_fixture_is_laid_out_once_for_all_or_refused_for_what_the_reader_says(file: Path) -> None:
    content = file.read_bytes()
    said = shape(content)
    if isinstance(said, list):
        with pytest.raises(UnreadableError) as refused:
            laid(content)
        assert [problem.code for problem in refused.value.problems] == said
    else:
        made = laid(content)
        assert shape(made) == said
        assert laid(made) == made


def test_a_journey_keeps_its_hash(tmp_path: Path) -> None:
    before = load(ROOT / "rules").rulebook
    (tmp_path / "journeys").mkdir()
    for file in SHIPPED:
        wide = re.sub(r"(?m)^ ", "    ", file.read_text(encoding="utf-8"))
        (tmp_path / file.relative_to(ROOT / "rules")).write_text(laid(wide), encoding="utf-8")
    after = load(tmp_path).rulebook
    assert before is not None
    assert after is not None
    assert set(after.plans) == set(before.plans)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("a:\n- b: c\n  d:\n    - e\n", "a:\n  - b: c\n    d:\n      - e\n"),
        ("a:\n    b:\n        c: d\n", "a:\n  b:\n    c: d\n"),
        ("a:\n   -   b:  c\n       d :   e\n", "a:\n  - b: c\n    d: e\n"),
        ("a:\n  - - b\n    - c\n  -\n    d: e\n", "a:\n  - - b\n    - c\n  -\n    d: e\n"),
        ("\n\n\na: b\n\n\n\nc: d\n\n\n", "a: b\n\nc: d\n"),
        ("a: b   \r\nc: d\r\n", "a: b\nc: d\n"),
        ("\ufeffa: b", "a: b\n"),
        ("a: Cha\u0306m", "a: Chăm\n"),
        ('"a": "thank_you"\nb: \'at most 2\'\n', "a: thank_you\nb: at most 2\n"),
        ("a: \"{{ x.y }}\"\nb: 'x: y'\nc: \"a, b\"\n", "a: \"{{ x.y }}\"\nb: 'x: y'\nc: \"a, b\"\n"),
        ("a: {b: c,d: e}\nf: [g,h,  i]\n", "a: {b: c, d: e}\nf: [g, h,  i]\n"),
        ("a: [1,000, b]\n", "a: [1,000, b]\n"),
        ("unhappy:    x\nhappy:      y\nso:  z\n", "unhappy:    x\nhappy:      y\nso: z\n"),
        ("a:\n    b: [c,\n        d,\n      e]\n", "a:\n  b: [c,\n      d,\n    e]\n"),
        ("a: [\n  b,\n]\n", "a: [\n  b,\n  ]\n"),
        ("a:\n      one\n      two\nb: c\n", "a:\n  one\n  two\nb: c\n"),
        ('a: "one\n\n  two  \n     three"\n', 'a: "one\n\n  two  \n     three"\n'),
        ("a:\n    b: |\n          x\n            y\n\n          z\n\n\n    c: d\n",
         "a:\n  b: |\n    x\n      y\n\n    z\n\n  c: d\n"),
        ("a:\n    b: |+ # why\n      x\n\n\nc: d\n", "a:\n  b: |+  # why\n    x\n\n\nc: d\n"),
        ("a:\n    b: |1-\n       x\n", "a:\n  b: |1-\n     x\n"),
        ("- a: |\n   x", "- a: |\n    x"),
        ("---\n{a: b,\nc: d}\n", "---\n{a: b,\nc: d}\n"),
    ],
)  # fmt: skip
def test_a_file_is_laid_out_like_the_shipped_ones(written: str, wanted: str) -> None:
    assert laid(written) == wanted
    assert laid(wanted) == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("a: b # c\n", "a: b  # c\n"),
        ("a: b # c", "a: b  # c\n"),
        ("a: b\n # c", "a: b\n# c\n"),
        ("a:  b      # c\nd: e       # f\n", "a: b       # c\nd: e       # f\n"),
        ("a: b\t# c\td\n", "a: b  # c\td\n"),
        ("a:\n    b: c   # d\n           # e\n", "a:\n  b: c   # d\n         # e\n"),
        ("    # top\na:\n# of b\n    b: c\n      # of c\n    # of a\n# end\n",
         "# top\na:\n  # of b\n  b: c\n  # of c\n  # of a\n# end\n"),
        ("a:\n- b: c\n  # of c\n# of e\n- e: f\n", "a:\n  - b: c\n    # of c\n  # of e\n  - e: f\n"),
        ("a:\n    - b: c\n#    - d: e\n    - f: g\n", "a:\n  - b: c\n#    - d: e\n  - f: g\n"),
        ("a: [b, # c\n    # d\n  e] # f\n", "a: [b,  # c\n    # d\n  e]  # f\n"),
        ("a: # why\n    b\n", "a:  # why\n  b\n"),
        ("a: |\n    # text\n  # comment\nb: '# text'\nc: d#e\n", "a: |\n  # text\n# comment\nb: '# text'\nc: d#e\n"),
    ],
)  # fmt: skip
def test_a_comment_stays_with_what_it_speaks_of(written: str, wanted: str) -> None:
    assert laid(written) == wanted
    assert laid(wanted) == wanted


def test_what_would_not_mean_the_same_is_left_as_it_is() -> None:
    with pytest.raises(MeaningError, match=r"^a\.yaml is left as it is.*U\+2028"):
        laid("a: one\u2028\u2028  two\n")


@pytest.mark.parametrize("text", ["? a\n: b\n", "a: b\na: c\n", "a: >= 3\n", "", "a: [b\n", "\ta: b\n"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        laid(text)
    assert refused.value.problems


@given(odd_files())
def test_whatever_a_file_looks_like_it_keeps_its_meaning_and_its_comments(odd: Odd) -> None:
    said = shape(odd.content)
    assume(isinstance(said, tuple))
    made = laid(odd.content)
    assert shape(made) == said
    assert re.findall(r"#\d+", made) == odd.comments
    assert laid(made) == made
    assert not re.search(r"\A\n|\r", made)
    assert "+" in made or not made.endswith("\n\n")
