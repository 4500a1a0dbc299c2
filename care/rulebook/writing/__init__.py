"""Help for whoever writes rules: a first journey, even layout, schemas for editors, reports for other tools."""
