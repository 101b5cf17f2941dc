"""What every function needs of Lambda and API Gateway."""
