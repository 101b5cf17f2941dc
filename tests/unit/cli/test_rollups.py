"""Which days can be checked, and what is reported of them."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mediabeat.cli import rollups
from mediabeat.cli.commands import rollups as commands
from mediabeat.cli.main import main
from mediabeat.cli.target import Target, _target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.rollups.counters import Period, Place
from mediabeat.core.rollups.day import DaySums, Difference
from mediabeat.storage.rollups.rollup_repairs import StoredDay
from mediabeat.use_cases.check_roll_ups import DayCheck
from tests.support.local_status import UP

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = round(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1_000) // DAY_MS
STACK = Target("table", "secrets/", "arn:key", 2, lambda name: None, None, 90, 400)
RIGHT = DayCheck("demo", DAY, 1_204, (), (), False, (), (), DaySums("demo", DAY), StoredDay({}, {}, {}))


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "server_clock", lambda: round(NOW.timestamp() * 1_000))


def day_of(days_ago: int) -> datetime:
    return datetime(2026, 11, 26) - timedelta(days=days_ago)  # noqa: DTZ001 - as the option gives it


def test_day_that_ended_48_hours_ago_is_chosen() -> None:
    assert rollups.chosen_day(day_of(3), today=False, deployment=STACK) == DAY
    assert rollups.chosen_day(day_of(88), today=False, deployment=STACK) == DAY - 85


@pytest.mark.parametrize("days_ago", [-1, 0, 1, 2])
def test_day_whose_sessions_may_still_change_is_refused(days_ago: int) -> None:
    with pytest.raises(CommandFailed, match="may still change"):
        rollups.chosen_day(day_of(days_ago), today=False, deployment=STACK)


@pytest.mark.parametrize("days_ago", [90, 91, 400])
def test_day_whose_sessions_have_expired_is_refused(days_ago: int) -> None:
    with pytest.raises(CommandFailed, match="have expired: they are kept for 90 days"):
        rollups.chosen_day(day_of(days_ago), today=False, deployment=STACK)


def test_today_is_for_the_local_cloud() -> None:
    assert rollups.chosen_day(None, today=True, deployment=replace(STACK, cloud=UP)) == DAY + 3
    with pytest.raises(click.UsageError, match="--today is for the local cloud"):
        rollups.chosen_day(None, today=True, deployment=STACK)


@pytest.mark.parametrize("arguments", [{"day": None, "today": False}, {"day": day_of(3), "today": True}])
def test_one_day_has_to_be_named(arguments: Any) -> None:
    with pytest.raises(click.UsageError, match="Name the day with --day"):
        rollups.chosen_day(**arguments, deployment=replace(STACK, cloud=UP))


def test_stack_of_an_earlier_release_is_reported_with_the_way_to_update_it() -> None:
    outputs = {"TableName": "t", "AccessKeySecrets": "a", "ViewerKeySecret": "v", "IndexShards": "2"}
    old = _target(outputs, lambda name: None)
    with pytest.raises(CommandFailed, match="no output RollupRetentionDays; update it with: sam build && sam deploy"):
        _ = old.roll_up_checks
    assert _target(outputs | {"RetentionDays": "30", "RollupRetentionDays": "100"}, old.client).retention_days == 30


class Checks:
    """Checks whose result is known."""

    def __init__(self, found: DayCheck) -> None:
        self._found = found

    def check(self, project_id: str, day: int, *, now: int) -> DayCheck:
        return self._found._replace(project_id=project_id)


@pytest.mark.parametrize(
    ("found", "lines", "exit_code"),
    [
        (RIGHT, ["demo on 2026-11-23: 1204 sessions, and the counters are right"], 0),
        (
            RIGHT._replace(
                differences=(Difference(Place("demo", 0, Period.HOUR, 24 * DAY + 7), "a30", 4, 5),),
                unreadable=(("5" * 64, ValueError("damaged")),),
            ),
            [
                "demo on 2026-11-23: 1204 sessions",
                "  Sessions that cannot be read, so nothing is corrected: 1",
                f"    {'5' * 64}: ValueError: damaged",
                "  Counters that differ: 1",
                "    h#2026112307                         a30   stored 4, by the sessions 5",
            ],
            1,
        ),
        (
            RIGHT._replace(differences=tuple(Difference(Place("demo", 0, Period.DAY, DAY), "a0", 0, n) for n in range(1, 30))),
            ["    and 9 more"],
            1,
        ),
        (RIGHT._replace(has_expired=True), ["  Sessions have expired. The counters still have them"], 1),
    ],
    ids=["right", "wrong", "much", "expired"],
)
def test_check_prints_what_differs_and_ends_with_1_if_something_does(
    found: DayCheck, lines: list[str], exit_code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "roll_up_checks", Checks(found))
    monkeypatch.setattr("mediabeat.cli.target.lifecycle.require", lambda folder: UP)
    monkeypatch.setattr("mediabeat.cli.target.of_local_cloud", lambda cloud: nullcontext(replace(STACK, cloud=UP)))
    done = CliRunner().invoke(main, ["rollups", "check", "--day", "2026-11-23", "--project", "demo"])
    assert done.exit_code == exit_code, done.output
    assert "\n".join(lines) in done.output
    assert commands.rollups.commands.keys() == {"check", "rebuild"}
