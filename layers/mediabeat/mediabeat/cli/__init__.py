"""The operator's command `mediabeat`: a local cloud, recorded viewings, and a look at what they became."""
