"""The rule language: files with positions in, plans and problems out."""
