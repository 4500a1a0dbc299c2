"""The command `care`."""
