"""The demonstration: recorded viewings sent to the local cloud, and what became of them once they are closed."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import monotonic, sleep
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.replay import Manner, Recording, replay
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.session import Session
from mediabeat.core.summary import fold_stored
from mediabeat.storage.session_store import Store

DRAWN: Final = "003_abandoned"
_PATIENCE_S: Final = 300
_LOOK_EVERY_S: Final = 1


@dataclass(frozen=True, slots=True)
class Viewing:
    """One session that the demonstration has started: which journey it is of."""

    journey: str
    sid: str


def send_journeys(journeys: Path, cloud: Status) -> list[Viewing]:
    """Send all journeys as if they had just happened, and return the sessions.

    Raises CommandFailed when any event is refused.
    """
    manner = Manner(shift_to_now=True, project_id=cloud.project_id)
    viewings = []
    for path in sorted(journeys.glob("*.json")):
        for session in replay(Recording.read(path), str(cloud.url), manner):
            if session.sid is None or session.refusal:
                raise CommandFailed(f"{path.name} was refused: {session.refusal}")
            viewings.append(Viewing(path.stem, session.sid))
    if not viewings:
        raise CommandFailed(f"There are no journeys in {journeys}.")
    return viewings


def wait_until_closed(viewings: list[Viewing], cloud: Status, console: Console) -> None:
    """Wait for the schedule to close the sessions and to write their summaries, showing how many it has.

    Raises CommandFailed when that takes much longer than it should.
    """
    store = _store(cloud)
    waiting = {viewing.sid: viewing.journey for viewing in viewings}
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = progress.add_task("", total=len(viewings))
    began = monotonic()
    with progress:
        while waiting:
            for sid in [sid for sid in waiting if _is_closed(store, sid)]:
                journey = waiting.pop(sid)
                console.print(f"       {monotonic() - began:5.1f} s  closed: {journey}", highlight=False)
            progress.update(task, completed=len(viewings) - len(waiting), description=_what_for(waiting))
            if waiting and monotonic() - began > _PATIENCE_S:
                names = ", ".join(sorted(waiting.values()))
                raise CommandFailed(f"After {_PATIENCE_S} s these are not closed yet: {names}", Path(cloud.log))
            sleep(_LOOK_EVERY_S if waiting else 0)


def drawn_session(viewings: list[Viewing], cloud: Status) -> Session | None:
    """Return the session to draw; None when its journey is not among those sent."""
    sid = next((viewing.sid for viewing in viewings if viewing.journey == DRAWN), None)
    stored = _store(cloud).read_session(sid) if sid else None
    return fold_stored(stored) if stored else None


def next_steps(cloud: Status) -> str:
    """Return what to try after the demonstration, to be copied into a shell in the checkout."""
    command = _as_called()
    return f"""\
The API is at {cloud.url}, the project id is {cloud.project_id}, its key: {command} status
Try next:
  KEY=$({command} status | sed -n 's/^api key *//p')
  curl -H "x-api-key: $KEY" -H "x-project-id: {cloud.project_id}" "{cloud.url}/v1/sessionRecent?limit=1"
  {command} replay --shift now --speed 5 events/journeys/{DRAWN}.json
  {command} invoke ingest_event events/ingest_event.json
  {command} down"""


def _as_called() -> str:
    """Return how the caller can call this command again: it may not be on their PATH."""
    uv = os.environ.get("UV")  # set by `uv run`, which has the command on a PATH of its own
    program = Path(uv or sys.argv[0])
    if not uv and which(program.name) == str(program):
        return program.name
    shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    return f"{shown} run mediabeat" if uv else str(shown)


def _what_for(waiting: Mapping[str, str]) -> str:
    if not waiting:
        return "all are closed"
    others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return f"still open: {min(waiting.values())}{others}; the closer looks every minute"


def _is_closed(store: Store, sid: str) -> bool:
    stored = store.read_session(sid)
    return stored is not None and stored.summary is not None


def _store(cloud: Status) -> Store:
    return Store(str(cloud.table), clients.client("dynamodb", str(cloud.endpoint)))
