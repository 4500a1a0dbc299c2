"""A backup comes back as it was, into an empty place, or not at all with a plain reason."""

import gzip
import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from care import clock
from care.backup.backing_up import Made, back_up
from care.backup.manifest import BackupError
from care.backup.restoring import Restored, restore
from care.settings import Settings
from care.store import schema
from care.store.engine import open_store, reading, writing
from care.temporal.standing_alone import StartError, alone_in
from tests.acceptance.cli.shop import noon_zone
from tests.builders import Story, a_plan, send, wait
from tests.integration.backup.shop import an_installation, messages, settings_in, silent
from tests.integration.store.telling import NOON

STORY = Story(a_plan(send("hello"), wait(3), send("bye"))).who(zone=noon_zone())


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    return an_installation(tmp_path / "shop", STORY)


@pytest.fixture
def made(shop: Settings, tmp_path: Path) -> Made:
    return back_up(shop, tmp_path / "backup.tar.gz", silent)


def bring_back(made: Made, folder: Path, **more: Any) -> tuple[Settings, Restored]:
    force, until = more.pop("force", False), more.pop("lived_until", None)
    settings = settings_in(folder, **more)
    return settings, restore(settings, made.file, silent, lived_until=until, force=force)


def rows_of(settings: Settings) -> dict[str, list[Any]]:
    engine = open_store(settings.database_url, durable=False)
    with reading(engine) as conn:
        found = {
            name: [tuple(row) for row in conn.execute(select(each))] for name, each in schema.metadata.tables.items()
        }
    engine.dispose()
    return found


def test_everything_comes_back_as_it_was(shop: Settings, made: Made, tmp_path: Path) -> None:
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
    there, restored = bring_back(made, tmp_path / "there")
    assert rows_of(there) == rows_of(shop)
    assert made.manifest.counts.model_dump() == {"customers": 1, "on_the_way": 0, "undecided": 1, "messages": 0}
    for name in ("data/secret.key", "data/api.key", "rules/journeys/care.yaml", "templates/email/hello.vi.txt"):
        assert (tmp_path / "there" / name).read_text() == (tmp_path / "shop" / name).read_text()
    assert (there.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (restored.replaced, restored.differing, restored.lived.messages) == (None, (), 0)
    assert sorted(each.name for each in there.data_dir.iterdir()) == [
        "api.key",
        "care.lock",
        "care.sqlite",
        "secret.key",
    ]


def test_what_may_have_been_sent_since_is_unknown_in_the_restored_store(made: Made, tmp_path: Path) -> None:
    there, restored = bring_back(made, tmp_path / "there", lived_until=clock.now())
    assert restored.lived.messages == 1
    engine = open_store(there.database_url)
    assert messages(engine) == [("hello", "unknown")]
    engine.dispose()


def test_a_store_that_is_written_to_meanwhile_is_copied_as_of_one_instant(shop: Settings, tmp_path: Path) -> None:
    engine = open_store(shop.database_url, durable=False)
    over, wrote = threading.Event(), threading.Event()

    def write() -> None:
        """Every customer comes with an answer, so a copy of two instants would show one without the other."""
        for number in range(100_000):
            with writing(engine) as conn:
                conn.execute(insert(schema.customers), {"key": f"c_{number}", "created_at": NOON, "name": "x" * 2_000})
                answer = {"customer": f"c_{number}", "score": 5, "at": NOON, "event": f"i_{number}"}
                conn.execute(insert(schema.answers), answer)
            if number == 300:
                wrote.set()
            if over.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    wrote.wait(60)
    before = _counted(engine)
    made = back_up(shop, tmp_path / "backup.tar.gz", silent)
    over.set()
    writer.join()
    there, _ = bring_back(made, tmp_path / "there")
    copy = open_store(there.database_url)
    answers, people = _counted(copy)
    assert people - 1 == answers >= before[0]
    assert _counted(engine)[0] > answers
    for each in (engine, copy):
        each.dispose()


def _counted(engine: Engine) -> tuple[int, int]:
    with reading(engine) as conn:
        counts = [
            conn.execute(select(func.count()).select_from(each)).scalar_one()
            for each in (schema.answers, schema.customers)
        ]
    return counts[0], counts[1]


def test_nothing_is_restored_over_an_installation_unless_it_is_put_aside(made: Made, shop: Settings) -> None:
    folder = shop.data_dir.parent
    (shop.data_dir / "temporal.sqlite").write_text("histories")
    with pytest.raises(BackupError, match=r"care.sqlite' is there already.*--force"):
        bring_back(made, folder)
    before = rows_of(shop)
    there, restored = bring_back(made, folder, force=True)
    assert restored.replaced is not None
    assert sorted(each.name for each in restored.replaced.iterdir()) == [
        "api.key",
        "care.sqlite",
        "secret.key",
        "temporal.sqlite",
    ]
    assert rows_of(there) == before
    assert not (there.data_dir / "temporal.sqlite").exists()
    _, again = bring_back(made, folder, force=True)
    assert again.replaced not in (None, restored.replaced)
    assert rows_of(there) == before


def test_an_installation_that_runs_is_left_alone_even_by_force(made: Made, shop: Settings) -> None:
    with alone_in(shop.data_dir), pytest.raises(StartError, match="in use"):
        bring_back(made, shop.data_dir.parent, force=True)


def test_rules_and_templates_that_are_there_stay_and_those_that_differ_are_named(made: Made, tmp_path: Path) -> None:
    own = tmp_path / "there" / "templates" / "email"
    own.mkdir(parents=True)
    (own / "hello.vi.txt").write_text("another hello")
    (own / "more.vi.txt").write_text("more")
    _, restored = bring_back(made, tmp_path / "there")
    assert restored.differing == ("templates/email/hello.vi.txt", "templates/email/more.vi.txt")
    assert (own / "hello.vi.txt").read_text() == "another hello"


def _cut(whole: bytes) -> bytes:
    return whole[: len(whole) * 2 // 3]


def _flipped(whole: bytes) -> bytes:
    return _retold(whole, {}, lambda name, body: body[:-1] + b"!" if name == "store.sqlite" else body)


def _without_store(whole: bytes) -> bytes:
    return _retold(whole, {}, lambda name, body: None if name == "store.sqlite" else body)


def _newer(whole: bytes) -> bytes:
    return _retold(whole, {"format": 2, "version": "9.0"}, lambda _, body: body)


def _newer_store(whole: bytes) -> bytes:
    return _retold(whole, {"revision": "9999", "version": "9.0"}, lambda _, body: body)


def _of_postgres(whole: bytes) -> bytes:
    return _retold(whole, {"database": "postgresql"}, lambda _, body: body)


def _no_backup(whole: bytes) -> bytes:
    return gzip.compress(b"a diary")


def _another_tar(whole: bytes) -> bytes:
    return _retold(whole, {}, lambda name, body: None if name == "manifest.json" else body)


def _retold(whole: bytes, words: dict[str, Any], change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The same archive with another manifest, or other parts."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(whole)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            body = change(member.name, file.read())
            if member.name == "manifest.json" and body is not None:
                body = json.dumps(json.loads(body) | words).encode()
            if body is not None:
                told = tarfile.TarInfo(member.name)
                told.size = len(body)
                new.addfile(told, io.BytesIO(body))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut, "cut, damaged or no backup"),
        (_flipped, "'store.sqlite' is not what was backed up"),
        (_without_store, "'store.sqlite' is missing"),
        (_newer, "made by the newer version 9.0"),
        (_newer_store, "made by version 9.0.*newer than this version knows"),
        (_of_postgres, "of a postgresql store"),
        (_no_backup, "cut, damaged or no backup"),
        (_another_tar, "not a backup of Aftercare"),
    ],
)
def test_what_cannot_be_restored_says_why_and_leaves_nothing_behind(
    made: Made, tmp_path: Path, spoil: Callable[[bytes], bytes], words: str
) -> None:
    made.file.write_bytes(spoil(made.file.read_bytes()))
    with pytest.raises(BackupError, match=words):
        bring_back(made, tmp_path / "there")
    left = [each.name for each in (tmp_path / "there").rglob("*") if each.is_file()]
    assert set(left) <= {"care.lock"}


