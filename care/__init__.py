"""Aftercare: from one purchase to the next, by rules a marketer can read."""
