"""What a million rows owe or earn, in one pass over arrays beside a plain loop over rows, on one core.

    python benchmarks/ordinance.py [rows] [rounds]

Small and mid-size buildings: who may be left out, eligible buildings, requirement by the uniform rate and by zones,
capacity counted, chargers and prepared spaces owed, all summed by supplier. Large buildings: bounds and required
capacity, order of substitutes, charging. Cap-and-trade, a row being a facility and year of four periods: duty after
three years at the line, cumulative test, bank with credits bought, order. Homes: grants for panels and battery, net
benefit of 30 years, pay-back. The loop does the same in plain Python on a sample, and both must agree. Reading the
rules is part of every measured pass.

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

from model.ordinance.building_plan.equations import (
    ParkingStandard,
    SolarStandard,
    charging_required,
    filled_in_order_kw,
    installable_area_m2,
    required_capacity_kw,
)
from model.ordinance.building_report.equations import (
    Buildings,
    CapacityStandard,
    ChargingStandard,
    RoofLimits,
    supplier_totals,
)
from model.ordinance.building_report.equations import charging_required as small_charging_required
from model.ordinance.cap_and_trade.credits import credit_limits_t, reduction_order_t, settle
from model.ordinance.cap_and_trade.equations import Periods, balance_by_period, duty_begun, obligation_rate
from model.ordinance.rulebook import rules
from model.ordinance.solar_economics.equations import Assumptions, benefit, payback_years
from model.ordinance.subsidies.equations import PanelGrant, battery_by_cost_jpy, panel_grant_jpy

SUPPLIERS = 50
#: Years of the four periods of cap-and-trade.
YEARS = 20
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


def facilities(number: int) -> Arrays:
    """Return invented facilities over the 20 years of the four periods, so many rows of a facility and a year."""
    draw = np.random.default_rng(3)
    count = number // YEARS
    base = draw.integers(3_000, 40_000, count).astype(float)
    return {
        "base": base,
        "emissions": np.floor(base[:, np.newaxis] * draw.uniform(0.4, 1.1, (count, YEARS))),
        "energy": draw.uniform(1_350, 2_500, (count, YEARS)),
        "category": draw.integers(0, 3, count),
        "bought": draw.integers(0, 3_000, (count, 2, YEARS // 5)).astype(float),
    }


def facilities_pass(given: Arrays) -> Arrays:
    """Return the duty, the cumulative test and the ledger of credits, in one pass."""
    asked = rules("cap_and_trade", "adopted_2025", fallback=True)
    periods = Periods.read(asked)
    place = periods.of_years(np.arange(periods.first_years[0], periods.last_years[-1] + 1))
    rate = obligation_rate(periods.rate_table, place, given["category"][:, np.newaxis])
    line, run = asked.number("threshold_crude_oil"), int(asked.number("obliged_consecutive_years"))
    duty = duty_begun(given["energy"], line, run)
    tested = balance_by_period(
        given["emissions"], given["base"][:, np.newaxis], rate, place, len(periods.numbers), under_duty=duty
    )
    share = asked.number("outside_tokyo_limit")
    limits = np.moveaxis(credit_limits_t(tested.required_t, ("excess", "small", "outside_tokyo"), share), -1, 1)
    fresh = np.concatenate([tested.excess_t[:, np.newaxis], given["bought"]], axis=1)
    ledger = settle(fresh, tested.shortfall_t, limits)
    return {
        "shortfall": tested.shortfall_t,
        "excess": tested.excess_t,
        "expired": ledger.expired_t.sum(axis=1),
        "order": reduction_order_t(ledger.uncovered_t, asked.number("penalty_multiplier")),
    }


def facilities_loop(given: Arrays) -> Arrays:
    """Return the same by a loop over facilities in plain Python."""
    out: dict[str, list[list[float]]] = {name: [] for name in ("shortfall", "excess", "expired", "order")}
    rates = ((0.08, 0.06, 0.06), (0.17, 0.15, 0.15), (0.27, 0.25, 0.25), (0.50, 0.48, 0.48))
    rows = zip(*(given[name].tolist() for name in given), strict=True)
    for base, emissions, energy, category, bought in rows:
        lines: dict[str, list[float]] = {name: [] for name in out}
        in_a_row, under_duty, held = 0, False, [0.0, 0.0, 0.0]
        for period, by_category in enumerate(rates):
            owed = made = 0.0
            for year in range(5 * period, 5 * period + 5):
                if under_duty:
                    owed += base * by_category[category]
                    made += base - emissions[year]
                in_a_row = in_a_row + 1 if energy[year] >= 1_500 else 0
                under_duty = under_duty or in_a_row >= 3
            short, excess = max(owed - made, 0.0), max(made - owed, 0.0)
            left, limits = short, [math.inf, math.inf, owed / 3]
            for kind in range(3):
                use = min(held[kind], limits[kind], left)
                held[kind], limits[kind], left = held[kind] - use, limits[kind] - use, left - use
            lines["expired"].append(sum(held))
            held = [excess, *(kind[period] for kind in bought)]
            for kind in range(3):
                use = min(held[kind], limits[kind], left)
                held[kind], left = held[kind] - use, left - use
            for name, value in (("shortfall", short), ("excess", excess), ("order", 1.3 * left)):
                lines[name].append(value)
        for name, values in lines.items():
            out[name].append(values)
    return {name: np.array(values) for name, values in out.items()}


def homes(number: int) -> Arrays:
    """Return invented homes with panels and batteries."""
    draw = np.random.default_rng(4)
    kwh = draw.integers(0, 1_050, number) / 10
    return {
        "kw": draw.integers(0, 520, number) / 10,
        "kwh": kwh,
        "battery_cost": kwh * draw.integers(8, 30, number) * 1e4,
    }


def homes_pass(given: Arrays) -> Arrays:
    """Return grants, net benefit of 30 years and pay-back, in one pass."""
    asked, terms = rules("subsidies", "seed_2022"), Assumptions.read(rules("pv_economics", "seed_2022"))
    battery = asked.value("battery_grant")
    per_kwh = asked.number("zero_emission_house_battery_addon", "cap_per_kwh")
    share, cap, below = (float(battery[key]) for key in ("share", "cap_jpy", "capacity_max_kwh_exclusive"))
    grant = panel_grant_jpy(given["kw"], PanelGrant.read(asked, new=True))
    return {
        "grant": grant,
        "battery": battery_by_cost_jpy(given["battery_cost"], given["kwh"], share, cap, per_kwh, below),
        "benefit": benefit(30, given["kw"], terms, grant),
        "payback": payback_years(given["kw"], terms, grant),
    }


def homes_loop(given: Arrays) -> Arrays:
    """Return the same by a loop over homes in plain Python."""
    out: dict[str, list[float]] = {name: [] for name in ("grant", "battery", "benefit", "payback")}
    for kw, kwh, cost in zip(*(given[name].tolist() for name in given), strict=True):
        grant = 120_000 * kw if kw <= 3 else 100_000 * kw if kw < 50 else 0
        income = 1_000 * kw * 0.4 * 29
        early, late = income + 1_000 * kw * 0.6 * 19, income + 1_000 * kw * 0.6 * 8.5
        paid = 230_000 * kw - grant
        left, year = paid, 0
        while left > 1e-9 * paid and year < 60:
            flow = early if year < 10 else late
            if year + 1 == 15:
                flow -= 55_000 * kw
            year, before, left = year + 1, left, left - flow
        payback = 0.0 if not kw else year if left > 0 else year - 1 + before / flow
        amounts = (grant, 0 if kwh >= 100 else min(cost / 2, 100_000 * kwh, 10_000_000))
        for name, value in zip(out, (*amounts, 10 * early + 20 * late - paid - 55_000 * kw, payback), strict=True):
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
    """Measure every case and print rates and ratios."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    agree = True
    cases = (
        ("small and mid-size (report)", small_buildings, small_pass, small_loop),
        ("large (plan)", large_buildings, large_pass, large_loop),
        ("facilities × years (cap-and-trade)", facilities, facilities_pass, facilities_loop),
        ("homes (subsidies, economics)", homes, homes_pass, homes_loop),
    )
    print(f"numpy {np.__version__}, one core, {number:,} rows, median of {rounds} rounds")
    for name, make, one_pass, loop in cases:
        sample = make(SAMPLE)
        got, expected = one_pass(sample), loop(sample)
        same = all(np.allclose(got[key], expected[key], rtol=1e-9, atol=1e-9) for key in expected)
        agree &= same
        took = seconds(one_pass, make(number), rounds)
        by_row = seconds(loop, sample, 3) / SAMPLE
        print(
            f"{name:35s} {took:6.3f} s  {number / took / 1e6:6.2f} million/s  goal {GOAL_SECONDS} s: "
            f"{'met' if took <= GOAL_SECONDS else 'missed'}  loop {by_row * number:6.2f} s (from {SAMPLE:,})  "
            f"ratio {by_row * number / took:5.1f}  agree: {same}"
        )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
