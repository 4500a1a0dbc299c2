"""What the doctor sees without asking anybody; each test breaks the very thing."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from care.cli.doctor import installation
from care.cli.doctor.findings import Finding
from care.settings import Settings, settings_table
from care.telemetry import tracing
from tests.integration.doctor.findings import by_name, wrong


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*(name for name, _, _ in settings_table()), "TEMPORAL_ADDRESS", *tracing.ENDPOINTS):
        monkeypatch.delenv(name, raising=False)


def look(environment: dict[str, str] | None = None, **given: Any) -> list[Finding]:
    return list(installation.look(Settings(**given), environment or {}))


def test_as_shipped_nothing_is_wrong() -> None:
    assert wrong(look()) == {}


def test_a_misspelled_setting_is_broken_and_named_with_the_right_one() -> None:
    found = look({"CARE_SMPT_HOST": "mail", "CARE_QWERTZUIOP": "1", "CARE_HTTP_PORT": "1", "PATH": "/bin"})
    assert wrong(found) == {"CARE_SMPT_HOST": "broken", "CARE_QWERTZUIOP": "warning"}
    assert "CARE_SMTP_HOST" in by_name(found)["CARE_SMPT_HOST"].do


def test_a_collector_without_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert wrong(look()) == {}
    monkeypatch.setattr(tracing, "_EXTRA", ("opentelemetry.sdk.nowhere.at_all",))
    assert wrong(look()) == {"traces": "warning"}


def test_a_store_that_may_lose_seconds_is_told() -> None:
    assert wrong(look(durable=False)) == {"CARE_DURABLE": "warning"}


def test_a_data_directory_that_is_a_file_is_broken(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert wrong(look(data_dir=tmp_path / "data")) == {"folder": "broken"}


@contextlib.contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may write everywhere, so look as a user who may not."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_data_directory_that_cannot_be_written_is_broken() -> None:
    with tempfile.TemporaryDirectory() as above:
        os.chmod(above, 0o755)
        data = Path(above, "data")
        data.mkdir(mode=0o555)
        settings = Settings(data_dir=data)
        with as_somebody_else():
            found = list(installation.look(settings, {}))
    assert wrong(found) == {"folder": "broken"}


@pytest.mark.parametrize(("threshold", "verdict"), [("_LITTLE_FREE", "warning"), ("LEAST_FREE", "broken")])
def test_a_disk_with_little_room_is_told(monkeypatch: pytest.MonkeyPatch, threshold: str, verdict: str) -> None:
    monkeypatch.setattr(installation, threshold, 10**18)  # No disk has that much.
    assert wrong(look()) == {"disk": verdict}


def test_a_key_that_others_can_read_is_broken(tmp_path: Path) -> None:
    for name, mode in (("api.key", 0o644), ("secret.key", 0o600)):
        (tmp_path / name).write_text("hunter2")
        (tmp_path / name).chmod(mode)
    found = look(data_dir=tmp_path)
    assert wrong(found) == {"api.key": "broken"}
    assert "hunter2" not in str(found)


def test_the_lock_says_who_runs_here(tmp_path: Path) -> None:
    assert "no 'care up' has run" in by_name(look(data_dir=tmp_path))["lock"].found
    with (tmp_path / "care.lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        assert "process 4711" in by_name(look(data_dir=tmp_path))["lock"].found
    assert "free" in by_name(look(data_dir=tmp_path))["lock"].found


def test_doors_that_are_open_to_all_without_a_password_are_broken() -> None:
    given = {"http_host": "0.0.0.0", "public_url": "https://care.shop.example", "trusted_proxies": "10.0.0.5"}
    found = look(**given)
    assert wrong(found) == {"API and console": "broken"}
    assert by_name(found)["API and console"].do.startswith("set CARE_CONSOLE_PASSWORD;")
    assert wrong(look(**given, console_password="word")) == {}


def test_a_proxy_that_nobody_named_is_told() -> None:
    assert wrong(look(public_url="https://care.shop.example")) == {"CARE_TRUSTED_PROXIES": "warning"}


@pytest.mark.parametrize(
    ("given", "is_fine"),
    [
        ({"public_url": "https://care.shop.example", "trusted_proxies": "127.0.0.1"}, True),
        ({"public_url": "http://care.shop.example"}, False),
        ({"http_host": "0.0.0.0", "api_key": "key", "console_password": "word"}, False),
        ({"smtp_host": "mail.shop.example"}, False),
        ({"smtp_host": "mail.shop.example", "email_channel": "outbox"}, True),
    ],
)
def test_links_must_lead_customers_here_and_safely(given: dict[str, Any], is_fine: bool) -> None:
    assert wrong(look(**given)) == ({} if is_fine else {"CARE_PUBLIC_URL": "broken"})


def test_a_shared_store_needs_a_shared_secret() -> None:
    url = "postgresql://care:hunter2@db/care"
    found = look(database_url=url)
    assert wrong(found) == {"CARE_SECRET": "broken"}
    assert wrong(look(database_url=url, secret="long enough")) == {}
    assert "hunter2" not in str(found)
