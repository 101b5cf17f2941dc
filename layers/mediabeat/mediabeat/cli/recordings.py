"""Recordings of any protocol, sent to an API."""

from pathlib import Path

from mediabeat.cli import edge_replay
from mediabeat.cli.cmcd_recording import CmcdRecording, replay_lines
from mediabeat.cli.replay import ReplayedSession, ReplayOptions


def replay_file(path: Path, url: str, options: ReplayOptions) -> list[ReplayedSession]:
    """Send the recording in a file to an API, and return a result for each of its sessions.

    Raises CommandFailed when the file is not a recording, and httpx.TransportError when the API does not answer.
    """
    recording = CmcdRecording.read(path)
    return edge_replay.replay_file(path, url, options) if recording is None else replay_lines(recording, url, options)
