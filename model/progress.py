"""Progress of long work: a bar with the time left on a terminal, one plain line elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show that `what` is going on.

    Args:
        console: where to show it.
        what: the work, in the user's language.

    Yields:
        a function to call with how much is done and how much there is.
    """
    if not console.is_terminal:
        console.print(f"{what} …", markup=False, highlight=False)
        yield lambda done, of: None
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
