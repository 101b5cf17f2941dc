"""Take the figures of COSTS.md: `python -m tests.benchmarks [--json] [--only NAME] [--rounds N] [--write]`.

Ends with 0 also when a target is missed, for a benchmark measures; with 1 when a figure could not be taken.
"""

# ruff: noqa: T201 - a command prints
import argparse
import os
import sys
import time
from importlib.metadata import version

import tests.conftest  # noqa: F401 - sets the environment before any client exists
from tests.benchmarks import documents
from tests.benchmarks.catalogue import BENCHMARKS, taking
from tests.benchmarks.figures import COMPARED, FIGURES, OF_BOTO3, NotTaken
from tests.benchmarks.report import Results, as_json, as_text, result


def main() -> int:
    """Take what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, by name")
    parser.add_argument("--only", choices=list(FIGURES), metavar="NAME", help=f"take one figure: {', '.join(FIGURES)}")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each time that is taken")
    parser.add_argument("--write", action="store_true", help="keep the results and write the tables of COSTS.md")
    asked = parser.parse_args()
    os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"  # functions write metrics to stdout, where the figures go
    results, missing = _taken(asked.only, asked.rounds)
    print(as_json(results) if asked.json else as_text(results))
    if asked.write:
        documents.write(results)
    for name, reason in missing.items():
        print(f"{name}: not taken: {reason}", file=sys.stderr)
    return 1 if missing else 0


def _taken(only: str | None, rounds: int) -> tuple[Results, dict[str, str]]:
    """Return the results, and why those that are missing could not be taken."""
    wanted = [only] if only else list(FIGURES)
    results: Results = {}
    missing: dict[str, str] = {}
    for benchmark in dict.fromkeys(map(taking, wanted)):
        names = [name for name in BENCHMARKS[benchmark] if name in wanted]
        print(f"{', '.join(names)} …", end=" ", flush=True, file=sys.stderr)
        began = time.monotonic()
        try:
            _check_versions(names)
            readings = benchmark(rounds)
        except NotTaken as reason:
            missing |= dict.fromkeys(names, str(reason))
        except Exception as error:  # the others are to be taken all the same
            missing |= dict.fromkeys(names, repr(error))
        else:
            results |= {name: result(FIGURES[name], readings[name]) for name in names}
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return results, missing


def _check_versions(figures: list[str]) -> None:
    """Raise NotTaken for a ratio to another boto3 than the named one."""
    if any(FIGURES[name].unit == OF_BOTO3 for name in figures):
        for package, wanted in COMPARED.items():
            if (found := version(package)) != wanted:
                raise NotTaken(f"it is a ratio to {package} {wanted}, and {found} is installed; see COMPARED in figures.py")


if __name__ == "__main__":
    sys.exit(main())
