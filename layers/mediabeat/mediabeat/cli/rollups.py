"""Checking and rebuilding the charts' counters of a day, and the reports for the operator."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from time import sleep
from typing import Final, NamedTuple

import click

from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.times import epoch_ms
from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.rollups.day import Difference
from mediabeat.runtime.settings import server_clock
from mediabeat.storage.rollups.rollup_items import sort_key
from mediabeat.use_cases.check_roll_ups import SETTLED_MS, DayCheck

SHOWN: Final = 20
"""Sessions and counters that a report names: usually all have the same cause."""

STREAM_S: Final = 45
"""Lambda gathers records of the stream for 20 s, and counting takes seconds."""

LOCAL_STREAM_S: Final = 3
"""The local cloud hands over records at once."""


class Report(NamedTuple):
    """Lines about a project, and whether its counters are right."""

    lines: list[str]
    is_right: bool


def chosen_day(day: datetime | None, *, today: bool, deployment: Target) -> int:
    """Return the epoch day that --day or --today names.

    Raises UsageError for neither or both, and CommandFailed for a day that cannot be checked.
    """
    if (day is None) != today:
        raise click.UsageError("Name the day with --day, or write --today in the local cloud.")
    now = server_clock()
    if day is None:
        if deployment.cloud is None:
            raise click.UsageError("--today is for the local cloud: the sessions of today still change.")
        return now // DAY_MS
    begins_at, written = epoch_ms(day), f"{day:%Y-%m-%d}"
    if begins_at + DAY_MS + SETTLED_MS > now:
        raise CommandFailed(f"Sessions of {written} may still change. Wait until the day has been over for 48 hours.")
    kept_days = deployment.retention_days or 0
    if begins_at - DAY_MS + kept_days * DAY_MS <= now:  # sessions of the day before count, too
        raise CommandFailed(
            f"Sessions of {written} have expired: they are kept for {kept_days} days. The counters still have them, and cannot "
            "be compared."
        )
    return begins_at // DAY_MS


def check(project_id: str, day: int, deployment: Target) -> Report:
    """Compare the counters of a day with its sessions, and report what differs."""
    found = deployment.roll_up_checks.check(project_id, day, now=server_clock())
    if found.is_right and not found.has_expired:
        return Report([f"{_title(found)}: {found.sessions} sessions, and the counters are right"], is_right=True)
    return Report([f"{_title(found)}: {found.sessions} sessions", *_problems(found)], is_right=False)


def rebuild(project_id: str, day: int, deployment: Target) -> Report:
    """Make the counters of a day what its sessions add up to, and report what was corrected."""
    wait_s = STREAM_S if deployment.cloud is None else LOCAL_STREAM_S
    done = deployment.roll_up_checks.rebuild(project_id, day, now=server_clock, wait=lambda: _wait(wait_s))
    corrected = f"{done.sessions} sessions, {done.counters} counters and {done.viewers} viewers corrected"
    lines = [f"{_title(done.last)}: {done.last.sessions} sessions; {corrected}"]
    if done.stands_still:
        return Report(lines, is_right=True)
    return Report([*lines, *_problems(done.last)], is_right=False)


def _wait(seconds: int) -> None:
    click.echo(f"waiting {seconds} s until the stream has been counted", err=True)
    sleep(seconds)


def _title(found: DayCheck) -> str:
    return f"{found.project_id} on {datetime.fromtimestamp(found.day * DAY_MS // 1_000, UTC):%Y-%m-%d}"


def _problems(found: DayCheck) -> Iterator[str]:
    if found.has_expired:
        yield "  Sessions have expired. The counters still have them, so nothing can be compared or corrected."
        return
    yield from _some("Sessions that cannot be read, so nothing is corrected", [_failure(*one) for one in found.unreadable])
    yield from _some("Sessions with other figures than their events", [one.stored.sid for one in found.stale])
    yield from _some("Counters that differ", [_difference(one) for one in found.differences])
    yield from _some("Viewers who are counted elsewhere than in their sessions", [one.viewer.viewer for one in found.seats])


def _some(what: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"  {what}: {len(lines)}"
        yield from (f"    {line}" for line in islice(lines, SHOWN))
        if len(lines) > SHOWN:
            yield f"    and {len(lines) - SHOWN} more"


def _failure(sid: str, error: Exception) -> str:
    return f"{sid}: {type(error).__name__}: {error}"


def _difference(one: Difference) -> str:
    where = sort_key(one.place.period, one.place.number, one.place.content)
    return f"{where:<36} {one.name:<5} stored {one.stored}, by the sessions {one.right}"
