"""The brand and the pictures: what is written holds, what is wrong is told with its line, and messages leave anyway."""

import struct
import zlib
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from activities.channels.base import Message
from activities.channels.letterhead import Letterhead, mailbox
from activities.channels.mime import letter
from care.brand import Brand, Palette, brand_of, read_brand
from care.contrast import contrast
from care.images import Images, Size, size_of
from care.rendering import Renderer, RenderError, TemplateInventory

COMPANY = {"company": {"name": "An Nhà", "locale": "vi"}}
URL = "https://care.example"


def png(width: int, height: int) -> bytes:
    """A grey PNG of a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("email", "sms", "images"):
        (tmp_path / name).mkdir()
    (tmp_path / "images" / "logo.png").write_bytes(png(280, 80))
    return tmp_path


def html(folder: Path, source: str) -> str:
    (folder / "email" / "note.vi.txt").write_text("Subject: Chào\n\nChào\n", encoding="utf-8")
    (folder / "email" / "note.vi.html").write_text(source, encoding="utf-8")
    return Renderer(folder, URL).message("email", "note", "vi", COMPANY).html


def told(folder: Path, text: str) -> list[tuple[int, str]]:
    (folder / "brand.yaml").write_text(text, encoding="utf-8")
    return [(problem.line, problem.message) for problem in read_brand(folder)[1]]


def test_without_a_brand_everything_looks_as_shipped(folder: Path) -> None:
    assert brand_of(folder) == Brand()
    assert html(folder, "<p>{{ brand.name }} {{ brand.light.brand }}</p>").find("An Nhà #0b5d52") > 0


def test_what_is_written_holds_and_a_change_is_seen_at_once(folder: Path) -> None:
    path = folder / "brand.yaml"
    path.write_text("name: Nhà Mới\nlogo: logo.png\ncorners: 4\ncolours: {brand: 112233}\n", encoding="utf-8")
    made = html(folder, "<p>{{ brand.name }} {{ brand.logo }} {{ brand.corners }} {{ brand.light.brand }}</p>")
    assert "Nhà Mới logo.png 4 #112233" in made
    path.write_text("corners: 30\n", encoding="utf-8")
    assert brand_of(folder) == Brand(corners=30)


def test_the_font_and_the_colours_stand_in_a_style_sheet_as_they_are(folder: Path) -> None:
    (folder / "brand.yaml").write_text("font: Georgia, 'Times New Roman', serif\n", encoding="utf-8")
    style = "<style>@media print { p { font-family: {{ brand.font }} } }</style>"
    made = html(folder, f"<html><head>{style}</head><body><p>x</p></body></html>")
    assert "Georgia, 'Times New Roman', serif" in made.replace('"', "'")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("nmae: x", 1, "'nmae' is not a setting of the brand"),
        ("colours:\n  brand: green", 2, "'green' is not a colour"),
        ("colours:\n  brand: #0b5d52", 2, "'brand' has no value"),
        ("corners: 400", 1, "'400' is not a number of pixels from 0 to 40"),
        ("logo: nothing.png", 1, "there is no picture 'nothing.png' in templates/images"),
        ("logo: ../brand.yaml", 1, "there is no picture '../brand.yaml'"),
        ("font: url(https://x.example/a.woff)", 1, "is not a list of fonts"),
        ("font: 'x; } body { display: none'", 1, "is not a list of fonts"),
        ("colours:\n  ink: cccccc", 2, "'ink' on 'card' (colours) has a contrast of 1.6"),
        ("dark:\n  on_brand: ffffff", 2, "'on_brand' on 'brand' (dark) has a contrast of 1.8"),
        ("colours: blue", 1, "'colours' holds 'name: colour' lines"),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_holds(folder: Path, text: str, line: int, message: str) -> None:
    found = told(folder, text)
    assert any(at == line and message in words for at, words in found), found
    assert "An Nhà" in html(folder, "<p>{{ brand.name }}</p>")


def test_the_shipped_brand_is_the_default_and_sound() -> None:
    brand, problems = read_brand(Path(__file__).parents[2] / "templates")
    assert problems == ()
    assert brand == Brand()


def test_contrast_is_counted_as_wcag_counts_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast(Palette().ink, Palette().ink) == 1


def test_the_inventory_takes_the_brand_and_pictures_as_given(folder: Path) -> None:
    (folder / "sms" / "note.vi.txt").write_text(
        "{{ brand.name }}{{ brand.light.ink }}{{ image('logo.png') }}{{ brand.nmae }}"
    )
    assert TemplateInventory(folder).variables("sms", "note") == {"brand.nmae"}


def test_a_picture_has_a_whole_address_its_size_and_its_words(folder: Path) -> None:
    made = html(folder, "<p>{{ picture('logo.png', 'Nhà \"An\"', 140) }}</p>")
    assert f'src="{URL}/images/logo.png?v=' in made
    assert 'width="140"' in made
    assert 'height="40"' in made
    assert 'alt="Nhà &#34;An&#34;"' in made


def test_a_source_below_images_becomes_a_whole_address(folder: Path) -> None:
    made = html(folder, "<img src='images/logo.png' alt='' width='280' height='80'>")
    assert f"src='{URL}/images/logo.png?v=" in made


def test_embedded_pictures_travel_inside_the_email_each_once(folder: Path) -> None:
    (folder / "brand.yaml").write_text("pictures: embedded\n")
    (folder / "images" / "large.png").write_bytes(png(9, 9) + b"x" * 60_000)
    names = ("logo.png", "logo.png", "large.png")
    made = html(folder, "".join(f"<p>{{{{ picture('{name}', 'x') }}}}</p>" for name in names))
    assert made.count("data:image/png;base64,") == 2
    assert f"{URL}/images/large.png?v=" in made
    message = Message("k:email", "lan@example.vn", datetime(2026, 3, 2, tzinfo=UTC), "Chào", "Chào", made)
    head = Letterhead(mailbox("cskh@example.com"))
    parsed = message_from_bytes(letter(message, head, eight_bit=False).content, policy=default)
    body, related = parsed.iter_parts()
    assert body.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    shown, picture = related.iter_parts()
    assert picture.get_content() == (folder / "images" / "logo.png").read_bytes()
    name = str(picture["Content-ID"]).strip("<>")
    assert shown.get_content().count(f'src="cid:{name}"') == 2
    assert "data:" not in shown.get_content()
    assert parsed.get_body(("html",)) is not None


def test_a_changed_picture_has_another_address(folder: Path) -> None:
    images = Images(folder, URL)
    first = images.url("logo.png")
    (folder / "images" / "logo.png").write_bytes(png(28, 8))
    assert images.url("logo.png") != first


@pytest.mark.parametrize(
    "name",
    ["nothing.png", "../brand.yaml", "/etc/hostname", "logo.svg", "a/../logo.png", ".png", "", f"{'a' * 300}.png"],
)
def test_a_picture_that_is_not_there_stops_the_message(folder: Path, name: str) -> None:
    (folder / "images" / "logo.svg").write_text("<svg onload='x'/>")
    (folder / "brand.yaml").write_text("corners: 1\n")
    assert Images(folder).file(name) is None
    with pytest.raises(RenderError, match=r"note\.vi\.html.*there is no picture"):
        html(folder, f"<p>{{{{ picture({name!r}, '') }}}}</p>")


def test_a_link_that_leads_out_of_the_pictures_does_not_exist(folder: Path) -> None:
    outside = folder.parent / "secret.png"
    outside.write_bytes(png(1, 1))
    (folder / "images" / "inside.png").symlink_to(outside)
    assert Images(folder).file("inside.png") is None


def test_the_size_of_each_kind_is_read_from_its_first_bytes(tmp_path: Path) -> None:
    files = {
        "a.png": (png(3, 5), Size(3, 5)),
        "a.gif": (b"GIF89a" + struct.pack("<HH", 7, 9) + b"\0" * 9, Size(7, 9)),
        "a.jpg": (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08" + struct.pack(">HH", 40, 30) + b"\0" * 9, Size(30, 40)),
        "b.jpg": (b"\xff\xd8\xff\xe0", None),
        "b.png": (b"text", None),
    }
    for name, (content, size) in files.items():
        (tmp_path / name).write_bytes(content)
        assert size_of(tmp_path / name) == size, name
