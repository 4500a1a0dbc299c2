"""Sending one message to oneself: over the real channel, marked as a test, counted by nothing."""

import asyncio
from dataclasses import dataclass
from typing import Any

from activities.channels.base import Delivery, Message
from activities.channels.registry import open_channels
from care import clock
from care.cli.rule_files import loaded
from care.cli.screen import print_json, screen
from care.cli.template_checking import known_template, sound
from care.cli.template_people import language, reader_of
from care.domain.errors import CareError
from care.domain.rulebook import Rulebook
from care.links import TrialLinks
from care.rendering import Rendered, Renderer
from care.settings import Settings, with_secrets
from care.templating.samples import Samples
from care.templating.sheets import Asked, picked
from care.templating.uses import Use

_OUTBOX = "outbox"
_NAMES = {"email": "e-mail", "sms": "SMS", "zalo": "Zalo messages"}


class TestError(CareError):
    """A test message cannot be sent; the message says why and what to do."""

    __test__ = False


@dataclass(frozen=True)
class Wish:
    """What to send where; whatever is empty is chosen."""

    template: str
    to: str
    customer: str = ""
    locale: str = ""
    channel: str = ""
    step: str = ""


@dataclass(frozen=True)
class Sent:
    """What became of a test message.

    Attributes:
        whom: For whom it was written.
    """

    use: Use
    locale: str
    whom: str
    to: str
    subject: str
    text: str
    delivery: Delivery

    @property
    def outcome(self) -> str:
        """``sent``, ``failed``, ``retry`` or ``unknown``."""
        return self.delivery.outcome


def send(settings: Settings, wish: Wish) -> Sent:
    """Write the message and hand it to the channel the settings name. Nothing is claimed, counted or recorded.

    Raises:
        BrokenRulesError: There is no such template, or the rule files cannot be read.
        NobodyError: ``--as`` names nobody.
        TestError: The template has no such channel, or the channel sends nothing.
        RenderError: The message cannot be written for this customer.
    """
    settings = with_secrets(settings)
    rulebook = sound(loaded(settings.rules_dir, settings.templates_dir), settings, ("J014", "J054"))
    known_template(rulebook, wish.template)
    use = _use(rulebook, wish)
    _refuse_outbox(settings, use.channel)
    reader = reader_of(settings, rulebook, wish.customer)
    locale = language(reader, wish.locale, rulebook.catalogue)
    renderer = Renderer(settings.templates_dir, settings.public_url)
    now = clock.now()
    links = TrialLinks(settings.secret, settings.public_url)
    samples = Samples(rulebook, renderer, links, now)
    made = marked(samples.written(use, locale, reader.made), use.channel, locale)
    message = Message(
        f"test/{use.template}/{now:%Y%m%dT%H%M%S%f}:{use.channel}",
        wish.to,
        now,
        made.text,
        made.subject,
        made.html,
        samples.way_out(use, reader.made)[0],
        purpose=use.purpose,
        template=use.template,
        journey=use.journey,
    )
    delivery = asyncio.run(_deliver(settings, use.channel, message))
    return Sent(use, locale, reader.words, wish.to, made.subject, made.text, delivery)


def marked(rendered: Rendered, channel: str, locale: str) -> Rendered:
    """A message with the word that says it is a test: before its subject, or before its text where it has none.

    What goes by Zalo stays as it is: its words stand in a template that Zalo keeps.
    """
    mark = "[THỬ]" if locale.partition("-")[0] == "vi" else "[TEST]"
    if channel == "email":
        return rendered._replace(subject=f"{mark} {rendered.subject}")
    if channel == "sms":
        # A route without Vietnamese marks takes none of this either.
        mark = mark if not rendered.text.isascii() else mark.replace("Ử", "U")
        return rendered._replace(text=f"{mark} {rendered.text}")
    return rendered


def tell(sent: Sent, *, as_json: bool) -> None:
    """Say what became of it."""
    delivery = sent.delivery
    if as_json:
        print_json(_plain(sent))
        return
    out = screen()
    what = f"{sent.use.template}, {sent.use.channel}, {sent.locale}, written for {sent.whom}"
    match delivery.outcome:
        case "sent":
            by = f" by {delivery.provider}" if delivery.provider else ""
            out.print(f"Sent to {sent.to}{by}: {what}", style="green", soft_wrap=True)
            out.print("No cap, claim or audit counts it; its links only say that it was a test.", soft_wrap=True)
        case "unknown":
            out.print(f"It may have been sent to {sent.to}: {delivery.reason}", style="yellow", soft_wrap=True)
        case _:
            words = delivery.reason or delivery.code
            out.print(f"Not sent to {sent.to}: {words}", style="red", soft_wrap=True)
    if delivery.detail and delivery.outcome != "sent":
        out.print(f"The provider said: {delivery.detail}", soft_wrap=True)


def _use(rulebook: Rulebook, wish: Wish) -> Use:
    channel = wish.channel or ("email" if "@" in wish.to else "sms")
    found = picked(rulebook, Asked(wish.template, channel=channel, step=wish.step))
    if not found:
        has = ", ".join(rulebook.catalogue.templates[wish.template].channels)
        at = f" at step {wish.step!r}" if wish.step else ""
        raise TestError(
            f"{wish.template} has no {channel} message{at} (it has: {has}); give another --channel or --step"
        )
    # A template that an offer or a survey sends needs what only they give.
    return max(found, key=lambda use: (bool(use.offer or use.survey), bool(use.step)))


def _refuse_outbox(settings: Settings, channel: str) -> None:
    providers = settings.channels.get(channel, ())
    name = _NAMES.get(channel, channel)
    if not providers:
        raise TestError(f"the shop sends no {name}; set CARE_{channel.upper()}_CHANNEL to a provider")
    if set(providers) == {_OUTBOX}:
        raise TestError(
            f"{name} stay in the store (CARE_{channel.upper()}_CHANNEL is outbox), so nothing would arrive; "
            "set it to a provider"
        )


async def _deliver(settings: Settings, channel: str, message: Message) -> Delivery:
    channels = open_channels(settings)
    try:
        return await channels[channel].deliver(message, _at_once)
    finally:
        for each in channels.values():
            await each.close()


async def _at_once() -> None:
    """A trial is claimed nowhere: nothing stands against it."""


def _plain(sent: Sent) -> dict[str, Any]:
    delivery = sent.delivery
    return {
        "template": sent.use.template,
        "channel": sent.use.channel,
        "locale": sent.locale,
        "written_for": sent.whom,
        "to": sent.to,
        "subject": sent.subject,
        "text": sent.text,
        "outcome": delivery.outcome,
        "code": delivery.code,
        "reason": delivery.reason,
        "provider": delivery.provider,
        "provider_id": delivery.provider_id,
        "detail": delivery.detail,
    }
