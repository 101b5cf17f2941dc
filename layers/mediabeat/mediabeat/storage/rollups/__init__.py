"""How roll-ups are kept: what the table's stream says, the counters of projects, and how many are watching now."""
