"""The demonstration: recorded journeys sent to the local cloud, and their sessions once they are closed."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import monotonic, sleep
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.recordings import replay_file
from mediabeat.cli.replay import ReplayOptions
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.tables import sessions_table
from mediabeat.cli.terminal.timeline import Timeline
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.session import Session
from mediabeat.storage.session_store import Store

DRAWN_JOURNEY: Final = "003_abandoned"
_TIMEOUT_S: Final = 300
_POLL_S: Final = 1


@dataclass(frozen=True, slots=True)
class SentJourney:
    """A journey that the demonstration has sent, and the session that it became."""

    name: str
    sid: str


def send_journeys(journeys: Path, cloud: Status) -> list[SentJourney]:
    """Send all journeys as if they had just happened, and return their sessions.

    Raises CommandFailed when the API refuses an event.
    """
    options = ReplayOptions(shift_to_now=True, project_id=cloud.project_id)
    sent = []
    for path in [*sorted(journeys.glob("*.json")), *sorted(journeys.glob("cmcd/*.json"))]:
        for session in replay_file(path, str(cloud.url), options):
            if session.sid is None or session.refusal:
                raise CommandFailed(f"The API refused {path.name}: {session.refusal}")
            sent.append(SentJourney(path.stem, session.sid))
    if not sent:
        raise CommandFailed(f"There are no journeys in {journeys}.")
    return sent


def wait_until_closed(sent: Sequence[SentJourney], store: Store, log: Path, console: Console) -> None:
    """Wait until the closer has closed the sessions and written their summaries, and show its progress.

    Raises CommandFailed, which names the log, after five minutes.
    """
    waiting = {journey.sid: journey.name for journey in sent}
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = progress.add_task("", total=len(sent))
    began = monotonic()
    with progress:
        while waiting:
            for sid in [sid for sid in waiting if _is_closed(store, sid)]:
                name = waiting.pop(sid)
                console.print(f"       {monotonic() - began:5.1f} s  closed: {name}", highlight=False)
            progress.update(task, completed=len(sent) - len(waiting), description=_progress(waiting))
            if waiting and monotonic() - began > _TIMEOUT_S:
                names = ", ".join(sorted(waiting.values()))
                raise CommandFailed(f"After {_TIMEOUT_S} s these sessions are still open: {names}", log)
            sleep(_POLL_S if waiting else 0)


def drawn_session(sent: Sequence[SentJourney], store: Store) -> Session | None:
    """Return the session to draw; None when its journey was not sent."""
    sid = next((journey.sid for journey in sent if journey.name == DRAWN_JOURNEY), None)
    stored = store.read_session(sid) if sid else None
    return fold_stored(stored) if stored else None


def results(sessions: Sequence[dict[str, Any]], drawn: Session | None, charts: RenderableType) -> Group:
    """Return what the demonstration shows in the end: the API's newest sessions, one session's timeline, and two charts."""
    heading = Text.from_markup("[bold]The newest sessions[/], as the API returns them (`mediabeat sessions`):\n")
    shown: list[RenderableType] = [heading, sessions_table(sessions)]
    if drawn is not None:
        heading = Text.from_markup(f"\n[bold]One of these sessions[/], drawn from its events ({DRAWN_JOURNEY}):\n")
        shown += [heading, Timeline(drawn)]
    heading = Text.from_markup("\n[bold]All sessions[/], as the API adds them up (`mediabeat charts`):\n")
    return Group(*shown, heading, charts)


def next_steps(cloud: Status) -> str:
    """Return commands to try after the demonstration, to be copied into a shell in the checkout."""
    command = _as_called()
    return f"""\
The console is at {cloud.console}; `{command} console` opens it, and prints the project and the key for it.
The API is at {cloud.url}, the project id is {cloud.project_id}, and `{command} status --key` prints the API key.
Try next:
  KEY=$({command} status --key)
  curl -H "x-api-key: $KEY" -H "x-project-id: {cloud.project_id}" "{cloud.url}/v1/sessionRecent?limit=1"
  {command} replay --shift now --speed 5 events/journeys/{DRAWN_JOURNEY}.json
  {command} invoke ingest_event events/ingest_event.json
  {command} down"""


def _as_called() -> str:
    """Return how the user can call this command again; it may not be on their PATH."""
    uv = os.environ.get("UV")  # `uv run` sets it, and has the command on a PATH of its own
    program = Path(uv or sys.argv[0])
    if not uv and which(program.name) == str(program):
        return program.name
    shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    return f"{shown} run mediabeat" if uv else str(shown)


def _progress(waiting: Mapping[str, str]) -> str:
    if not waiting:
        return "all are closed"
    others = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return f"still open: {min(waiting.values())}{others}; the closer runs once a minute"


def _is_closed(store: Store, sid: str) -> bool:
    stored = store.read_session(sid)
    return stored is not None and stored.summary is not None


@contextmanager
def store_of(cloud: Status) -> Iterator[Store]:
    """Yield the sessions of the local cloud."""
    with closing(clients.client("dynamodb", str(cloud.endpoint))) as client:
        yield Store(str(cloud.table), client)
