"""The HTTP side: events in, customer pages, and the console for support leads."""
