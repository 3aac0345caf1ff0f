"""What must hold for any new building: monotone duties, conserved credits, arrays as single rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.ordinance.building_plan.equations import SolarStandard, filled_in_order_kw, required_capacity_kw
from model.ordinance.building_report.equations import (
    Buildings,
    CapacityStandard,
    RoofLimits,
    required_capacity_by_zone_kw,
    substitute_credit_kw,
    supplier_totals,
)
from model.ordinance.building_report.equations import required_capacity_kw as supplier_requirement_kw
from model.ordinance.rulebook import rules

CAPACITY = CapacityStandard.read(rules("report_programme", "adopted_2025"))
ROOFS = RoofLimits.read(rules("report_programme", "adopted_2025"))
SOLAR = SolarStandard.read(rules("plan_programme", "adopted_2025"))

COUNTS = st.lists(st.integers(0, 200_000), min_size=3, max_size=3)
AREAS = st.floats(0, 200_000, allow_nan=False)


@given(COUNTS, st.integers(0, 2), st.integers(1, 50))
def test_more_eligible_houses_never_lower_the_requirement(counts: list[int], zone: int, more: int) -> None:
    larger = [count + more * (place == zone) for place, count in enumerate(counts)]
    for kw in (CAPACITY.kw_per_building,):
        before = required_capacity_by_zone_kw(counts, CAPACITY.zone_rates, kw)
        assert required_capacity_by_zone_kw(larger, CAPACITY.zone_rates, kw) > before
        uniform = supplier_requirement_kw(sum(counts), CAPACITY.uniform_rate, kw)
        assert supplier_requirement_kw(sum(larger), CAPACITY.uniform_rate, kw) > uniform


@given(COUNTS)
def test_the_requirement_is_the_nearest_double_of_the_true_one(counts: list[int]) -> None:
    rates = (Fraction(85, 100), Fraction(70, 100), Fraction(30, 100))
    true = sum(count * rate * 2 for count, rate in zip(counts, rates, strict=True))
    assert float(required_capacity_by_zone_kw(counts, CAPACITY.zone_rates, 2)) == float(true)


@given(COUNTS)
def test_zones_never_ask_for_more_than_the_uniform_rate(counts: list[int]) -> None:
    by_zone = required_capacity_by_zone_kw(counts, CAPACITY.zone_rates, 2)
    assert by_zone <= supplier_requirement_kw(sum(counts), CAPACITY.uniform_rate, 2)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_substitutes_count_at_most_their_share_and_never_more_than_there_is(
    substitute: float, required: float, limit: float
) -> None:
    credit = float(substitute_credit_kw(substitute, required, limit))
    assert 0 <= credit <= substitute
    assert credit <= limit * required * (1 + 1e-12)


@given(st.floats(0, 1e4), st.lists(st.floats(0, 1e4), min_size=1, max_size=6))
def test_offers_in_order_fill_the_requirement_or_are_used_up(required: float, offers: list[float]) -> None:
    counted = filled_in_order_kw(required, offers)
    assert np.all(counted >= 0)
    assert np.all(counted <= np.asarray(offers))
    assert np.isclose(counted.sum(), min(required, sum(offers)), rtol=1e-9, atol=1e-9)
    first_open = np.flatnonzero(counted < np.asarray(offers) - 1e-9)
    assert first_open.size == 0 or np.all(counted[first_open[0] + 1 :] <= 1e-9)


@given(AREAS, AREAS, AREAS, st.floats(0, 10_000))
def test_more_roof_never_lowers_the_requirement_and_the_upper_bound_holds(
    footprint: float, floor_area: float, installable: float, more: float
) -> None:
    small = float(required_capacity_kw(footprint, floor_area, installable, SOLAR))
    large = float(required_capacity_kw(footprint, floor_area, installable + more, SOLAR))
    assert 0 <= small <= large + 1e-9
    assert large <= 36
    assert small <= installable * 0.15 + 1e-9 or installable >= footprint * 0.05 * (1 - 1e-9) - 1e-9


@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 5))
def test_one_pass_over_arrays_gives_what_a_loop_over_rows_gives(seed: int, number: int, suppliers: int) -> None:
    draw = np.random.default_rng(seed)
    rates = (Fraction(85, 100), Fraction(70, 100), Fraction(30, 100))
    buildings = Buildings(
        supplier=draw.integers(0, suppliers, number),
        zone=draw.integers(0, 3, number),
        floor_area_m2=draw.integers(50, 2_000, number).astype(float),
        roof_largest_m2=draw.choice([np.nan, 5.0, 19.9, 20.0, 40.0], number),
        roof_second_m2=draw.choice([np.nan, 5.0, 10.0, 15.0], number),
        restricted=draw.random(number) < 0.1,
        requested=draw.random(number) < 0.5,
        pv_kw=draw.integers(0, 60, number) / 10,
        heat_gj=draw.integers(0, 3, number) * 10.0,
    )
    got = supplier_totals(buildings, suppliers, ROOFS, CAPACITY, 10.0)
    for supplier in range(suppliers):
        required, uniform, installed, count = Fraction(0), Fraction(0), 0.0, 0
        for row in np.flatnonzero(buildings.supplier == supplier):
            largest, second = buildings.roof_largest_m2[row], buildings.roof_second_m2[row]
            small = largest < 20 and (np.isnan(second) or second < 10)
            if buildings.requested[row] and (small or buildings.restricted[row]):
                continue
            count += 1
            required += rates[buildings.zone[row]] * 2
            uniform += rates[0] * 2
            installed += buildings.pv_kw[row] + buildings.heat_gj[row] / 10
        assert got.eligible[supplier] == count
        assert got.required_by_zone_kw[supplier] == float(required)
        assert got.required_uniform_kw[supplier] == float(uniform)
        assert got.required_kw[supplier] == float(min(required, uniform))
        assert np.isclose(got.on_site_kw[supplier], installed)
