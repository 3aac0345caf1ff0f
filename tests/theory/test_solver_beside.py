"""Searches that run beside other work: what they find is handed over, and nothing is left when they end."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.sparse import csc_array

from model.optimise.beside import Beside, can_run_beside
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")


def knapsack(items: int, rows: int, seed: int = 0) -> ArrayModel:
    random = np.random.default_rng(seed)
    weights = random.integers(10, 100, (rows, items)).astype(np.float64)
    return ArrayModel(
        -random.integers(50, 100, items).astype(np.float64), np.zeros(items), np.ones(items),
        np.ones(items, dtype=bool), csc_array(weights), np.full(rows, -np.inf), np.floor(0.3 * weights.sum(axis=1)),
    )  # fmt: skip


def endless() -> Iterator[int]:
    yield os.getpid()
    while True:
        time.sleep(0.01)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_found_beside_is_what_is_found_here() -> None:
    models = [knapsack(25, 3, seed) for seed in range(3)]

    def search() -> Iterator[list[float]]:
        for model in models:
            yield solve_arrays(model, SolverOptions(30.0, 0.0)).values.tolist()

    beside, met = Beside(search), list[list[float]]()
    beside.begin()
    while len(met) < 3:
        met += beside.found(30.0)
    assert met == list(search())
    # A search that has ended finds nothing more, and can be left.
    assert beside.found(5.0) == []
    assert beside.leave() == []


def test_a_search_begins_with_what_is_known_when_it_begins() -> None:
    known = [1]
    beside = Beside(lambda: iter([list(known)]))
    beside.begin()
    first = beside.found(30.0)
    known.append(2)
    beside.begin()
    assert [first, beside.found(30.0)] == [[[1]], [[1, 2]]]
    beside.leave()


def test_a_search_that_is_left_is_gone() -> None:
    beside = Beside(endless)
    beside.begin()
    (process,) = beside.found(30.0)
    assert beside.running and alive(process)
    beside.leave()
    assert not beside.running and not alive(process)
    assert multiprocessing.active_children() == []


def test_what_was_found_last_is_not_lost_when_a_search_is_left() -> None:
    beside = Beside(endless)
    beside.begin()
    assert beside._ends is not None and beside._ends.poll(30.0)
    assert len(beside.leave()) == 1


def test_a_search_ends_with_the_process_that_began_it() -> None:
    program = (
        "import itertools, os, time\n"
        "from model.optimise.beside import Beside\n"
        "beside = Beside(lambda: (time.sleep(0.01) or os.getpid() for _ in itertools.count()))\n"
        "beside.begin()\n"
        "print(beside.found(30.0)[0], flush=True)\n"
        "os._exit(0)\n"
    )
    process = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    for _ in range(1000):
        if not alive(process):
            return
        time.sleep(0.01)
    pytest.fail("the search goes on")


def test_a_search_that_fails_says_so_to_those_who_ask() -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise ValueError("no memory")

    beside = Beside(fails)
    beside.begin()
    with pytest.raises(ValueError, match="no memory"):
        while True:
            beside.found(30.0)
    beside.leave()


def test_nothing_runs_beside_where_other_threads_run() -> None:
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert not can_run_beside()
    finally:
        end.set()
        other.join()


@pytest.mark.parametrize("seconds", [0.0, -0.002])
def test_time_that_is_over_is_no_time_rather_than_no_limit(seconds: float) -> None:
    answer = solve_arrays(knapsack(400, 30), SolverOptions(seconds, 0.0))
    # Without a limit the search would end after minutes with a proof.
    assert answer.proof.status in ("no_solution", "feasible")
