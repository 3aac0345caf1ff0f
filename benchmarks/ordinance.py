"""Obligations of one million new buildings in one pass over arrays, beside a plain loop over rows, on one core.

    python benchmarks/ordinance.py [buildings] [rounds]

Small and mid-size buildings: who may be left out, eligible buildings, requirement by the uniform rate and by zones,
capacity counted, chargers and prepared spaces owed, all summed by supplier. Large buildings: bounds and required
capacity, order of substitutes, charging. The loop does the same in plain Python on a sample, and both must agree.
Reading the rules is part of every measured pass.

Exit code 1 if the pass and the loop disagree.
"""

# ruff: noqa: E402 - threads are set before numpy is imported, and the checkout beside this file is what is measured
from __future__ import annotations

import os

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"

import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from model.ordinance.building_plan_equations import (
    ParkingStandard,
    SolarStandard,
    charging_required,
    filled_in_order_kw,
    installable_area_m2,
    required_capacity_kw,
)
from model.ordinance.building_report_equations import (
    Buildings,
    CapacityStandard,
    ChargingStandard,
    RoofLimits,
    supplier_totals,
)
from model.ordinance.building_report_equations import charging_required as small_charging_required
from model.ordinance.rulebook import rules

SUPPLIERS = 50
SAMPLE = 20_000
GOAL_SECONDS = 1.0

Arrays = dict[str, np.ndarray]


def small_buildings(number: int) -> Arrays:
    """Return invented small and mid-size buildings."""
    draw = np.random.default_rng(1)
    return {
        "supplier": draw.integers(0, SUPPLIERS, number),
        "zone": draw.integers(0, 3, number),
        "floor_area_m2": draw.uniform(60, 1_999, number),
        "roof_largest_m2": np.where(draw.random(number) < 0.05, np.nan, draw.uniform(5, 60, number)),
        "roof_second_m2": np.where(draw.random(number) < 0.6, np.nan, draw.uniform(2, 30, number)),
        "restricted": draw.random(number) < 0.02,
        "requested": draw.random(number) < 0.3,
        "pv_kw": draw.integers(0, 80, number) / 10,
        "heat_gj": draw.integers(0, 2, number) * 6.0,
        "detached": draw.random(number) < 0.8,
        "spaces": draw.integers(0, 20, number),
    }


def large_buildings(number: int) -> Arrays:
    """Return invented large buildings."""
    draw = np.random.default_rng(2)
    footprint = draw.uniform(300, 9_000, number)
    return {
        "footprint": footprint,
        "floor_area": np.maximum(2_000, footprint * draw.integers(1, 20, number)),
        "greening": footprint * draw.random(number) * 0.6,
        "shade": footprint * draw.random(number) * 0.6,
        "offers": draw.integers(0, 12, (number, 4)).astype(float),
        "dedicated": draw.integers(0, 80, number),
        "shared": draw.integers(0, 80, number),
    }


def small_pass(given: Arrays) -> Arrays:
    """Return what suppliers owe, in one pass."""
    asked = rules("report_programme", "adopted_2025")
    roofs, capacity, charging = RoofLimits.read(asked), CapacityStandard.read(asked), ChargingStandard.read(asked)
    facts = {name: given[name] for name in Buildings.__dataclass_fields__}
    totals = supplier_totals(
        Buildings(**facts), SUPPLIERS, roofs, capacity, asked.number("heat_to_pv_conversion_factor")
    )
    chargers, prepared = small_charging_required(given["detached"], given["spaces"], charging)
    return {
        "uniform": totals.required_uniform_kw,
        "by_zone": totals.required_by_zone_kw,
        "on_site": totals.on_site_kw,
        "chargers": np.bincount(given["supplier"], weights=chargers, minlength=SUPPLIERS),
        "prepared": np.bincount(given["supplier"], weights=prepared, minlength=SUPPLIERS),
    }


