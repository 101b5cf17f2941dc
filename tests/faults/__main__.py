"""Long runs: `python -m tests.faults --schedules 5000 --seed 0`; `--schedules 1 --seed N --show` prints one history."""

# ruff: noqa: T201 - a command prints
import argparse
import sys

import tests.conftest  # noqa: F401 - sets the environment before any client exists
from tests.faults.deployment import Deployment
from tests.faults.requests import ClientKind
from tests.faults.running import Report, as_text, run, run_side_by_side
from tests.support.engine import NoEngine, running


def main() -> int:
    """Run what is asked for; 1 when something did not hold, 2 when there is no engine."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first one; each schedule has the next")
    parser.add_argument("--jobs", type=int, default=4, help="processes, each with an engine of its own")
    parser.add_argument(
        "--client",
        type=ClientKind,
        choices=list(ClientKind),
        default=ClientKind.LEAN,
        help="of the functions that have the small one",
    )
    parser.add_argument("--show", action="store_true", help="tell all histories, not only the first that is wrong")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.schedules)
    report = Report()
    try:
        if asked.show:
            _show(seeds, asked.client)
        for part in run_side_by_side(seeds, jobs=asked.jobs, kind=asked.client):
            report.add(part)
            print(f"{report.schedules} schedules, {len(report.violations)} with violations", end="\r", file=sys.stderr)
    except NoEngine as error:
        print(error, file=sys.stderr)
        return 2
    print(as_text(report))
    for violation in [] if asked.show else report.violations[:1]:
        print(f"\nseed {violation.seed}:", *violation.history, sep="\n")
    return 1 if report.violations else 0


def _show(seeds: range, kind: ClientKind) -> None:
    with running() as endpoint:
        deployment = Deployment(endpoint, kind)
        for seed in seeds:
            print(f"seed {seed}:", *run(seed, deployment).lines, sep="\n")


if __name__ == "__main__":
    sys.exit(main())
