"""Clients of AWS: `boto` makes botocore's; `lean` is one of DynamoDB for the hot path, with the same interface."""
