"""How good a session was for its viewer: its outcome, its experience score, and the bins of start times."""
