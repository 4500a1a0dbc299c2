"""The registry: settings name providers, and what no plug-in offers is refused by its name."""

from pathlib import Path

import pytest

from activities.channels.outbox import Outbox
from activities.channels.registry import (
    UnknownProviderError,
    check_providers,
    known_providers,
    open_channels,
    providers,
)
from care.settings import Settings, SettingsError, load_settings


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def settings(**given: object) -> Settings:
    return load_settings(secret="a secret that is long enough", **given)


def test_every_provider_of_the_handbook_is_installed() -> None:
    assert {"smtp", "outbox", "twilio", "esms", "speedsms", "vonage", "zalo_zns"} <= {*known_providers()}


@pytest.mark.usefixtures("anywhere")
async def test_a_shop_has_the_channels_its_settings_name() -> None:
    channels = open_channels(settings(email_channel="outbox", sms_channel="", zalo_channel="outbox"))
    assert sorted(channels) == ["email", "zalo"]
    for channel in channels.values():
        await channel.close()


@pytest.mark.usefixtures("anywhere")
def test_a_list_keeps_its_order_and_the_former_name_of_twilio_is_understood() -> None:
    given = settings(sms_channel=" outbox,gateway , twilio", email_channel="outbox")
    assert given.channels == {"email": ("outbox",), "sms": ("outbox", "twilio"), "zalo": ()}
    assert given.catches_sms
    assert not given.catches_mail


@pytest.mark.usefixtures("anywhere")
async def test_providers_are_opened_once_by_their_own_names() -> None:
    opened = providers(settings(email_channel="outbox", sms_channel="outbox", zalo_channel="outbox"))
    assert [*opened] == ["outbox"]
    assert isinstance(opened["outbox"], Outbox)


@pytest.mark.usefixtures("anywhere")
def test_an_unknown_provider_is_refused_with_its_setting_and_the_known_ones() -> None:
    with pytest.raises(UnknownProviderError, match=r"sms_channel names 'twillio', which is not .*: .*outbox, .*twilio"):
        check_providers(settings(sms_channel="outbox, twillio"))
    with pytest.raises(UnknownProviderError, match="zalo_channel names 'nobody'"):
        open_channels(settings(zalo_channel="nobody"))


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize("names", ["smtp;outbox", "smtp,", ",smtp", "smtp outbox"])
def test_a_list_that_is_none_is_refused_by_its_setting(names: str) -> None:
    with pytest.raises(SettingsError, match="CARE_EMAIL_CHANNEL"):
        settings(email_channel=names)
