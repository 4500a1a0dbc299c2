"""The tables. ``migrations`` brings a database to this shape; a test holds the two equal.

There are no foreign keys: every row names its customer by an opaque key that is never used again, and suppressions
and the audit outlive the profile they once belonged to.
"""

from care.store.schema.access import api_keys
from care.store.schema.base import metadata
from care.store.schema.journeys import (
    batches,
    controls,
    decisions,
    enrolments,
    entries,
    holds,
    inbox,
    plans,
    publications,
    purchases,
)
from care.store.schema.messages import answers, claims, offers, receipts, tickets
from care.store.schema.people import consents, customers, erasures, forgotten, identities, keys, suppressions

__all__ = [
    "answers",
    "api_keys",
    "batches",
    "claims",
    "consents",
    "controls",
    "customers",
    "decisions",
    "enrolments",
    "entries",
    "erasures",
    "forgotten",
    "holds",
    "identities",
    "inbox",
    "keys",
    "metadata",
    "offers",
    "plans",
    "publications",
    "purchases",
    "receipts",
    "suppressions",
    "tickets",
]
