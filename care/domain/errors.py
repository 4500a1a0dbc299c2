"""The one family of errors Aftercare raises."""


class CareError(Exception):
    """Something a person can mend; the message says what, which and what to do next."""
