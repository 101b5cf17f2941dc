"""Everything that a function needs of Lambda and API Gateway: requests, replies, settings, clock, logs and telemetry."""
