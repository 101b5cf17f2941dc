"""The deployed template on an AWS emulator on this machine."""
