"""Backing an installation up, and restoring it; Temporal's database is not needed for that."""
