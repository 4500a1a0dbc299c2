"""Back-tests: past purchases lived again under other rules. Pure: data in, counts and differences out."""
