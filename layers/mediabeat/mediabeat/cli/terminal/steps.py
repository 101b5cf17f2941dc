"""The steps of a long command, shown while they run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Show each step with its duration: live on a terminal, elsewhere as one line when the step ends."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since this object was made."""
        return monotonic() - self._began

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a step while the block runs, with the progress that the block reports; then its duration and whether it failed."""
        began = monotonic()
        live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        task = live.add_task(title, total=None)
        try:
            with live:
                yield lambda progress: live.update(task, description=f"{title}: {progress}")
        except BaseException:
            self._line("failed", "red", title, began)
            raise
        self._line("  done", "green", title, began)

    def _line(self, outcome: str, colour: str, title: str, began: float) -> None:
        line = f"[{colour}]{outcome}[/] {monotonic() - began:5.1f} s  {title}"
        self.console.print(line, highlight=False, soft_wrap=True)
