"""Twilio's error codes and what each means for the message.

The meanings are those of Twilio's error dictionary (https://www.twilio.com/docs/api/errors). What follows from each is
our own choice: the number is at fault, the customer opted out, the shop's set-up is at fault, the network is busy, or
nobody knows.
"""

from activities.channels.base import SETUP, Delivery

OPTED_OUT = 21610

_BAD_NUMBER = {
    21211: "the phone number is not valid",
    21612: "this phone number cannot be reached by SMS",
    21614: "the phone number is not a mobile number",
    30004: "the phone refuses messages from this sender",
    30005: "the phone number is unknown or no longer in service",
    30006: "the number is a landline or its network cannot be reached",
}
_SETUP = {
    20003: "the account or its password is wrong",
    20404: "the account does not exist at this address",
    21212: "the sender's number is not valid",
    21408: "the account may not send to this country",
    21606: "the sender's number cannot send messages",
    21608: "a trial account may only send to verified numbers",
    21617: "the message is longer than 1,600 characters",
    21703: "the messaging service has no sender",
    21705: "the messaging service is not valid",
    30002: "the account is suspended",
    30007: "the carrier filtered the message",
    30010: "the message would cost more than the account allows",
    30018: "the destination carrier needs the sender to be registered",
    30032: "the toll-free sender is not verified",
    30034: "the sender's number is not registered",
    30035: "the sender's registration is blocked",
}
_BUSY = {
    14107: "the sending rate was exceeded",
    20429: "too many requests",
    21611: "the sender's queue is full",
    30001: "the provider's queue is full",
    30003: "the phone is switched off or out of reach",
    30008: "the carrier gave no reason",
    30017: "the carrier's network is congested",
    30022: "the carrier's rate was exceeded",
    30023: "the carrier's daily limit was reached",
}
_NOBODY_KNOWS = {
    20500: "the provider failed inside",
    20503: "the provider was unavailable",
    30410: "the provider's own provider did not answer in time",
}


def meaning(code: int) -> Delivery | None:
    """What became of a message the provider answered with this code; ``None`` when the code is not in the table."""
    if code == OPTED_OUT:
        words = f"the customer told the provider to stop (code {code})"
        return Delivery("failed", "opted_out", words, suppress="withdrew")
    if code in _BAD_NUMBER:
        return Delivery("failed", "bad_address", f"{_BAD_NUMBER[code]} (code {code})")
    if code in _SETUP:
        return Delivery("retry", SETUP, f"the SMS provider refuses the shop's own set-up: {_SETUP[code]} (code {code})")
    if code in _BUSY:
        return Delivery("retry", "try_later", f"the SMS provider asks to try later: {_BUSY[code]} (code {code})")
    if code in _NOBODY_KNOWS:
        words = f"{_NOBODY_KNOWS[code]} (code {code}), so the message may or may not have been sent"
        return Delivery("unknown", "unanswered", words)
    return None
