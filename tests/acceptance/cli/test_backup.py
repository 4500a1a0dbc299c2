"""`care backup` and `care restore` as a person uses them."""

from pathlib import Path

import pytest

from tests.acceptance.cli.shop import Shop, a_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "lost").mkdir()
    shop = a_shop(tmp_path / "lost")
    assert shop.care("rules", "publish", "--yes", "--by", "Hoa").status == 0
    return shop


def test_an_installation_goes_into_one_file_and_comes_back(shop: Shop, tmp_path: Path) -> None:
    made = shop.care("backup", "--to", str(tmp_path))
    [file] = tmp_path.glob("aftercare-*.tar.gz")
    assert made.status == 0, made.err
    assert f"{file}: " in made.out
    assert "0 customers, 0 on the way" in made.out

    again = shop.care("restore", str(file))
    assert (again.status, "care.sqlite' is there already" in again.err) == (1, True)
    there = shop.care("restore", str(file), "--data-dir", str(tmp_path / "there"))
    assert there.status == 0, there.err
    assert "next: start it ('care up')" in there.out
    listed = shop.care("journeys", "list", "--json", CARE_DATA_DIR=str(tmp_path / "there"))
    assert listed.json == shop.care("journeys", "list", "--json").json != []


def test_wrong_words_are_answered_with_what_to_write(shop: Shop, tmp_path: Path) -> None:
    assert shop.care("backup").status == 2
    file = tmp_path / "backup.tar.gz"
    assert shop.care("backup", "--to", str(file)).status == 0
    taken = shop.care("backup", "--to", str(file))
    assert (taken.status, "name another file" in taken.err) == (1, True)
    when = shop.care("restore", str(file), "--data-dir", "there", "--lived-until", "yesterday")
    assert (when.status, "write an instant with its offset" in when.err) == (1, True)
    none = shop.care("restore", "nothing.tar.gz")
    assert (none.status, "there is no backup at 'nothing.tar.gz'" in none.err) == (1, True)
