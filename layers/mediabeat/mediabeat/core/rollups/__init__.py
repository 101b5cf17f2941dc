"""Roll-ups: what a session adds to the counters of hours, days and contents, from which the charts are made. Pure."""
