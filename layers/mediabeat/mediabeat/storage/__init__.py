"""How everything is kept: in one DynamoDB table (start with `table`), and secrets in Secrets Manager."""
