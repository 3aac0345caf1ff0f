"""A search that runs on a second core while other work goes on, in a copy of this process.

The copy begins with all that is known when it is made, so that nothing but what it finds is sent. It ends when it is
left, or as soon as the process that made it is gone. Where there is one core, where processes cannot be copied, or
where other threads run, which a copy would lack, there is none.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess

Found = TypeVar("Found")

#: Room for what is found until it is asked for [byte].
_ROOM = 2**20


class Beside(Generic[Found]):
    """A search that runs beside other work until it is left.

    Args:
        search: yields what it finds; called in the copy.
    """

    def __init__(self, search: Callable[[], Iterable[Found]]) -> None:
        self._search = search
        self._process: ForkProcess | None = None
        self._ends: Connection | None = None

    @property
    def running(self) -> bool:
        """Whether the search runs or has left something."""
        return self._process is not None

    def begin(self) -> None:
        """Let the search run, with all that is known now."""
        # Where processes can be copied, there is this too.
        from fcntl import F_SETPIPE_SZ, fcntl

        self.leave()
        context = get_context("fork")
        self._ends, out = context.Pipe(duplex=False)
        # What is found waits here until it is asked for, so that the search need not wait.
        fcntl(out.fileno(), F_SETPIPE_SZ, _ROOM)
        self._process = context.Process(target=self._run, args=(out, os.getpid()), daemon=True)
        self._process.start()
        out.close()

    def leave(self) -> list[Found]:
        """End the search, wait until it is gone, and return what was found since that was asked last."""
        if self._process is None:
            return []
        self._process.kill()
        self._process.join()
        self._process.close()
        self._process = None
        found = self.found()
        if self._ends is not None:
            self._ends.close()
            self._ends = None
        return found

    def found(self, seconds: float = 0.0) -> list[Found]:
        """Return what was found since this was asked last.

        Args:
            seconds: how long to wait where nothing was found yet [s].

        Raises:
            Exception: what the search failed with.
        """
        met: list[Found] = []
        try:
            while self._ends is not None and self._ends.poll(0.0 if met else seconds):
                one = self._ends.recv()
                if isinstance(one, Exception):
                    raise one
                met.append(one)
        except (EOFError, OSError):  # the search has ended, perhaps while it was about to say something
            self._ends = None
        return met

    def _run(self, out: Connection, parent: int) -> None:
        """Search until the process that made this one is gone."""
        # Whoever interrupts the program means the process that made this one, which ends it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for one in self._search():
                out.send(one)
                if os.getppid() != parent:
                    return
        except Exception as failed:  # handed to whoever asks for what was found
            out.send(failed)


def can_run_beside() -> bool:
    """Say whether a search can run beside other work."""
    alone = threading.active_count() == 1
    return alone and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
