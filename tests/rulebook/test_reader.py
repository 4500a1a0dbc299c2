"""Reading files: places, text that stays text, and the traps of YAML."""

import pytest

from care.rulebook.findings import Findings
from care.rulebook.reader import Listing, Pair, Section, Text, decode, read


def read_text(text: str) -> tuple[object, list[str]]:
    findings = Findings("a.yaml")
    node = read(text, findings)
    return node, [f"{problem.code}:{problem.line}:{problem.column} {problem.message}" for problem in findings.problems]


def hints(text: str) -> list[str]:
    findings = Findings("a.yaml")
    read(text, findings)
    return [problem.hint for problem in findings.problems]


def test_every_node_knows_its_place() -> None:
    node, problems = read_text("a: [x, y]\nb:\n  c: z\n")
    assert problems == []
    assert node == Section(
        (
            Pair(Text("a", 1, 1), Listing((Text("x", 1, 5), Text("y", 1, 8)), 1, 4)),
            Pair(Text("b", 2, 1), Section((Pair(Text("c", 3, 3), Text("z", 3, 6)),), 3, 3)),
        ),
        1,
        1,
    )


@pytest.mark.parametrize("word", ["no", "on", "21:00", "2026-11-22", "0123", "1e3", "null", "~", "0x1f", "5,000,000"])
def test_every_scalar_stays_the_text_it_is(word: str) -> None:
    node, _ = read_text(f"a: {word}\n")
    assert isinstance(node, Section)
    assert node.pairs[0].value == Text(word, 1, 4)


def test_columns_count_letters_not_bytes() -> None:
    node, _ = read_text('"Chăm sóc": khách')
    assert isinstance(node, Section)
    assert node.pairs[0].value == Text("khách", 1, 13)


