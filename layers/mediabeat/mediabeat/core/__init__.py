"""What a session is: pure rules without I/O, clock, environment or chance."""
