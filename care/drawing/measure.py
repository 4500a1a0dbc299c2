"""How wide text is, whatever font it will be shown in, and where its lines break."""

import unicodedata

# In 1/100 of the font's size: for each letter the widest of Inter, Noto Sans, Roboto and Liberation Sans (which is as
# wide as Arial and Helvetica), so that text laid out by it keeps inside its box in all of them.
_REGULAR = {
    28: "ijl’'",
    32: " !,.:;·",
    36: "I`",
    40: "()[]ft",
    44: "/\\r{}",
    48: '"-“”',
    56: "*?_ksxz|",
    60: "157JL^acevy•",
    64: "023689FZbdghnopquđ₫",
    68: "#$+4<=>BEKPSTY–",
    72: "AVX~",
    76: "&CDHNRUĐ",
    80: "GOQ",
    84: "w",
    92: "M",
    96: "m",
    100: "%W…—→@",
}
_BOLD = {
    28: " ",
    32: ",.ijl·’",
    36: "!':;",
    40: "()I[]`f",
    44: "/\\t",
    48: "-r{}",
    52: "“”•",
    56: '"*_s|',
    60: "17J^cevxyz",
    64: "23569?FLabdgkopq–",
    68: "#$+048<=>EPSTZhnu~đ₫",
    72: "XY",
    76: "&ABCDKRUVĐ",
    80: "GHOQ",
    84: "N",
    88: "w",
    96: "M",
    100: "@m…—→",
    104: "%W",
}
_TABLES = {
    bold: {letter: w for w, letters in table.items() for letter in letters}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}
_UNKNOWN, _WIDE = 72, 104
_ELLIPSIS = "…"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the units of ``size``."""
    table = _TABLES[bold]
    return sum(_hundredths(letter, table) for letter in unicodedata.normalize("NFD", text)) * size / 100


def _hundredths(letter: str, table: dict[str, int]) -> int:
    known = table.get(letter)
    if known is not None:
        return known
    if unicodedata.combining(letter):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _UNKNOWN


def wrapped(text: str, room: float, size: float, *, bold: bool = False, most: int = 4) -> tuple[str, ...]:
    """A text in lines that keep within ``room``; after ``most`` lines it is cut, with an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.extend(_pieces(word, room, size, bold=bold))
        if len(lines) > most:
            break
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], _cut(lines[most - 1], room, size, bold=bold))


def _pieces(word: str, room: float, size: float, *, bold: bool) -> list[str]:
    """A word that is too long for a line, broken where its own signs allow it, else anywhere."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            kept, rest = _broken(pieces[-1])
            pieces[-1:] = [kept, rest]
        pieces[-1] += letter
    return pieces


def _broken(piece: str) -> tuple[str, str]:
    at = max(piece.rfind(sign) for sign in "_-./:") + 1
    return (piece[:at], piece[at:]) if at > len(piece) // 2 else (piece, "")


def _cut(line: str, room: float, size: float, *, bold: bool) -> str:
    while line and width(line + _ELLIPSIS, size, bold=bold) > room:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS
