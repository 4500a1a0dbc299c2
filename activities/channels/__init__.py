"""The ways a message leaves: e-mail, SMS, or the outbox of a shop that has no provider."""
