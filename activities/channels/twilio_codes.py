"""Twilio's error codes and what each means for the message.

The words are those of Twilio's error dictionary (https://www.twilio.com/docs/api/errors has a page for each; all names
are also at https://github.com/men232/twilio-error-codes). What follows from each is our own choice.
"""

from activities.channels.base import Delivery
from activities.channels.meanings import Codes, judged

PROVIDER = "Twilio"

CODES: Codes = {
    # The customer's own word at the provider (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
    "21610": ("withdrew", "the customer told the provider to stop"),
    # No telephone will ever get an SMS under this number.
    "21211": ("gone", "the phone number is not valid"),
    "21614": ("gone", "the phone number is not a mobile number"),
    "30005": ("gone", "the phone number is unknown or no longer in service"),
    # This message will not arrive; another one, by another sender or another day, may.
    "21612": ("number", "this phone number cannot be reached by SMS from this sender"),
    "30004": ("number", "the phone refuses messages from this sender"),
    "30006": ("number", "the number is a landline or its network cannot be reached"),
    "20003": ("setup", "the account or its password is wrong"),
    "20404": ("setup", "the account does not exist at this address"),
    "21212": ("setup", "the sender's number is not valid"),
    "21408": ("setup", "the account may not send to this country"),
    "21606": ("setup", "the sender's number cannot send messages"),
    "21608": ("setup", "a trial account may only send to verified numbers"),
    "21617": ("setup", "the message is longer than 1,600 characters"),
    "21703": ("setup", "the messaging service has no sender"),
    "21705": ("setup", "the messaging service is not valid"),
    "30002": ("setup", "the account is suspended"),
    "30007": ("setup", "the carrier filtered the message"),
    "30010": ("setup", "the message would cost more than the account allows"),
    "30018": ("setup", "the destination carrier needs the sender to be registered"),
    "30032": ("setup", "the toll-free sender is not verified"),
    "30034": ("setup", "the sender's number is not registered"),
    "30035": ("setup", "the sender's registration is blocked"),
    "14107": ("later", "the sending rate was exceeded"),
    "20429": ("later", "too many requests"),
    "21611": ("later", "the sender's queue is full"),
    "30001": ("later", "the provider's queue is full"),
    "30003": ("later", "the phone is switched off or out of reach"),
    "30008": ("later", "the carrier gave no reason"),
    "30017": ("later", "the carrier's network is congested"),
    "30022": ("later", "the carrier's rate was exceeded"),
    "30023": ("later", "the carrier's daily limit was reached"),
    "30036": ("later", "the message waited too long in the provider's queue"),
    # Twilio itself asks not to send again blindly (https://www.twilio.com/docs/errors/20500).
    "20500": ("unknown", "the provider failed inside"),
    "20503": ("unknown", "the provider was unavailable"),
    "30410": ("unknown", "the provider's own provider did not answer in time"),
}


def meaning(code: object) -> Delivery | None:
    """What became of a message that was answered with this code; ``None`` when the code is not in the table."""
    return judged(PROVIDER, CODES, str(code)) if str(code) in CODES else None


def loss(code: object) -> Delivery:
    """Why a message that the provider had taken was lost on its way: whatever the code, it has left and is over.

    Args:
        code: As the provider gives it; ``None`` or empty when it gives none.
    """
    known = meaning(code)
    if known is not None and known.outcome == "failed":
        return known
    words = CODES[str(code)][1] if known is not None else "the provider says no more"
    more = f" ({PROVIDER} code {code})" if code else ""
    return Delivery("failed", "undelivered", f"the message was taken and then not delivered: {words}{more}")
