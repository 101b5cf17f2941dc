"""One folder for each API that others defined; the same file names in each, and none imports another."""
