"""What can be seen of rules without a customer in them: loops, gaps, crowds of messages, hopes that fail."""
