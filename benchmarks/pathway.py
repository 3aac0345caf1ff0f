"""The main job on one core: seconds of the simulation, of the whole command, and peak memory.

    python benchmarks/pathway.py [RUNS]

Each run is `python run.py` as a user types it, in an empty folder, held to one processor where the system allows it.
The simulation is also set against what the machine needs for a plain numpy task of known size, so that figures of two
machines can be compared: ratio = simulation / time to sort ten million random numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
#: What the project promises: simulation [s], whole command [s], memory [MiB].
GOALS = (1.0, 10.0, 1024.0)


def one_core() -> None:
    """Hold this process and its children to one processor and one thread."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def sort_seconds() -> float:
    """Return the seconds to sort ten million random numbers."""
    numbers = np.random.default_rng(1).random(10_000_000)
    start = time.perf_counter()
    np.sort(numbers)
    return time.perf_counter() - start


def main_job() -> tuple[float, float, float]:
    """Return seconds of the simulation, seconds of the whole command and peak memory [MiB] of one run."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([sys.executable, str(ROOT / "run.py")], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        whole = time.perf_counter() - start
        manifest = json.loads((Path(folder) / "results/carbon_half/manifest.json").read_text(encoding="utf-8"))
    return manifest["seconds"]["simulate"], whole, _peak_of_children()


def _peak_of_children() -> float:
    """Return the largest memory that any child had so far [MiB], or NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1024.0 if sys.platform != "darwin" else 1024.0**2
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit


def main(runs: int = 3) -> int:
    """Print medians beside the goals; return 1 if one is missed."""
    one_core()
    unit = median(sort_seconds() for _ in range(3))
    seen = [main_job() for _ in range(runs)]
    figures = [median(row[0] for row in seen), median(row[1] for row in seen), max(row[2] for row in seen)]
    names = ("simulation [s]", "whole command [s]", "peak memory [MiB]")
    print(f"{'':20}{'median':>10}{'goal':>10}{'median / sort of 1e7':>24}")
    for name, figure, goal in zip(names, figures, GOALS, strict=True):
        ratio = f"{figure / unit:.2f}" if "[s]" in name else ""
        print(f"{name:20}{figure:>10.2f}{goal:>10.0f}{ratio:>24}")
    return int(any(figure > goal for figure, goal in zip(figures, GOALS, strict=True)))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
