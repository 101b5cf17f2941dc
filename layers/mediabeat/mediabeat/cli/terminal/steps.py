"""Steps of a long command, shown as they happen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Show each step with the time that it takes: live on a terminal, one plain line a step elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = monotonic()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first step."""
        return monotonic() - self._began

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show that this is being done, and what the block tells of it; then how long it took or that it failed."""
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
                yield lambda told: live.update(task, description=f"{title}: {told}")
        except BaseException:
            self._line("failed", "red", title, began)
            raise
        self._line("  done", "green", title, began)

    def _line(self, outcome: str, colour: str, title: str, began: float) -> None:
        line = f"[{colour}]{outcome}[/] {monotonic() - began:5.1f} s  {title}"
        self.console.print(line, highlight=False, soft_wrap=True)
