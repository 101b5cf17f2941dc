"""What a session is: events, the fold, every figure, the lifecycle. Pure: no I/O, no clock, no environment."""
