"""Journeys as pictures: SVG and PNG files, Mermaid text, and the same as plain data."""
