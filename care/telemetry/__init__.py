"""What is seen from outside: metrics, logs and traces. A leaf that every layer may use; it knows no customer."""
