"""A shop's orders, ready to be posted: what ``care demo`` runs on."""
