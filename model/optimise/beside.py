"""Searches of HiGHS that run in a thread of their own while other work goes on.

HiGHS leaves the interpreter to others while it runs, so that a second core is used without a second process: nothing
is sent anywhere, and nothing is left behind. With one core there is nothing to gain, and each search is made when its
answer is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from model.optimise.solver import ArrayAnswer, ArrayModel, Cancelled, FloatArray, SolverOptions, Stop, solve_arrays

#: Time after which a search is asked again to end [s].
_PATIENCE = 0.05


class Beside:
    """One model solved several times, one after the other, beside other work; answers in the order of the options.

    Args:
        model: the model.
        options: limits, gap and seed of each search.
        start: a feasible answer to start from; None: none is known.
        alone: search only when asked; by default where there is one core.
    """

    def __init__(
        self,
        model: ArrayModel,
        options: Sequence[SolverOptions],
        start: FloatArray | None = None,
        alone: bool | None = None,
    ) -> None:
        self._model, self._options, self._start = model, options, start
        self._alone = cores() < 2 if alone is None else alone
        self._found: SimpleQueue[ArrayAnswer | Exception] = SimpleQueue()
        self._stop = Stop()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        if not self._alone:
            self._thread = Thread(target=self._search, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the search that runs, if any, and wait for its end."""
        while self._thread is not None and self._thread.is_alive():
            self._stop.ask()
            self._thread.join(_PATIENCE)

    def answers(self) -> Iterator[ArrayAnswer]:
        """Yield the answer of each search, waiting for it where it is not there yet.

        Raises:
            SolverError: HiGHS failed.
        """
        for options in self._options:
            if self._thread is None:
                yield solve_arrays(self._model, options, self._start)
                continue
            found = self._found.get()
            if isinstance(found, Exception):
                raise found
            yield found

    def _search(self) -> None:
        """Solve the model with all options, until the end is asked for."""
        for options in self._options:
            if self._stop.asked:
                return
            try:
                self._found.put(solve_arrays(self._model, options, self._start, self._stop))
            except Cancelled:
                return
            except Exception as failed:  # handed to whoever asks for the answer
                self._found.put(failed)
                return


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
