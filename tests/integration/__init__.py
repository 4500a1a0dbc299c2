"""Against real databases, servers and files."""
