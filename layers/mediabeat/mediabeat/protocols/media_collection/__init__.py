"""Adobe Media Collection API: the events of players, one by one, as arrays and as whole downloaded sessions."""
