"""Settings: where they come from, which win, and what is said of a wrong one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from care.settings import SettingsError, as_environment, load_settings, settings_table, with_secrets
from care.store.engine import open_store
from care.temporal.standing_alone import alone_in


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in settings_table():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)


def test_the_environment_wins_over_the_file_and_an_argument_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("care.toml").write_text("http_port = 1\n")
    assert load_settings().http_port == 1
    monkeypatch.setenv("CARE_HTTP_PORT", "2")
    assert load_settings().http_port == 2
    assert load_settings(http_port=3).http_port == 3


def test_temporals_own_variable_is_understood_but_ours_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "there:1")
    assert load_settings().temporal_address == "there:1"
    assert not load_settings().embeds_temporal
    monkeypatch.setenv("CARE_TEMPORAL_ADDRESS", "127.0.0.1:2")
    assert load_settings().temporal_port == 2
    assert load_settings().embeds_temporal


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_known_one() -> None:
    Path("care.toml").write_text("smpt_host = 'mail'\n")
    with pytest.raises(SettingsError, match=r"care\.toml: 'smpt_host' is not a setting; did you mean 'smtp_host'\?"):
        load_settings()


def test_a_file_that_is_not_toml_is_refused_with_its_line() -> None:
    Path("care.toml").write_text("http_port = 1\nsmtp_host = mail\n")
    with pytest.raises(SettingsError, match="line 2"):
        load_settings()


def test_a_wrong_value_is_refused_by_its_name_and_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARE_HTTP_PORT", "hunter2")
    with pytest.raises(SettingsError, match="CARE_HTTP_PORT") as refusal:
        load_settings()
    assert "hunter2" not in str(refusal.value)


def test_secrets_do_not_show() -> None:
    settings = load_settings(api_key="hunter2", secret="hunter2", smtp_password="hunter2", sms_token="hunter2")
    assert "hunter2" not in repr(settings)


def test_keys_are_made_once_for_their_owner_only() -> None:
    first, second = with_secrets(load_settings()), with_secrets(load_settings())
    assert (first.api_key, first.secret) == (second.api_key, second.secret)
    assert len(first.secret) >= 32
    for name in ("api.key", "secret.key"):
        assert (Path("data") / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in Path("data").iterdir()) == ["api.key", "secret.key"]


MAKERS = (
    lambda: with_secrets(load_settings()),
    lambda: open_store(load_settings().database_url).connect().close(),
    lambda: alone_in(load_settings().data_dir).__enter__(),
)


@pytest.mark.parametrize("make", MAKERS, ids=("secrets", "store", "care up"))
def test_whoever_makes_the_data_folder_makes_it_for_its_owner_only(make: Callable[[], object]) -> None:
    before = os.umask(0o022)
    try:
        make()
    finally:
        os.umask(before)
    assert Path("data").stat().st_mode & 0o777 == 0o700


def test_processes_that_start_together_agree_on_the_keys() -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = {settings.secret for settings in threads.map(lambda _: with_secrets(load_settings()), range(16))}
    assert len(keys) == 1


def test_given_keys_are_kept_and_none_are_made() -> None:
    settings = with_secrets(load_settings(api_key="mine", secret="mine too"))
    assert (settings.api_key, settings.secret) == ("mine", "mine too")
    assert not Path("data").exists()


def test_listening_beyond_this_machine_needs_a_password_and_makes_no_key() -> None:
    with pytest.raises(SettingsError, match="CARE_CONSOLE_PASSWORD"):
        with_secrets(load_settings(http_host="0.0.0.0"))
    assert with_secrets(load_settings(http_host="0.0.0.0", console_password="p", api_key="k")).api_key == "k"
    assert with_secrets(load_settings(http_host="0.0.0.0", console_password="p")).api_key == ""
    assert not Path("data/api.key").exists()


def test_only_proxies_that_are_named_by_their_addresses_are_believed() -> None:
    assert load_settings(trusted_proxies="10.0.0.5, 10.1.0.0/16, ::1").proxies == ["10.0.0.5", "10.1.0.0/16", "::1"]
    assert load_settings().proxies == []
    for wrong in ("*", "proxy.internal", "10.0.0.5/8", "10.0.0.5;10.0.0.6"):
        with pytest.raises(SettingsError, match=r"CARE_TRUSTED_PROXIES: .*write addresses or networks"):
            load_settings(trusted_proxies=wrong)


def test_the_store_is_a_file_in_the_data_folder_unless_said_otherwise() -> None:
    assert load_settings(data_dir="here").database_url == f"sqlite:///{Path('here/care.sqlite').resolve()}"
    assert load_settings(database_url="postgresql://db/care").database_url == "postgresql://db/care"


def test_links_go_to_this_port_unless_said_otherwise() -> None:
    assert load_settings(http_port=9000).public_url == "http://127.0.0.1:9000"
    assert load_settings(public_url="https://care.shop.example").public_url == "https://care.shop.example"


def test_mail_and_sms_are_caught_only_where_they_go_to_our_own_ports() -> None:
    assert load_settings().catches_mail
    assert load_settings().catches_sms
    assert not load_settings(smtp_host="smtp.shop.example").catches_mail
    assert not load_settings(email_channel="outbox").catches_mail
    assert not load_settings(sms_url="https://api.twilio.com").catches_sms


def test_webhooks_stay_on_this_machine_until_it_is_said_otherwise() -> None:
    assert load_settings().webhook_peer == "http://127.0.0.1:2590"
    outside = load_settings(webhook_channel="endpoint", webhook_allow="CRM.internal, 127.0.0.1:8081,[::1]")
    assert (outside.webhook_peer, outside.catches_webhooks) == ("", False)
    assert outside.webhook_hosts == {"crm.internal", "127.0.0.1:8081", "[::1]"}
    assert load_settings().webhook_hosts == frozenset()
    with pytest.raises(SettingsError, match="CARE_WEBHOOK_ALLOW"):
        load_settings(webhook_allow="https://crm.internal/hooks")


def test_webhooks_are_signed_by_a_secret_of_their_own_or_by_the_one_of_the_links() -> None:
    settings = with_secrets(load_settings())
    assert settings.webhook_secret == settings.secret
    own = load_settings(webhook_secret="another secret of its own")
    assert with_secrets(own).webhook_secret == "another secret of its own"
    assert "another" not in repr(own)
    with pytest.raises(SettingsError, match="CARE_WEBHOOK_SECRET"):
        load_settings(webhook_secret="too short")


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("care.toml").write_text("http_port = 1\ndurable = false\n")
    settings = load_settings(http_port=8600, data_dir="elsewhere", temporal_address="there:7")
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_every_setting_has_a_meaning_for_the_readers_table() -> None:
    table = settings_table()
    assert table[0] == ("CARE_DATA_DIR", "data", "Folder for everything Aftercare writes.")
    assert all(meaning.endswith(".") and "\n" not in meaning for _, _, meaning in table)
