"""What the README claims about speed, size and memory, measured."""
