"""What the SMS gateway says of messages: its numbers with a fate, its errors, and how it shows a message."""

import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from care.domain.segments import segments
from care.peers.handset import Sms

VERSION = "2010-04-01"

HANGS_UP = "+15005550020"
FAILS_INSIDE = "+15005550021"
TOO_BUSY = "+15005550022"
SWITCHED_OFF = "+15005550030"
GONE = "+15005550031"
FILTERED = "+15005550032"

TO: Mapping[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
    TOO_BUSY: 20429,
}
FROM: Mapping[str, int] = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
SAID: Mapping[int, str] = {
    20001: "A parameter is not valid",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too many requests",
    20500: "Internal server error",
    21211: "The 'To' number is not a valid phone number",
    21212: "The 'From' number is not a valid phone number",
    21408: "Permission to send an SMS has not been enabled for the region of the 'To' number",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21606: "The 'From' number is not an SMS-capable number of your account",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "The 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' number is not currently reachable",
    21614: "The 'To' number is not a valid mobile number",
    21617: "The message body exceeds the 1600 character limit",
}
STATUS: Mapping[int, int] = {20003: 401, 20404: 404, 20429: 429, 20500: 500}

# Single words only, as at Twilio (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
STARTS = frozenset({"START", "YES", "UNSTOP"})
HELPS = frozenset({"HELP", "INFO"})
CONFIRMED: Mapping[str, str] = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}

_FATES: Mapping[str, int] = {SWITCHED_OFF: 30003, GONE: 30005, FILTERED: 30007}
_LOST: Mapping[int, str] = {30003: "Unreachable destination handset", 30005: "Unknown destination handset"}
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


def keyword(body: str) -> str:
    """What the gateway itself makes of a customer's words: ``STOP``, ``START``, ``HELP`` or nothing."""
    word = body.strip().upper()
    kinds = (("STOP", STOPS), ("START", STARTS), ("HELP", HELPS))
    return next((kind for kind, words in kinds if word in words), "")


def resource(sms: Sms, account: str, *, fresh: bool = False) -> dict[str, Any]:
    """A message as the API shows it; one that is ``fresh`` has not left yet."""
    when = format_datetime(sms.received_at)
    service = _SERVICE.fullmatch(sms.sender) is not None
    uri = f"/{VERSION}/Accounts/{account}/Messages/{sms.sid}"
    lost = None if fresh else _FATES.get(sms.recipient)
    return {
        "account_sid": account,
        "api_version": VERSION,
        "body": sms.body,
        "date_created": when,
        "date_sent": None if fresh else when,
        "date_updated": when,
        "direction": "outbound-api",
        "error_code": lost,
        "error_message": None if lost is None else _LOST.get(lost, "Message filtered"),
        "from": None if service else sms.sender,
        "messaging_service_sid": sms.sender if service else None,
        "num_media": "0",
        "num_segments": str(segments(sms.body).parts),
        "price": None,
        "price_unit": None,
        "sid": sms.sid,
        "status": "queued" if fresh else "undelivered" if lost is not None else "delivered",
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.recipient,
        "uri": f"{uri}.json",
    }


def status_forms(sms: Sms, account: str) -> tuple[dict[str, str], ...]:
    """What a status callback posts, one after the other: that the message left, and how it ended."""
    shown = resource(sms, account)
    common = {"AccountSid": account, "ApiVersion": VERSION, "To": sms.recipient, "From": sms.sender}
    left = {**common, **_status(sms.sid, "sent")}
    ended = {**common, **_status(sms.sid, shown["status"])}
    if shown["error_code"] is not None:
        ended["ErrorCode"] = str(shown["error_code"])
    return left, ended


def incoming_form(sid: str, account: str, sender: str, recipient: str, body: str) -> dict[str, str]:
    """What the webhook of an incoming message posts."""
    kind = keyword(body)
    return {
        "AccountSid": account,
        "ApiVersion": VERSION,
        "Body": body,
        "From": sender,
        "To": recipient,
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": str(segments(body).parts),
        **({"OptOutType": kind} if kind else {}),
    }


def _status(sid: str, status: str) -> dict[str, str]:
    return {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
