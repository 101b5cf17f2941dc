"""The operator's commands, for the local cloud and for a stack in AWS."""
