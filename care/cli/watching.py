"""Watching the rules folder while Aftercare runs: every draft without an error is published at once."""

import asyncio
from collections.abc import Callable

from care.cli.publishing import publish_folder
from care.domain.errors import CareError
from care.settings import Settings


class NotDevelopmentError(CareError):
    """Drafts go live by themselves only where no real customer can be reached."""


def refuse_production(settings: Settings) -> None:
    """Let only a development workspace pass: embedded server, and everything that is sent is caught.

    Raises:
        NotDevelopmentError: Something real could be reached; the message says what.
    """
    real = [
        word
        for word, embedded in (
            (f"Temporal at {settings.temporal_address}", settings.embeds_temporal),
            (f"the mail relay {settings.smtp_host}", settings.catches_mail),
            (f"the SMS gateway {settings.sms_url}", settings.catches_sms),
            ("a database that is not in the data folder", settings.database_url.startswith("sqlite")),
        )
        if not embedded
    ]
    if real:
        raise NotDevelopmentError(
            f"--watch publishes every draft at once, and this is no development workspace: {', '.join(real)} is real; "
            "publish with 'care rules publish'"
        )


async def watch(settings: Settings, stop: asyncio.Event, say: Callable[[str], object]) -> None:
    """Publish the folder after each change of a rule file, until ``stop``; a broken draft is told and left alone."""
    from watchfiles import awatch

    say(f"  watching {settings.rules_dir}: every draft without an error is published at once")
    async for _ in awatch(settings.rules_dir, stop_event=stop):
        await asyncio.to_thread(_publish, settings, say)


def _publish(settings: Settings, say: Callable[[str], object]) -> None:
    try:
        publication = publish_folder(settings, "care up --watch", "a draft was saved")
    except CareError as error:
        say(f"not published: {error}")
    else:
        say(f"published: revision {publication.revision} holds the rules folder as it is now")
