"""Durable workflows: one per customer."""
