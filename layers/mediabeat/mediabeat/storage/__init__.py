"""How it is kept, in one DynamoDB table and in Secrets Manager."""
