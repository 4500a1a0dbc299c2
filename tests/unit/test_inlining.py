"""HTML for mail programs: styles in the elements, conditions in one sheet that wins over them, nothing fetched."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from care.inlining import inlined
from care.rendering import Renderer

PAGE = """<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>Chào</title>
<style>
  p { margin: 0; } .note { color: #111111; } p:first-child { color: red; } .note b { color: green !important }
  @media (max-width: 620px) { .note { color: blue; padding: 1px 2px; } p { background: url("a;b}.png"); } }
  @media (prefers-color-scheme: dark) {
    body { background: #121716; } @supports (color: red) { .note { color: white } }
  }
  @font-face { font-family: "Be Vietnam"; src: local("Be Vietnam"); }
</style></head>
<body><div><p class="note">Chào <b>bạn</b>&nbsp;ạ</p></div></body></html>
"""


def test_styles_stand_in_the_elements_they_are_of() -> None:
    html = inlined(PAGE)
    assert 'style="margin: 0;color: #111111;"' in html or 'style="margin: 0;color: red;"' in html
    assert '<b style="color: green !important' in html
    assert "Chào" in html
    assert "p:first-child" not in html


def test_rules_for_small_screens_and_dark_mode_stay_and_win_over_styles_in_elements() -> None:
    html = inlined(PAGE)
    sheet = html.partition("<style>")[2].partition("</style>")[0]
    assert "@media (max-width: 620px) {" in sheet
    assert "@media (prefers-color-scheme: dark) {" in sheet
    for declaration in ("color: blue", "padding: 1px 2px", 'background: url("a;b}.png")', "background: #121716"):
        assert f"{declaration} !important;" in sheet
    assert "color: white !important;" in sheet.partition("@supports (color: red)")[2]
    assert "!important" not in sheet.partition("@font-face")[2]


def test_the_character_set_still_comes_first() -> None:
    html = inlined(PAGE)
    assert html.index("charset") < 150
    assert html.index("<style>") < html.index("</head>")
    assert html.count("<style>") == 1


def test_html_without_styles_stays_as_it_is() -> None:
    assert inlined("<p>Chào</p>") == "<p>Chào</p>"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A web server, and what it was asked for."""
    paths: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        serving.join()


def test_nothing_is_fetched_and_no_file_is_read(asked: tuple[str, list[str]], tmp_path: Path) -> None:
    url, paths = asked
    (tmp_path / "own.css").write_text("p { color: red; }")
    for address in (f"{url}/a.css", str(tmp_path / "own.css"), f"file://{tmp_path}/own.css"):
        html = inlined(
            f'<head><link rel="stylesheet" href="{address}"><style>@import url({address});</style></head><p>Chào</p>'
        )
        assert "color" not in html
    assert paths == []


def test_every_email_is_rendered_with_its_styles_inlined(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "hello.vi.txt").write_text("Subject: Chào\n\nChào bạn\n", encoding="utf-8")
    (tmp_path / "email" / "hello.vi.html").write_text(PAGE, encoding="utf-8")
    made = Renderer(tmp_path).message("email", "hello", "vi", {})
    assert made.html == inlined(PAGE.rstrip("\n"))
    assert made.text == "Chào bạn\n"
