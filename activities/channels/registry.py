"""Which plug-ins there are and which of them the shop's settings name: channels are opened here and nowhere else.

A plug-in is an entry point of the group ``aftercare.channels``: its name is the provider's, and it names a function
``open_channel(settings: Settings) -> Channel``. A package of the shop's own may declare further ones.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, distributions

from activities.channels.base import Channel
from activities.channels.failover import Failover
from care.domain.errors import CareError
from care.settings import Settings

GROUP = "aftercare.channels"


class UnknownProviderError(CareError):
    """A setting names a provider that no plug-in offers; the message names both, and those there are."""


def known_providers() -> list[str]:
    """The names of every plug-in that is installed."""
    return sorted(_plugins())


def check_providers(settings: Settings) -> None:
    """See that every provider the settings name is installed; nothing is opened.

    Raises:
        UnknownProviderError: When one is not.
    """
    plugins = _plugins()
    for channel, names in settings.channels.items():
        for name in names:
            _plugin(plugins, channel, name)


def open_channels(settings: Settings) -> dict[str, Failover]:
    """Every channel the shop has, over its providers in the order of the settings; close each when done.

    Args:
        settings: With their secrets.

    Raises:
        UnknownProviderError: When no plug-in has a name that the settings use.
        CareError: When a provider's own settings cannot work.
    """
    plugins = _plugins()
    return {
        channel: Failover({name: _open(plugins, channel, name, settings) for name in names})
        for channel, names in settings.channels.items()
        if names
    }


def providers(settings: Settings) -> dict[str, Channel]:
    """Each provider the shop uses by its own name, for what providers call us with; close each when done.

    Raises:
        UnknownProviderError: When no plug-in has a name that the settings use.
    """
    plugins = _plugins()
    used = {name: channel for channel, names in settings.channels.items() for name in names}
    return {name: _open(plugins, channel, name, settings) for name, channel in used.items()}


def _plugins() -> Mapping[str, EntryPoint]:
    # ``entry_points()`` hears only the first distribution of a name, and in a source folder that may be an old one.
    return {each.name: each for found in distributions() for each in found.entry_points if each.group == GROUP}


def _open(plugins: Mapping[str, EntryPoint], channel: str, name: str, settings: Settings) -> Channel:
    opened: Channel = _plugin(plugins, channel, name).load()(settings)
    return opened


def _plugin(plugins: Mapping[str, EntryPoint], channel: str, name: str) -> EntryPoint:
    if name not in plugins:
        known = ", ".join(sorted(plugins)) or "none; install Aftercare again"
        raise UnknownProviderError(
            f"{channel}_channel names {name!r}, which is not a provider; write some of: {known}, with commas between"
        )
    return plugins[name]
