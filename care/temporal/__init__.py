"""Temporal from the outside: reaching it, running it, and its virtual clock."""
