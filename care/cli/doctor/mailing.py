"""E-mail: what the settings come to, whether the relay lets us in, and whether the DNS knows our signing keys."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import dns.asyncresolver
import dns.exception
import dns.resolver
from aiosmtplib import SMTPException

from activities.channels.dkim import DkimKey, keys_of
from activities.channels.dkim_keys import record_name, record_text
from activities.channels.letterhead import letterhead_of
from activities.channels.smtp_conversation import Conversation, SmtpServer
from activities.channels.smtp_replies import judged
from care.cli.doctor.findings import Area, Finding
from care.cli.mail import mail_findings
from care.domain.errors import CareError
from care.settings import Settings

_MAIL = Area("e-mail")
_SECONDS = 10.0
_CHECK = "care mail check shows all of it"

Resolver = dns.asyncresolver.Resolver


async def look(settings: Settings, resolver: Resolver | None = None) -> AsyncIterator[Finding]:
    """Check the settings, log in at the relay without sending, and ask the DNS.

    Args:
        resolver: Asks the DNS; that of the system unless given.
    """
    if "smtp" not in settings.channels["email"]:
        yield _MAIL.ok("relay", "none: e-mails are kept in the store and leave this machine by no relay of ours")
        return
    wrong = [each for each in mail_findings(settings) if not each.fine or each.risky]
    for each in wrong:
        told = _MAIL.warning if each.fine else _MAIL.broken
        yield told(each.what, each.found, _CHECK)
    if not any(not each.fine for each in wrong):
        yield await _login(settings)
        for finding in _caught(settings):
            yield finding
        for key in _keys(settings):
            yield await _published(key, resolver)


async def _login(settings: Settings) -> Finding:
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password,
        settings.smtp_tls,
        timeout=_SECONDS,
    )
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    conversation = Conversation(server, letterhead_of(_with_secret(settings)).sender.domain)
    try:
        async with asyncio.timeout(_SECONDS):
            await conversation.begin()
    except (SMTPException, OSError) as trouble:
        why = judged(conversation.phase, trouble).reason
        mend = "mend CARE_SMTP_HOST, _PORT, _TLS, _USERNAME or _PASSWORD"
        words = f"start 'care up', whose mail catcher this is, or {mend}" if settings.catches_mail else mend
        return _MAIL.broken("relay", f"{where}: {why}", words)
    finally:
        await conversation.say_goodbye()
    return _MAIL.ok("relay", f"{where} lets us in" + (" with our name" if settings.smtp_username else ""))


def _caught(settings: Settings) -> Iterator[Finding]:
    if settings.catches_mail and settings.is_exposed:
        words = "set CARE_SMTP_HOST to your relay when customers are to get e-mails"
        yield _MAIL.warning("mail catcher", "e-mails stay on this machine", words)
    if settings.mail_bounces_to and not settings.bounce_mailbox and not settings.catches_mail:
        words = "set CARE_BOUNCE_MAILBOX, or have the mail server post them to /v1/mail/reports"
        yield _MAIL.warning("bounces", "they go to CARE_MAIL_BOUNCES_TO, and nobody reads them there", words)


def _keys(settings: Settings) -> tuple[DkimKey, ...]:
    try:
        return keys_of(settings, letterhead_of(_with_secret(settings)).sender.domain)
    except CareError:
        return ()


async def _published(key: DkimKey, resolver: Resolver | None) -> Finding:
    name, what = record_name(key), f"DKIM {key.selector}"
    words = f"publish the TXT record {name} that 'care mail dkim-keys' printed for this key, and wait until it is seen"
    try:
        asks = resolver or Resolver()
        answer = await asks.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return _MAIL.broken(what, f"the DNS has no record {name}", words)
    except dns.exception.DNSException as trouble:
        return _MAIL.warning(what, f"the DNS did not answer ({type(trouble).__name__})", "try again where the DNS is")
    texts = [b"".join(record.strings).decode(errors="replace") for record in answer]
    if any(_key_in(text) == _key_in(record_text(key)) for text in texts):
        return _MAIL.ok(what, f"{name} has our key")
    return _MAIL.broken(what, f"{name} has another key than ours, so no signature is good", words)


def _key_in(text: str) -> str:
    tags = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    return tags.get("p", "").replace(" ", "")


def _with_secret(settings: Settings) -> Settings:
    """Looking at the settings makes no secret."""
    return settings if settings.secret else settings.model_copy(update={"secret": "made at the first start"})
