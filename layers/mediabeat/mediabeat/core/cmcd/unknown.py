"""The figures that the lines of a CMCD session cannot tell. They are null, because a zero would be a measurement."""

from collections.abc import Sequence
from typing import Final

from mediabeat.core.cmcd.line import Line

ALWAYS: Final = (
    # CMCD knows no chapters, and a stall shows only in a playhead.
    *("stall_events", "total_stall_duration_ms", "stall_impacted"),
    *("chapter_count", "chapter_starts", "chapter_completes", "chapter_skips"),
)
WITHOUT_PLAYHEAD: Final = ("unique_time_played_ms", "segment")
AFTER_A_SEEK: Final = ("progress_10", "progress_25", "progress_50", "progress_75", "progress_95")
"""Without a playhead, progress is counted from the beginning, so a seek leaves it unknown."""

WITHOUT_STATES: Final = (
    *("pause_events", "total_pause_duration_ms", "pause_impacted", "content_completes", "playback_rate"),
    *("buffer_events", "total_buffer_duration_ms", "buffer_impacted", "experience_score"),
)
WITHOUT_FRAMES: Final = ("dropped_frames", "dropped_frame_impacted")
WITHOUT_BITRATE: Final = ("bitrate_changes", "bitrate_change_impacted")


def unknown_figures(lines: Sequence[Line], *, has_states: bool) -> tuple[str, ...]:
    """Return the names of the metrics that these lines do not tell."""
    names = list(ALWAYS)
    if not any("pt" in line.keys for line in lines):
        names += WITHOUT_PLAYHEAD
        if not has_states or any(line.state == "k" for line in lines):
            names += AFTER_A_SEEK
    if not has_states:
        names += WITHOUT_STATES
    if not any("dfa" in line.keys for line in lines):
        names += WITHOUT_FRAMES
    if not any("br" in line.keys for line in lines):
        names += WITHOUT_BITRATE
    return tuple(names)