def test_text_is_normalised() -> None:
    findings = Findings("a.yaml")
    assert decode("a: Cha\u0306m".encode(), findings) == "a: Chăm"
    assert decode("\ufeffa: b".encode(), findings) == "a: b"
    assert findings.problems == []


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ("a: Chăm\nb: é".encode("latin-1", "replace"), (2, 4), "the file is not UTF-8 text: byte 0xe9"),
        ("a: b".encode("utf-16"), (1, 1), "the file is not UTF-8 text: byte 0xff"),
        (b"a: b\n" * 300_000, (1, 1), "the file is larger than 1 MB"),
    ],
)
def test_what_is_not_text_is_refused_at_its_place(content: bytes, place: tuple[int, int], message: str) -> None:
    findings = Findings("a.yaml")
    assert decode(content, findings) is None
    (problem,) = findings.problems
    assert (problem.code, problem.line, problem.column) == ("J001", *place)
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("a: % x", "J001:1:4 nothing can begin with '%'", "write the number first (20%), or put the text in quotes"),
        ("%x\na: b", "J001:1:1 nothing can begin with '%'", "write the number first (20%), or put the text in quotes"),
        ("a: @x", "J001:1:4 nothing can begin with '@'", "put the text in quotes"),
        ("a: ? b", "J001:1:4 nothing can begin with '?'", "put the text in quotes"),
        ("t: Chăm sóc: khách", "J001:1:12 a second colon in one line", "put text that contains a colon in quotes"),
        ("- a: x\n    b: y", "J001:2:5 this setting is indented differently from its neighbours", "begin every"),
        ("- a:b\n  c: d", "J001:1:3 this line is not 'name: value'", "write 'a: b', with a space"),
        ("- send hello\n  c: d", "J001:1:3 this line is not 'name: value'", "write 'send: hello', with"),
        ("a:b\nc: d", "J001:1:1 this line is not 'name: value'", "write 'a: b', with a space after the colon"),
        ("a: b\nc", "J001:2:1 a line without a colon", "every line reads 'name: value', or begins with '- '"),
        ("\ta: b", "J001:1:1 this line is indented with a tab", "use spaces: two for each level"),
        ("a: {{ x.y }} z", "J001:1:5 '{{' begins something else in YAML", "put the whole text in quotes"),
        ("a: {{ x.y }}", "J001:1:5 '{{' begins something else in YAML", "put the whole text in quotes"),
        ("a: 'it's'", "J001:1:8 there is more text after the closing quotation mark", "put the whole text"),
        ('a: "b\nc: d', "J001:1:4 a quotation mark is opened and never closed", "close it, or remove it"),
        ("a: [b\nc: d", "J001:1:4 a bracket is opened here and not closed", "close every [ with ]"),
        ("a: [b]]", "J001:1:7 ']' closes a bracket that was not opened", "remove it, or open the bracket"),
        ("a: -", "J001:1:4 a list cannot begin here", "put each '- item' on a line of its own"),
        ("- a\nb: c", "J001:2:1 this line does not fit the lines above it", "begin every setting"),
        ("a: b\n---\nc: d", "J001:2:1 a second document begins here ('---')", "put the second part"),
        ("? [a]\n: b", "J001:1:3 the name of a setting must be a plain word", "write 'name: value'"),
        ("a: {b.c at most 2}", "J001:1:5 'b.c at most 2' has no value", "write 'b.c: at most 2', with a space"),
        ("a: {b.c:2}", "J001:1:5 'b.c:2' has no value", "write 'b.c: 2', with a space after the colon"),
        ("a: {b: 5,000}", "J001:1:10 '000' has no value", "a comma separates settings inside { }"),
        ("", "J001:1:1 the file is empty", "a journey begins with 'journey: name of the file'"),
        ("# only a comment", "J001:1:1 the file is empty", "a journey begins with 'journey: name of the file'"),
        ("a: \x07", "J001:1:4 the file contains the control character U+0007, which cannot be seen", "delete it"),
        ("a: b\na: c", "J002:2:1 'a' is written twice (first on line 1)", "keep one of the two"),
        ("a: &x b", "J002:1:4 '&x' gives a name to this place (a YAML anchor)", "write it out in each place"),
        ("a: *x", "J002:1:4 '*x' repeats another place (a YAML alias)", "put text that begins with * in quotes"),
        ("a: !vip", "J002:1:4 '!vip' is a YAML tag, not a test", "write 'not vip'"),
        ("a: !!str b", "J002:1:4 a YAML tag, which rule files do not use", "remove it; every value is read as text"),
        ("<<: {a: b}", "J002:1:1 '<<' copies settings from another place (a YAML merge)", "write the settings"),
    ],
)  # fmt: skip
def test_a_trap_of_yaml_is_told_in_words(text: str, problem: str, hint: str) -> None:
    _, problems = read_text(text)
    assert problems == [problem]
    assert hints(text)[0].startswith(hint)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a: >= 3", 4, "at least 3"),
        ("a: {b: >= 3}", 8, "at least 3"),
        ("a: > 3", 4, "more than 3"),
        ("a: >3\nb: c", 4, "more than 3"),
        ("a: != vip", 4, "not vip"),
        ("a: [x, !=vip]", 8, "not vip"),
    ],
)
def test_a_comparison_in_symbols_is_told_in_words(text: str, column: int, words: str) -> None:
    _, problems = read_text(text)
    assert problems == [f"J001:1:{column} a comparison in symbols cannot be read here"]
    assert hints(text) == [f"write the comparison in words: '{words}'"]


def test_comparisons_in_symbols_are_all_told_at_once() -> None:
    _, problems = read_text("a: >= 3\n# b: > 1\nc: {d: > 7, e: x}\n")
    assert [problem.partition(" ")[0] for problem in problems] == ["J001:1:4", "J001:3:8"]


@pytest.mark.parametrize("text", ["[" * 5_000, "- " * 5_000, "{a: " * 5_000, "a: " + "[" * 41 + "]" * 41])
def test_nesting_without_end_is_refused(text: str) -> None:
    _, problems = read_text(text)
    assert problems[0].startswith("J001")


def test_text_over_several_lines_may_be_written() -> None:
    node, problems = read_text("a: >-\n  one\n  two\nb: |\n  three\n")
    assert problems == []
    assert isinstance(node, Section)
    assert [pair.value.value for pair in node.pairs if isinstance(pair.value, Text)] == ["one two", "three\n"]
