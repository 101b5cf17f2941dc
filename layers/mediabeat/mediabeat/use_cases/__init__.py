"""What can be done, one verb per file: gather, decide, act."""