def small_loop(given: Arrays) -> Arrays:
    """Return the same by a loop over rows in plain Python."""
    out = {name: [0.0] * SUPPLIERS for name in ("uniform", "by_zone", "on_site", "chargers", "prepared")}
    rates = (0.85, 0.70, 0.30)
    rows = zip(*(given[name].tolist() for name in given), strict=True)
    for supplier, zone, _, largest, second, restricted, requested, pv, heat, detached, spaces in rows:
        if detached:
            out["prepared"][supplier] += spaces > 0
        elif spaces >= 10:
            out["chargers"][supplier] += 1
            out["prepared"][supplier] += -(-spaces // 5)
        small = largest < 20 and (math.isnan(second) or second < 10)
        if requested and (small or restricted):
            continue
        out["uniform"][supplier] += 0.85 * 2
        out["by_zone"][supplier] += rates[zone] * 2
        out["on_site"][supplier] += pv + heat / 10
    return {name: np.array(values) for name, values in out.items()}


def large_pass(given: Arrays) -> Arrays:
    """Return what clients of large buildings owe, in one pass."""
    asked = rules("plan_programme", "adopted_2025")
    solar = SolarStandard.read(asked)
    installable = installable_area_m2(given["footprint"], given["greening"], given["shade"])
    required = required_capacity_kw(given["footprint"], given["floor_area"], installable, solar)
    counted = filled_in_order_kw(required, given["offers"])
    own = charging_required(given["dedicated"], ParkingStandard.read(asked, "dedicated"))
    shared = charging_required(given["shared"], ParkingStandard.read(asked, "shared"))
    return {
        "required": required,
        "counted": counted.sum(axis=1),
        "chargers": own[0] + shared[0],
        "prepared": own[1] + shared[1],
    }


def large_loop(given: Arrays) -> Arrays:
    """Return the same by a loop over rows in plain Python."""
    out: dict[str, list[float]] = {name: [] for name in ("required", "counted", "chargers", "prepared")}
    for footprint, floor, greening, shade, offers, dedicated, shared in zip(
        *(given[name].tolist() for name in given), strict=True
    ):
        installable = max(0.0, footprint - greening - shade)
        lower, upper = (3, 9) if floor < 5_000 else (6, 18) if floor < 10_000 else (12, 36)
        if installable >= footprint * 0.05:
            required = min(upper, max(lower, footprint * 0.05 * 0.15))
        else:
            required = min(upper, installable * 0.15)
        still_open = required
        for offer in offers:
            still_open -= min(offer, still_open)
        chargers = (min(10, -(-dedicated // 5)) if dedicated >= 5 else 0) + (1 if shared >= 10 else 0)
        prepared = (min(25, -(-dedicated // 2)) if dedicated >= 5 else 0) + (
            min(10, -(-shared // 5)) if shared >= 10 else 0
        )
        for name, value in zip(out, (required, required - still_open, chargers, prepared), strict=True):
            out[name].append(value)
    return {name: np.array(values) for name, values in out.items()}


def seconds(work: Callable[[Arrays], Any], given: Arrays, rounds: int) -> float:
    """Return the median time of a few rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work(given)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    """Measure both programmes and print rates and ratios."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    agree = True
    cases = (
        ("small and mid-size (report)", small_buildings, small_pass, small_loop),
        ("large (plan)", large_buildings, large_pass, large_loop),
    )
    print(f"numpy {np.__version__}, one core, {number:,} buildings, median of {rounds} rounds")
    for name, make, one_pass, loop in cases:
        sample = {key: values[:SAMPLE] for key, values in make(number).items()}
        got, expected = one_pass(sample), loop(sample)
        same = all(np.allclose(got[key], expected[key], rtol=1e-9, atol=1e-9) for key in expected)
        agree &= same
        took = seconds(one_pass, make(number), rounds)
        by_row = seconds(loop, sample, 3) / SAMPLE
        print(
            f"{name:30s} {took:6.3f} s  {number / took / 1e6:6.2f} million/s  goal {GOAL_SECONDS} s: "
            f"{'met' if took <= GOAL_SECONDS else 'missed'}  loop {by_row * number:6.2f} s (from {SAMPLE:,})  "
            f"ratio {by_row * number / took:5.1f}  agree: {same}"
        )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
