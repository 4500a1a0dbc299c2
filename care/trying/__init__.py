"""Trying rules out without a server: coverage, made-up customers by the thousand, and promises."""
