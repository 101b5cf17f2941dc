"""The operator's command `mediabeat`: a local cloud, recorded viewings, and a look at what they became."""

import sys

if sys.platform == "win32":
    sys.exit("The local cloud runs on Linux and macOS; on Windows use it inside WSL.")
