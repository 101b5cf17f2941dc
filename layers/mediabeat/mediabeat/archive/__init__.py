"""An exported project: its lines and its folder of files."""
