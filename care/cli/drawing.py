"""`care rules draw`: journeys as pictures in files, as Mermaid text, or as data."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from care.domain.errors import CareError

if TYPE_CHECKING:
    from care.domain.rulebook import Rulebook
    from care.drawing.shapes import Chart
    from care.drawing.svg import Look
    from care.settings import Settings


class PictureForm(StrEnum):
    """What a picture is written as."""

    SVG = "svg"
    PNG = "png"
    MERMAID = "mermaid"


_ENDINGS = {PictureForm.SVG: ".svg", PictureForm.PNG: ".png", PictureForm.MERMAID: ".mmd"}
_ALLOWED = "that ends in .svg, .png or .mmd"
_RULE_FILE = ".yaml"

Journeys = Annotated[list[str] | None, typer.Argument(help="Journeys, or their files; else all.")]
Out = Annotated[Path | None, typer.Option(metavar="FOLDER|FILE", help="Where to write; else here.", show_default=False)]
Form = Annotated[
    PictureForm | None,
    typer.Option(
        "--format", help="svg, png or mermaid (a text, printed unless --out says where).", show_default="svg and png"
    ),
]
Narrow = Annotated[bool, typer.Option("--narrow", help="Laid out for a phone: ways below each other.")]
Show = Annotated[bool, typer.Option("--open", help="Show the picture in the browser.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the boxes and arrows as JSON, and write no file.")]


class NoPictureError(CareError):
    """The picture cannot be made, written or shown as it was asked for."""


def draw(
    journeys: Journeys = None,
    out: Out = None,
    form: Form = None,
    narrow: Narrow = False,
    show: Show = False,
    as_json: AsJson = False,
) -> None:
    """Draw journeys as pictures: every step, wait and branch in words."""
    from care.cli.screen import print_json, screen
    from care.drawing.svg import Look
    from care.settings import load_settings

    if as_json and (out is not None or form is not None or show or narrow):
        raise NoPictureError("--json prints and draws nothing; leave --out, --format, --narrow and --open away")
    charts = list(_charts(load_settings(), journeys or []))
    if as_json:
        from care.drawing.ways import as_plain

        print_json([as_plain(chart) for chart in charts])
        return
    if form is PictureForm.MERMAID and out is None:
        _print_mermaid(charts, show=show)
        return
    places = list(_places(charts, out, form))
    for chart, path in places:
        _write(chart, path, Look(narrow=narrow))
        screen().print(str(path), soft_wrap=True)
    if show and places:
        _open(places[0][1])


def _charts(settings: "Settings", journeys: list[str]) -> "Iterator[Chart]":
    """The charts of the journeys that are named, else of all, in order.

    Raises:
        BrokenRulesError: There is no such journey, or something is wrong in its file.
    """
    from care.cli.rule_files import checked, one_journey

    if not journeys:
        rulebook, _ = checked(settings)
        yield from (_chart(rulebook, name) for name in sorted(rulebook.entering))
    for name in dict.fromkeys(Path(journey).name.removesuffix(_RULE_FILE) for journey in journeys):
        yield _chart(one_journey(settings, name), name)


def _chart(rulebook: "Rulebook", journey: str) -> "Chart":
    from care.drawing.picture import chart

    return chart(rulebook.entering[journey].plan, rulebook.catalogue)


def _print_mermaid(charts: "list[Chart]", *, show: bool) -> None:
    from care.drawing.mermaid import mermaid

    if show:
        raise NoPictureError("a browser does not show Mermaid text; leave --format mermaid away to see the picture")
    if len(charts) != 1:
        raise NoPictureError("one Mermaid text is printed at a time; name the journey, or give --out a folder")
    print(mermaid(charts[0]), end="")


def _places(charts: "list[Chart]", out: Path | None, form: PictureForm | None) -> "Iterator[tuple[Chart, Path]]":
    """Which chart is written to which file."""
    folder = out or Path()
    if folder.suffix not in _ENDINGS.values():
        if folder.suffix and not folder.is_dir():
            raise NoPictureError(f"{str(folder)!r} is no picture; give a folder, or a file {_ALLOWED}")
        endings = [_ENDINGS[form]] if form is not None else [_ENDINGS[PictureForm.SVG], _ENDINGS[PictureForm.PNG]]
        yield from ((chart, folder / f"{chart.journey}{ending}") for chart in charts for ending in endings)
        return
    if len(charts) != 1:
        raise NoPictureError(f"{str(folder)!r} is one file, for {len(charts)} journeys; name one, or give a folder")
    if form is not None and _ENDINGS[form] != folder.suffix:
        raise NoPictureError(f"{str(folder)!r} does not end in {_ENDINGS[form]!r}; leave --format away, or rename it")
    yield charts[0], folder


def _write(chart: "Chart", path: Path, look: "Look") -> None:
    from care.drawing.mermaid import mermaid
    from care.drawing.png import png
    from care.drawing.svg import svg

    match path.suffix:
        case ".png":
            content = png(chart, look)
        case ".svg":
            content = svg(chart, look).encode()
        case _:
            content = mermaid(chart).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise NoPictureError(f"{str(path)!r} cannot be written: {error.strerror}; give another --out") from error


def _open(picture: Path) -> None:
    import webbrowser

    if not webbrowser.open(picture.absolute().as_uri()):
        raise NoPictureError(f"no browser could be opened; open {str(picture)!r} yourself, or set BROWSER to one")
