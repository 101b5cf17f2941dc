"""Adobe Media Edge API: the events of Adobe's Edge clients, as XDM."""
