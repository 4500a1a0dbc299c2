"""`care bounces`, as an operator uses it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bounces import a_dsn, returned
from tests.integration.mailroom.post import SECRET, Post

CARE = [sys.executable, "-m", "care.cli.main", "bounces"]


@pytest.fixture
def backend() -> str:
    return "sqlite"


class Operator:
    """Runs the command over the shop's store."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        names = {"DATABASE_URL": url, "SECRET": SECRET, "DATA_DIR": str(folder / "data"), "SMTP_PORT": "25"}
        self._environment = os.environ | {f"CARE_{name}": value for name, value in names.items()}

    def run(self, *arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [*CARE, *arguments], cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    def read_json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def operator(post: Post, store_url: str, tmp_path: Path) -> Operator:
    return Operator(store_url, tmp_path)


def test_a_maildir_is_read_and_what_came_is_listed(operator: Operator, post: Post, tmp_path: Path) -> None:
    key = post.sent()
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1.x.host").write_bytes(a_dsn(returned(post.message_id(key))))
    (tmp_path / "box" / "new" / "2.x.host").write_bytes(b"Subject: hi\n\nhello\n")
    out = operator.run("read", "--maildir", str(tmp_path / "box"))
    assert "2 new: 1 bounced, 1 not understood; 0 read before" in out
    assert "1 left for people" in out
    assert operator.read_json("read", "--maildir", str(tmp_path / "box"))["new"] == 0
    unread, bounced = operator.read_json("list")
    assert (unread["kind"], unread["message"]) == ("unread", "")
    assert (bounced["kind"], bounced["message"], bounced["code"]) == ("bounced", key, "5.1.1")
    assert "this address does not exist" in operator.run("list")


def test_one_mail_is_read_from_a_file_that_stays_as_it_is(operator: Operator, post: Post, tmp_path: Path) -> None:
    mail = a_dsn(returned(post.message_id(post.sent())), action="delayed", status="4.4.1")
    (tmp_path / "mail.eml").write_bytes(mail)
    assert operator.read_json("read", "--file", "mail.eml")["kinds"] == {"delayed": 1}
    assert operator.read_json("read", "--file", "mail.eml")["known"] == 1
    assert (tmp_path / "mail.eml").read_bytes() == mail


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("read",), 1, "CARE_BOUNCE_MAILBOX"),
        (("read", "--file", "nowhere.eml"), 1, "nowhere.eml"),
        (("read", "--maildir", "nowhere"), 1, "no maildir"),
        (("read", "--maildir", "a", "--file", "b"), 2, "not both"),
    ],
)
def test_what_cannot_be_read_is_told(operator: Operator, arguments: tuple[str, ...], status: int, words: str) -> None:
    assert words in " ".join(operator.run(*arguments, status=status).split())
