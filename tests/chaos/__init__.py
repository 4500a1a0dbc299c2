"""Chaos: a shop on the real processes while these are killed, stalled, slowed, filled and cut off (`make chaos`)."""
