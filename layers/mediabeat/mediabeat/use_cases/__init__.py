"""The use cases, one verb per file: gather, decide, act. They know no wire format and read no clock."""
