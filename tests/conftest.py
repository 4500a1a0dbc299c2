"""What every test may use."""

pytest_plugins = ["tests.temporal_server"]
