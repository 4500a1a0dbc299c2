"""Kills a sender at every phase of every channel and counts at the peer: nothing lost, nothing doubled."""
