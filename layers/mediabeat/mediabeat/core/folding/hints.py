"""Parameters that say more than the canonical events can. Only a mapping that runs when a log is folded sets them.

They are never stored, and no protocol accepts their names from a player.
"""

from typing import Final

STATE: Final = "mediabeat.state"
"""What the content does from this event on: a `PlayState`. It overrides what the fold would conclude."""

UNKNOWN: Final = "mediabeat.unknown"
"""Names of the metrics that the source of a session cannot know. Of the `sessionStart`."""

IS_ASSUMED: Final = "mediabeat.assumed"
"""True if the player reported no states, so that its playing time is an assumption. Of the `sessionStart`."""
