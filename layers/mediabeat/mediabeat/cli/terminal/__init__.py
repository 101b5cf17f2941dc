"""What the command prints: tables, a timeline, steps, failures."""
