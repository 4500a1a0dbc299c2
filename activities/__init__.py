"""What touches the world: deciding, sending, handing over."""
