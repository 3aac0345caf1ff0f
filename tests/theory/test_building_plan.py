"""New large buildings: bounds, deductions, order of substitutes, indices by use, grades, parking, days."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from model.faults import BadInput
from model.ordinance.building_plan import findings as ask
from model.ordinance.building_plan.equations import (
    ParkingStandard,
    SolarStandard,
    capacity_bounds_kw,
    charging_required,
    filled_in_order_kw,
    required_capacity_kw,
    residential_grade,
)
from model.ordinance.building_plan.examples import REPRODUCED
from model.ordinance.building_plan.facts import LargeBuilding
from model.ordinance.building_plan.programme import assess
from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.rulebook import Rules, rules
from model.ordinance.worked_examples import worked_examples

ADOPTED = rules("plan_programme", "adopted_2025")
PROPOSED = rules("plan_programme", "seed_2022")
STANDARD = SolarStandard.read(rules("plan_programme", "adopted_2025"))


def building(**facts: Any) -> LargeBuilding:
    given = {"id": "B", "filed_on": date(2025, 6, 1), "floor_area_m2": 10_000, "building_area_m2": 1_000}
    return LargeBuilding.model_validate({**given, **facts})


def owed(under: Rules = ADOPTED, **facts: Any) -> Obligation:
    (one,) = assess([building(**facts)], under)
    return one


@pytest.mark.parametrize(
    ("example", "check"), [(example, check) for example in worked_examples() for check in example.checks
                           if example.programme == "plan_programme"],
    ids=lambda part: getattr(part, "id", getattr(part, "name", "")),
)  # fmt: skip
def test_printed_examples_come_out(example: Any, check: Any) -> None:
    assert check.agrees(REPRODUCED[example.id, check.name](example.inputs))


@pytest.mark.parametrize(
    ("floor_area", "adopted", "proposed"),
    [
        (1_999.99, Verdict.VOLUNTARY, Verdict.NOT_OBLIGED),
        (2_000, Verdict.OBLIGED, Verdict.OBLIGED),
        (2_000.01, Verdict.OBLIGED, Verdict.OBLIGED),
    ],
)
def test_the_size_line(floor_area: float, adopted: Verdict, proposed: Verdict) -> None:
    row = building(floor_area_m2=floor_area, building_area_m2=500)
    assert ask.plan_duty(row, ADOPTED).verdict is adopted
    assert ask.plan_duty(row, PROPOSED).verdict is proposed


@pytest.mark.parametrize(
    ("floor_area", "lower", "upper"),
    [
        (1_999, 0, 0), (2_000, 3, 9), (4_999.9, 3, 9), (5_000, 6, 18), (9_999.9, 6, 18), (10_000, 12, 36),
        (500_000, 12, 36),
    ],
)  # fmt: skip
def test_bounds_by_floor_area(floor_area: float, lower: float, upper: float) -> None:
    assert [float(bound) for bound in capacity_bounds_kw(floor_area, STANDARD)] == [lower, upper]


@pytest.mark.parametrize(
    ("footprint", "floor_area", "installable", "expected"),
    [
        (1_000, 10_000, 1_000, 12),  # 7.5 kW, lifted to the lower bound
        (1_600, 10_000, 1_600, 12),  # on the lower bound
        (1_700, 10_000, 1_700, 12.75),  # between the bounds
        (4_800, 10_000, 4_800, 36),  # on the upper bound
        (9_000, 20_000, 9_000, 36),  # 67.5 kW, cut to the upper bound
        (1_000, 10_000, 50, 12),  # installable area just the standard area: still lifted
        (1_000, 10_000, 49.9, 7.485),  # short of it: what fits
        (1_000, 10_000, 0, 0),  # nothing fits
        (9_000, 20_000, 400, 36),  # short of 450 m², but above the upper bound
    ],
)
def test_required_capacity(footprint: float, floor_area: float, installable: float, expected: float) -> None:
    assert float(required_capacity_kw(footprint, floor_area, installable, STANDARD)) == pytest.approx(
        expected, abs=1e-12
    )


def test_greening_and_shade_are_deducted() -> None:
    found = owed(available_area_m2=300, greening_m2=200, shade_m2=60).finding("required_capacity")
    assert found.value == pytest.approx(40 * 0.15)
    assert "bounds_and_small_installable_area" in {used.parameter.id for used in found.parameters}
    assert owed(greening_m2=900, shade_m2=200).finding("required_capacity").value == 0


def test_the_proposal_has_no_capacity_per_area() -> None:
    with pytest.raises(BadInput, match="capacity_per_area"):
        owed(PROPOSED)
    found = owed(rules("plan_programme", "seed_2022", fallback=True)).finding("required_capacity")
    assert "capacity_per_area" in {used.parameter.id for used in found.fallbacks}


# -- substitutes ----------------------------------------------------------------------------------------------------


def test_substitutes_fill_in_order() -> None:
    assert filled_in_order_kw(10.0, [4.0, 3.0, 5.0, 2.0]).tolist() == [4, 3, 3, 0]
    assert filled_in_order_kw(np.array([0.0, 20.0]), np.array([[4.0, 3.0], [4.0, 3.0]])).tolist() == [[0, 0], [4, 3]]


@pytest.mark.parametrize(
    "under", [ADOPTED, rules("plan_programme", "seed_2022", fallback=True)], ids=["adopted", "proposed"]
)
def test_other_places_count_only_where_the_site_is_difficult(under: Rules) -> None:
    facts = {"pv_kw": 5, "off_site_kw": 4, "floor_area_m2": 10_000}
    assert owed(under, **facts).finding("renewables").value == 5
    assert owed(under, **facts, on_site_difficult=True).finding("renewables").value == 9
    met = owed(under, **{**facts, "off_site_kw": 50}, on_site_difficult=True).finding("renewables")
    assert (met.value, met.verdict) == (12, Verdict.COMPLIES)


def test_heat_counts_on_site_and_procurement_comes_last() -> None:
    """12 kW owed: 5 kW of panels, 30 GJ of heat as 3 kW, 2 kW off site, the last 2 kW of 9,000 kWh by contract."""
    lenient = rules("plan_programme", "adopted_2025", fallback=True)
    found = owed(lenient, pv_kw=5, heat_gj=30, off_site_kw=2, contract_kwh=9_000, on_site_difficult=True)
    credits = [step.value for step in found.finding("renewables").steps[:-1]]
    assert credits == [5, 3, 2, 2]
    with pytest.raises(BadInput, match="yield"):
        owed(ADOPTED, contract_kwh=9_000, on_site_difficult=True)


# -- insulation, energy, grades -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "limit"),
    [("factories", 0.75), ("offices_schools_hotels_stores", 0.80), ("hospitals_restaurants_halls", 0.85)],
)
def test_bei_by_use(use: str, limit: float) -> None:
    for under in (ADOPTED, PROPOSED):
        for bei, verdict in ((limit - 0.001, "COMPLIES"), (limit, "COMPLIES"), (limit + 0.001, "FALLS_SHORT")):
            found = ask.non_residential_energy(building(non_residential_use=use, bei=bei), under)
            assert found.verdict is Verdict[verdict]


def test_bpi_is_known_in_the_proposal_only() -> None:
    for bpi, verdict in ((1.0, Verdict.COMPLIES), (1.001, Verdict.FALLS_SHORT)):
        assert ask.insulation(building(bpi=bpi), PROPOSED).verdict is verdict
    with pytest.raises(BadInput, match="non_residential_bpi_max"):
        ask.insulation(building(bpi=1.0), ADOPTED)


@pytest.mark.parametrize(("ua", "bei", "met"), [(0.87, 1.0, True), (0.871, 1.0, False), (0.87, 1.001, False)])
def test_dwellings(ua: float, bei: float, met: bool) -> None:
    for under in (ADOPTED, PROPOSED):
        found = ask.residential_energy(building(residential=True, ua=ua, residential_bei=bei), under)
        assert found.verdict is (Verdict.COMPLIES if met else Verdict.FALLS_SHORT)


@pytest.mark.parametrize(
    ("ua", "bei", "grade"),
    [
        (0.88, 0.5, 0), (0.87, 1.0, 1), (0.70, 0.9, 2), (0.70, 0.901, 1), (0.701, 0.8, 1), (0.60, 0.8, 3),
        (0.60, 0.801, 2), (0.40, 0.5, 3),
    ],
)  # fmt: skip
def test_grades(ua: float, bei: float, grade: int) -> None:
    assert owed(residential=True, ua=ua, residential_bei=bei).finding("grade").value == grade
    assert int(residential_grade(ua, bei, [0.87, 0.7, 0.6], [1.0, 0.9, 0.8])) == grade


# -- charging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("under", [ADOPTED, PROPOSED], ids=["adopted", "proposed"])
@pytest.mark.parametrize(
    ("kind", "spaces", "chargers", "prepared"),
    [
        ("dedicated", 4, 0, 0), ("dedicated", 5, 1, 3), ("dedicated", 6, 2, 3), ("dedicated", 50, 10, 25),
        ("dedicated", 51, 10, 25), ("dedicated", 49, 10, 25), ("dedicated", 45, 9, 23),
        ("shared", 9, 0, 0), ("shared", 10, 1, 2), ("shared", 11, 1, 3), ("shared", 50, 1, 10), ("shared", 500, 1, 10),
    ],
)  # fmt: skip
def test_charging(under: Rules, kind: str, spaces: int, chargers: int, prepared: int) -> None:
    need, ready = charging_required(spaces, ParkingStandard.read(under, kind))
    assert (int(need), int(ready)) == (chargers, prepared)


def test_chargers_and_prepared_spaces_are_both_needed() -> None:
    for given, verdict in (((4, 6), Verdict.COMPLIES), ((3, 7), Verdict.FALLS_SHORT), ((4, 5), Verdict.FALLS_SHORT)):
        found = owed(dedicated_spaces=20, dedicated_chargers=given[0], dedicated_conduits=given[1])
        assert found.finding("charging.dedicated").verdict is verdict
    assert owed().finding("charging.shared").verdict is Verdict.NOT_OBLIGED


# -- days, completion, certificate ----------------------------------------------------------------------------------


def test_energy_of_non_residential_buildings_came_a_year_before_the_rest() -> None:
    facts: dict[str, Any] = {
        "non_residential_use": "factories", "bei": 0.7, "residential": True, "ua": 0.6, "residential_bei": 0.8,
        "shared_spaces": 10, "shared_chargers": 1, "shared_conduits": 1, "pv_kw": 12,
    }  # fmt: skip
    names = ("non_residential_energy", "residential_energy", "charging.shared")
    not_yet, met = Verdict.NOT_OBLIGED, Verdict.COMPLIES
    for day, verdicts, kw in (
        (date(2024, 3, 31), [not_yet, not_yet, not_yet], 0),
        (date(2024, 4, 1), [met, not_yet, not_yet], 0),
        (date(2025, 3, 31), [met, not_yet, not_yet], 0),
        (date(2025, 4, 1), [met, met, met], 12),
    ):
        found = owed(filed_on=day, **facts)
        assert [found.finding(name).verdict for name in names] == verdicts
        assert found.finding("required_capacity").value == kw


def test_completion_is_reported_within_thirty_days() -> None:
    assert owed(inspected_on=date(2026, 2, 1)).finding("completion_report_due").value == "2026-03-03"


@pytest.mark.parametrize(
    ("floor_area", "contract", "use", "adopted", "proposed"),
    [
        (10_000, 2_000, "offices_schools_hotels_stores", True, False),
        (10_000.1, 2_000, "offices_schools_hotels_stores", True, True),
        (10_000.1, 1_999.9, "offices_schools_hotels_stores", True, False),
        (2_000, 300, "offices_schools_hotels_stores", True, False),
        (2_000, 299.9, "offices_schools_hotels_stores", False, False),
        (10_000.1, 2_000, "factories", False, True),
    ],
)
def test_certificate(floor_area: float, contract: float, use: str, adopted: bool, proposed: bool) -> None:
    row = building(floor_area_m2=floor_area, non_residential_use=use)
    for under, expected in ((ADOPTED, adopted), (PROPOSED, proposed)):
        assert (ask.certificate(row, contract, under).verdict is Verdict.OBLIGED) is expected
