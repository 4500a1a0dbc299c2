"""What comes back by e-mail: bounces, complaints, unsubscribing by mail, automatic answers."""
