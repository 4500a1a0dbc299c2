"""The store: everything Aftercare remembers, in one schema for SQLite and PostgreSQL."""
