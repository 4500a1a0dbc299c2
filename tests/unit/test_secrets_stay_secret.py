"""No secret of the settings is seen where it is not meant to be: in what they look like, nor in what errors say."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from activities.channels import registry
from care.domain.errors import CareError
from care.mailroom.mailboxes import waiting
from care.settings import Settings, SettingsError, as_environment, load_settings, settings_table, with_secrets
from care.store.engine import StoreUnavailable, open_store, reading
from care.temporal.children import Child

MARK = "XYZZY"
# A file's name, a user's name and an address are no secrets, though their names sound like it.
SECRET = re.compile(r"(key|secret|token|password|signature|mailbox|database_url)$")
FILES = {"dkim_key", "dkim_ed25519_key"}
SECRETS = sorted(name for name in Settings.model_fields if SECRET.search(name) and name not in FILES)
SHAPED = {
    "database_url": f"postgresql://care:{MARK}@127.0.0.1:1/care",
    "bounce_mailbox": f"imap://care:{MARK}@127.0.0.1:1/INBOX",
}
BROKEN = {
    "bounce_mailbox": f"http://care:{MARK}@host",
    "webhook_secret": MARK,
    "http_port": MARK,
    "smtp_tls": MARK,
    "trusted_proxies": MARK,
    "temporal_address": MARK,
}


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in settings_table():
        monkeypatch.delenv(name, raising=False)


def marked() -> Settings:
    """Settings of which every secret holds the mark."""
    given = {name: SHAPED.get(name, f"{MARK}-{name}-{'x' * 32}") for name in SECRETS}
    providers = {"sms_channel": "twilio,esms,speedsms,vonage", "zalo_channel": "zalo_zns", "smtp_username": "care"}
    return with_secrets(load_settings(**given, **providers))


def test_the_secrets_are_known() -> None:
    assert {"api_key", "secret", "console_password", "smtp_password", "hooks_key", "database_url"} <= set(SECRETS)
    assert len(SECRETS) >= 15


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_not_seen_in_what_the_settings_look_like(name: str) -> None:
    settings = marked()
    assert MARK in str(getattr(settings, name))
    for shown in (repr(settings), str(settings), f"{settings!r:>10}", repr(settings.model_copy()), repr([settings])):
        assert MARK not in shown


@pytest.mark.parametrize("name", BROKEN)
def test_a_value_that_is_refused_is_not_repeated(name: str) -> None:
    with pytest.raises(SettingsError) as told:
        load_settings(**{name: BROKEN[name]})
    assert MARK not in str(told.value)
    with pytest.raises(ValidationError) as raw:
        Settings(**{name: BROKEN[name]})
    assert MARK not in str(raw.value)


def parts(value: object, depth: int = 6) -> Iterator[object]:
    """An object and everything it holds."""
    yield value
    if depth:
        held: list[Any] = list(value.values()) if isinstance(value, dict) else []
        held += list(value) if isinstance(value, list | tuple | set) else []
        held += list(getattr(value, "__dict__", {}).values())
        held += [getattr(value, name) for name in getattr(value, "__slots__", ()) if hasattr(value, name)]
        for each in held:
            if not isinstance(each, str | bytes | int | float | type(None)):
                yield from parts(each, depth - 1)


async def test_no_part_of_a_channel_shows_a_secret() -> None:
    channels = registry.open_channels(marked())
    seen = [each for each in parts(channels) if is_dataclass(each)]
    assert {type(each).__name__ for each in seen} >= {"TwilioAccount", "Esms", "SpeedSms", "Vonage", "Zalo"}
    assert [type(each).__name__ for each in seen if MARK in repr(each)] == []
    for channel in channels.values():
        await channel.close()


def test_a_child_process_does_not_show_what_it_is_given() -> None:
    child = Child("api", ["care"], as_environment(marked()), Path("api.log"))
    assert MARK in str(child.environment)
    assert MARK not in repr(child)


def test_a_database_and_a_mailbox_that_do_not_answer_keep_their_passwords() -> None:
    settings = marked()
    engine = open_store(settings.database_url)
    with pytest.raises(StoreUnavailable) as told, reading(engine):
        pass
    cause: BaseException | None = told.value
    while cause is not None:
        assert MARK not in f"{cause!r} {cause}"
        cause = cause.__cause__ or cause.__context__
    assert MARK not in repr(engine)
    with pytest.raises(CareError) as refused:
        list(waiting(settings.bounce_mailbox))
    assert MARK not in str(refused.value)
