"""What only CMCD sessions need of the table: their beginnings, and the projects that their players name in each request."""
