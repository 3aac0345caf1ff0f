"""Members of an ensemble a second: one worker, two, and one process for each run; what 10,000 members take.

    python benchmarks/ensemble.py [MEMBERS] [--full]

All figures of a call are measured in that call, so their ratios hold on any machine. Rates count from the moment when
every worker has begun, so that starting processes, the same for any number of members, stays apart. Two processors that
others use too give less than two workers on two of their own: beside the seconds of the clock stand those of the
processors, whose ratio is what the workers cost each other. `--full` computes 10,000 members through the command line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import psutil  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from model.ensemble import MEMBERS_OF_A_BLOCK, Ensemble  # noqa: E402
from model.ensemble_workers import computed_by_processes, computed_here  # noqa: E402
from model.inputs import PATHWAY_THEMES, read_data  # noqa: E402
from model.sampling import Design  # noqa: E402
from model.scenario import load_scenario  # noqa: E402
from model.uncertainty import ranges  # noqa: E402

#: What the project promises: 10,000 members [s], memory [GiB], two workers against one.
SECONDS, MEMORY, SPEEDUP = 300.0, 4.0, 1.7
FULL = 10_000


@dataclass(frozen=True)
class Rate:
    """Seconds of the clock and of the processors for one member."""

    clock: float
    processor: float


class Memory:
    """Watches the memory of this process and its children [GiB]."""

    def __enter__(self) -> Memory:
        self.peak, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        here = psutil.Process()
        while not self._stop.wait(0.2):
            total = 0
            for one in [here, *here.children(recursive=True)]:
                try:
                    total += one.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total / 2**30)


def ensemble_of(members: int) -> Ensemble:
    """Return an ensemble of the default scenario."""
    scenario, data = load_scenario("carbon_half"), read_data(None, PATHWAY_THEMES)
    return Ensemble(scenario.name, scenario.levers, data, ranges(scenario.uncertainty), Design("sobol", members, 1))


def spent() -> float:
    """Return the processor seconds of this process and all its children."""
    here = psutil.Process()
    total = sum(here.cpu_times()[:4])
    for child in here.children(recursive=True):
        try:
            total += sum(child.cpu_times()[:2])
        except psutil.Error:
            continue
    return total


def rate(ensemble: Ensemble, workers: int) -> Rate:
    """Return what a member takes once every worker is at work: the first block of each is not counted."""
    numbers = list(range(ensemble.blocks))
    blocks = (
        computed_here(ensemble, numbers) if workers == 1 else computed_by_processes(ensemble, numbers, workers)
    )  # fmt: skip
    for _ in range(workers):
        next(blocks)
    clock, processor = time.perf_counter(), spent()
    counted = 0
    for number, _ in blocks:
        counted += len(ensemble.block(number))
        ended, used = time.perf_counter(), spent()
    return Rate((ended - clock) / counted, (used - processor) / counted)


def one_run_each(runs: int = 3) -> Rate:
    """Return what one `python run.py run` takes, as without an ensemble each member would be."""
    clock, processor = time.perf_counter(), os.times()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs):
            subprocess.run([sys.executable, str(ROOT / "run.py"), "run", "carbon_half", "--no-figures"], cwd=folder,
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    after = os.times()
    used = after.children_user + after.children_system - processor.children_user - processor.children_system
    return Rate((time.perf_counter() - clock) / runs, used / runs)


def full() -> tuple[float, float]:
    """Return seconds and peak memory [GiB] of 10,000 members through the command line, figures and tables with them."""
    with tempfile.TemporaryDirectory() as folder, Memory() as memory:
        start = time.perf_counter()
        subprocess.run([sys.executable, str(ROOT / "run.py"), "ensemble", "carbon_half", "--samples", str(FULL),
                        "--workers", "2"], cwd=folder, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        seconds = time.perf_counter() - start
    return seconds, memory.peak


def main(members: int = 8 * MEMBERS_OF_A_BLOCK, whole: bool = False) -> int:
    """Print rates and ratios beside the goals; return 1 if a goal is missed."""
    ensemble = ensemble_of(members)
    one = rate(ensemble, 1)
    with Memory() as memory:
        two = rate(ensemble, 2)
    alone = one_run_each()
    print(f"{'':34}{'clock':>12}{'processors':>12}   seconds a member")
    for name, found in (("one worker", one), ("two workers", two), ("one process a run (run.py run)", alone)):
        print(f"{name:34}{found.clock:>12.4f}{found.processor:>12.4f}")
    speedup = one.clock / two.clock
    print(f"\nmembers a second: {1 / one.clock:.1f} with one worker, {1 / two.clock:.1f} with two")
    print(f"two workers against one: {speedup:.2f} by the clock (goal {SPEEDUP}),"
          f" {2 * one.processor / two.processor:.2f} by the processors' seconds")  # fmt: skip
    print(f"against one process a run: {alone.clock / one.clock:.0f} times one worker,"
          f" {alone.clock / two.clock:.0f} times two")  # fmt: skip
    seconds, free = FULL * two.clock, FULL * two.processor / 2
    print(f"{FULL:,} members on two workers: {seconds:.0f} s by the clock (goal {SECONDS:.0f}),"
          f" {free:.0f} s if both processors were free; {memory.peak:.2f} GiB (goal {MEMORY:.0f})")  # fmt: skip
    if whole:
        seconds, peak = full()
        print(f"{FULL:,} members through the command line: {seconds:.0f} s, {peak:.2f} GiB")
    return int(seconds > SECONDS or memory.peak > MEMORY or speedup < SPEEDUP)


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--full"]
    sys.exit(main(*map(int, given[:1]), whole="--full" in sys.argv))
