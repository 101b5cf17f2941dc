"""Lines of CMCD players: the form in which they are kept, and the events that a fold makes of them."""