def test_a_backup_under_another_secret_needs_that_secret(shop: Settings, tmp_path: Path) -> None:
    (shop.data_dir / "secret.key").unlink()
    told = shop.model_copy(update={"secret": "the shop's own secret"})
    made = back_up(told, tmp_path / "backup.tar.gz", silent)
    with pytest.raises(BackupError, match="had its secret in CARE_SECRET"):
        bring_back(made, tmp_path / "there")
    with pytest.raises(BackupError, match="CARE_SECRET is not what it was"):
        bring_back(made, tmp_path / "there", secret="another secret")
    bring_back(made, tmp_path / "there", secret=told.secret)


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=1)])
def test_the_lost_installation_lived_between_the_backup_and_now(made: Made, tmp_path: Path, wrong: timedelta) -> None:
    with pytest.raises(BackupError, match="cannot have lived until"):
        bring_back(made, tmp_path / "there", lived_until=clock.now() + wrong)


def test_a_backup_never_replaces_another_and_names_itself_in_a_folder(
    shop: Settings, made: Made, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="is there already"):
        back_up(shop, made.file, silent)
    with pytest.raises(BackupError, match="no folder"):
        back_up(shop, tmp_path / "nowhere" / "backup.tar.gz", silent)
    named = back_up(shop, tmp_path, silent)
    assert named.file.name == f"aftercare-{named.manifest.made_at:%Y%m%dT%H%M%SZ}.tar.gz"


def test_a_damaged_store_is_not_backed_up(shop: Settings, tmp_path: Path) -> None:
    database = shop.data_dir / "care.sqlite"
    pages = bytearray(database.read_bytes())
    pages[4096 * 3 : 4096 * 4] = b"\xff" * 4096
    database.write_bytes(pages)
    with pytest.raises((BackupError, sqlite3.DatabaseError)):
        back_up(shop, tmp_path / "backup.tar.gz", silent)
    assert not (tmp_path / "backup.tar.gz").exists()
