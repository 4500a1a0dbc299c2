"""The other side, on this machine: a mail server and an SMS gateway that keep everything they are given."""
