"""Units of time, in the units that the rest of the package counts in: milliseconds and seconds."""

from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
SECONDS_PER_DAY: Final = 86_400
