"""`mediabeat viewer erase`: the ids that it refuses, and its report."""

import pytest
from click.testing import CliRunner

from mediabeat.cli.main import main
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.viewers import erase, report
from mediabeat.use_cases.erase_viewer import Erased


def no_client(service: str) -> None:
    raise AssertionError(f"called {service}")


@pytest.mark.parametrize("name", ["N/A", "null", "0", "00000000-0000-0000-0000-000000000000"])
def test_erase_refuses_a_placeholder(name: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        erase("demo", name, Target("table", "secrets/", "arn:key", 1, no_client, None))
    assert failed.value.message.startswith(f"{name!r} is a placeholder that players of many viewers send.")


def test_report_counts_what_was_removed_and_names_what_was_not() -> None:
    lines = report(Erased(("uuid-a",), (), sessions=2, items=9, entries=2, left=0)).splitlines()
    assert lines[:3] == [
        "Known as       uuid-a",
        "Removed        2 sessions: 9 items and 2 index entries",
        "Left           nothing; the table was read again afterwards",
    ]
    assert lines[3].startswith("Not erased     the table's recovery points (35 days)")


def test_report_asks_for_another_run_when_something_is_left() -> None:
    assert "Left           3 items: run this command again" in report(Erased(("a",), (), 1, 4, 0, left=3))


def test_report_says_when_the_viewer_has_no_session() -> None:
    assert report(Erased((), (), 0, 0, 0, 0)).startswith("Known as       nobody: this viewer has no session")


def test_report_names_the_viewer_s_other_ids() -> None:
    assert "Also known as  b and c; erase these too" in report(Erased(("a",), ("b", "c"), 1, 2, 1, 0))


def test_erase_explains_how_to_write_an_id_with_a_dash() -> None:
    refused = CliRunner().invoke(main, ["viewer", "erase", "demo", "-1"])
    assert refused.exit_code == 2
    assert refused.output.endswith(
        "No such option '-1'. Write -- before an ID that begins with a dash: main viewer erase PROJECT -- -1\n"
    )
    mistyped = CliRunner().invoke(main, ["viewer", "erase", "demo", "jane", "--stak", "x"])
    assert (mistyped.exit_code, "No such option '--stak'" in mistyped.output) == (2, True)
