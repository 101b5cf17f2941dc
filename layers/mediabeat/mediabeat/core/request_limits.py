"""What one request of a player may cost: the bytes of its body, and the write units of what it stores.

The body bounds the work of reading a request. Write units are what the table charges and throttles by, and a body does not show
them: hashing makes short values long, and compression does little for noise. So they are counted on the finished items, before
the first of them is written.
"""

from typing import Final

KB: Final = 1_024

EVENT_BYTES: Final = 16 * KB
"""Body of one event. Real players send up to 6 KB."""

START_BYTES: Final = 24 * KB
"""Body of one `sessionStart`."""

ARRAY_BYTES: Final = 64 * KB
"""Body of an array of events."""

SESSION_ARRAY_BYTES: Final = 256 * KB
"""Body of an array to the route that starts sessions. Longer ones go to the route for downloaded sessions: its rate is low."""

DOWNLOADED_BYTES: Final = 1_024 * KB
"""Body of a downloaded session."""

START_UNITS: Final = 8
"""Write units of a `sessionStart`, indexes included. An ordinary one needs 5."""

APPEND_UNITS: Final = 32
"""Write units of an event, or of an array of events. A ping needs 1."""

DOWNLOADED_UNITS: Final = 400
"""Write units of a downloaded session. All but a few go to one partition, which takes 1,000 a second (source: AWS)."""

LINES_BYTES: Final = 256 * KB
"""Body of CMCD lines. A line has 90 to 400 bytes."""

LINES_UNITS: Final = 64
"""Write units of a body of CMCD lines, over all its sessions. A line needs 1, and a first line about 10."""
