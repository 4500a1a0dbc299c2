"""``care doctor`` as people and programs use it; a whole healthy shop is in ``tests/acceptance``."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from care.cli.doctor import writing
from care.cli.doctor.command import guarded
from care.cli.doctor.findings import Area, Finding
from care.settings import load_settings
from tests.acceptance.cli.shop import REPOSITORY, Shop, a_shop
from tests.integration.doctor.findings import wrong


@pytest.fixture
def closed(tmp_path: Path) -> Shop:
    return a_shop(tmp_path)


def test_a_shop_that_is_not_up_is_told_with_what_to_do_and_fails(closed: Shop) -> None:
    said = closed.care("doctor", CARE_SMPT_HOST="mail")
    assert said.status == 1
    for words in ("✗", "did you mean CARE_SMTP_HOST", "no Temporal server answers", "start 'care up'", " broken\n"):
        assert words in said.out
    assert not (closed.folder / "data").exists()


def test_settings_that_cannot_be_read_are_the_one_finding(closed: Shop) -> None:
    said = closed.care("doctor", "--json", CARE_HTTP_PORT="hunter2")
    (finding,) = said.json["findings"]
    assert (said.status, said.json["verdict"], finding["verdict"]) == (1, "broken", "broken")
    assert "CARE_HTTP_PORT" in finding["found"]
    assert "hunter2" not in said.out
    (closed.folder / "care.toml").write_text("smpt_host = 'mail'\n")
    assert "did you mean 'smtp_host'" in closed.care("doctor", "--json").json["findings"][0]["found"]


def test_what_nobody_foresaw_is_a_finding_and_not_the_end() -> None:
    def looks() -> Iterator[Finding]:
        yield Area("disk").ok("folder", "fine")
        raise PermissionError("/home/lan/secret")

    found = list(guarded("disk", looks()))
    assert [each.verdict for each in found] == ["ok", "broken"]
    assert "lan" not in str(found)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in ("rules", "templates"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return tmp_path


def drafts(folder: Path) -> list[Finding]:
    return list(writing.look(load_settings(rules_dir=folder / "rules", templates_dir=folder / "templates")))


def test_rules_and_templates_are_checked(copied: Path) -> None:
    assert wrong(drafts(copied)) == {}
    (copied / "templates" / "brand.yaml").write_text("colour: nonsense\n")
    assert wrong(drafts(copied)) == {"messages": "broken"}
    (copied / "rules" / "journeys" / "first_purchase.yaml").write_text("journey: first_purchase\nsteps: 5\n")
    assert wrong(drafts(copied)) == {"drafts": "broken"}
    shutil.rmtree(copied / "rules")
    assert wrong(drafts(copied)) == {"drafts": "warning"}
