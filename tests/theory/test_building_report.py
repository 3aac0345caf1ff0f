"""New small and mid-size buildings: thresholds on both sides and on the line, days, exclusions, substitutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from report_cases import ADOPTED, house, owed

from model.faults import BadInput
from model.ordinance.building_report import findings as ask
from model.ordinance.building_report.equations import (
    ChargingStandard,
    EnergyLevel,
    RoofLimits,
    charging_required,
    energy_level_met,
    roof_too_small,
)
from model.ordinance.building_report.examples import REPRODUCED
from model.ordinance.building_report.facts import Building, Supply
from model.ordinance.building_report.programme import assess, supplies
from model.ordinance.derivation import Verdict
from model.ordinance.rulebook import Rules, rules, rules_at
from model.ordinance.worked_examples import worked_examples

PROPOSED = rules("report_programme", "seed_2022")


def supply(*buildings: Building, under: Rules = ADOPTED) -> Supply:
    (one,) = supplies(buildings, under)
    return one


@pytest.mark.parametrize(
    ("example", "check"), [(example, check) for example in worked_examples() for check in example.checks
                           if example.programme == "report_programme"],
    ids=lambda part: getattr(part, "id", getattr(part, "name", "")),
)  # fmt: skip
def test_printed_examples_come_out(example: Any, check: Any) -> None:
    assert check.agrees(REPRODUCED[example.id, check.name](example.inputs))


# -- who is obliged -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("floor_area", "approved", "adopted", "proposed"),
    [
        (19_999.99, False, Verdict.VOLUNTARY, Verdict.NOT_OBLIGED),
        (20_000, False, Verdict.OBLIGED, Verdict.OBLIGED),
        (20_000.01, False, Verdict.OBLIGED, Verdict.OBLIGED),
        (5_000, True, Verdict.OBLIGED, Verdict.NOT_OBLIGED),
        (4_999.99, True, Verdict.VOLUNTARY, Verdict.NOT_OBLIGED),
        (5_000, False, Verdict.VOLUNTARY, Verdict.NOT_OBLIGED),
    ],
)
def test_the_supplier_line(floor_area: float, approved: bool, adopted: Verdict, proposed: Verdict) -> None:
    assert ask.supplier_duty(floor_area, approved, ADOPTED).verdict is adopted
    assert ask.supplier_duty(floor_area, approved, PROPOSED).verdict is proposed


def test_many_small_areas_reach_the_line_in_spite_of_binary_error() -> None:
    houses = [house(number, floor_area_m2=66.6) for number in range(300)] + [house(300, floor_area_m2=20)]
    assert sum(one.floor_area_m2 for one in houses) != 20_000
    assert owed(*houses).finding("supplier_duty").verdict is Verdict.OBLIGED


@pytest.mark.parametrize(("floor_area", "inside"), [(1_999.99, True), (2_000, False), (2_000.01, False)])
def test_a_building_of_2000_square_metres_belongs_to_the_plan_programme(floor_area: float, inside: bool) -> None:
    found = supply(house(floor_area_m2=floor_area), house(2))
    assert (len(found.buildings) == 2) is inside
    assert found.floor_area_m2 == (100 + floor_area if inside else 100)


def test_only_standard_specifications_count_once_adopted() -> None:
    assert len(supply(house(), house(2, standardised=False)).buildings) == 1
    assert len(supply(house(), house(2, standardised=False), under=PROPOSED).buildings) == 2


# -- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "inside"), [(date(2025, 3, 31), 0), (date(2025, 4, 1), 1), (date(2025, 4, 2), 1)])
def test_the_programme_starts_in_april_2025(day: date, inside: int) -> None:
    row = house(supplied_on=day)
    assert len(supply(row).buildings) == inside
    assert len(supply(row, under=rules_at("report_programme", day)).buildings) == inside


def test_the_proposal_fixed_no_first_day() -> None:
    row = house(supplied_on=date(2023, 1, 1))
    assert len(supply(row, under=PROPOSED).buildings) == 1
    fallen_back = rules("report_programme", "seed_2022", fallback=True)
    assert len(supply(row, under=fallen_back).buildings) == 0


def test_fiscal_years_are_assessed_apart_and_reported_in_the_next_september() -> None:
    rows = [
        house(1, supplied_on=date(2026, 3, 31), floor_area_m2=1_999),
        house(2, supplied_on=date(2026, 4, 1)),
    ]
    first, second = assess(rows, ADOPTED)
    assert (first.subject.en, second.subject.en) == ("S FY2025", "S FY2026")
    assert first.finding("report_due").value == "2026-09-30"
    assert ask.report_due(2025, PROPOSED).value == "2026-09-30"


# -- eligible buildings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("largest", "second", "adopted", "proposed"),
    [
        (19.99, None, True, True),
        (20.0, None, False, False),
        (20.01, None, False, False),
        (19.99, 9.99, True, False),
        (19.99, 10.0, False, False),
        (12.0, 7.9, True, True),
        (12.0, 8.0, True, False),
        (None, None, False, False),
        (0.0, None, True, True),
    ],
)
def test_roofs_that_may_be_left_out(largest: float | None, second: float | None, adopted: bool, proposed: bool) -> None:
    pair = [np.nan if area is None else area for area in (largest, second)]
    for under, expected in ((ADOPTED, adopted), (PROPOSED, proposed)):
        assert bool(roof_too_small(*pair, RoofLimits.read(under))) is expected


def test_a_house_is_left_out_only_on_request_and_for_a_reason() -> None:
    rows = [
        house(1, roof_largest_m2=15, exclusion_requested=True),
        house(2, roof_largest_m2=15),
        house(3, roof_largest_m2=30, exclusion_requested=True),
        house(4, restricted=True, exclusion_requested=True),
        house(5, exclusion_requested=True),
    ]
    counted = ask.counted_buildings(rows, ADOPTED)
    assert counted.tolist() == [False, True, True, False, True]


def test_an_excluded_house_keeps_its_other_duties_and_its_panels_do_not_count() -> None:
    rows = [
        house(1, roof_largest_m2=15, exclusion_requested=True, pv_kw=5, parking_spaces=1, ua=0.9, design_gj=40,
              standard_gj=50),
        house(2, pv_kw=1, ua=0.8, design_gj=40, standard_gj=50),
    ]  # fmt: skip
    found = owed(*rows)
    assert found.finding("required_capacity").value == 1.7
    assert found.finding("renewables").value == 1.0
    assert found.finding("charging").verdict is Verdict.FALLS_SHORT
    assert found.finding("energy_standard.custom_detached").verdict is Verdict.FALLS_SHORT


# -- requirement ----------------------------------------------------------------------------------------------------


def test_the_supplier_may_choose_the_zones() -> None:
    """200 houses at 85 %, 200 at 70 %, 100 at 30 %: 680 kW by zone against 850 kW by the uniform rate."""
    places = ["世田谷区"] * 200 + ["新宿区"] * 200 + ["千代田区"] * 100
    found = owed(*(house(number, municipality=place) for number, place in enumerate(places)))
    required = found.finding("required_capacity")
    assert [step.value for step in required.steps[-3:]] == [850.0, 680.0, 680.0]
    used = {used.parameter.id: used.parameter.quality for used in required.parameters}
    assert used["municipalities.13101"] == "published"
    assert used["municipalities.13104"] == "derived"


@pytest.mark.parametrize(("pv_kw", "verdict"), [(1.699, "FALLS_SHORT"), (1.7, "COMPLIES"), (1.701, "COMPLIES")])
def test_capacity_against_the_requirement_of_one_house(pv_kw: float, verdict: str) -> None:
    assert owed(house(pv_kw=pv_kw)).finding("renewables").verdict is Verdict[verdict]


def test_tenths_of_a_kilowatt_add_up_to_the_requirement() -> None:
    """100 houses owe 170 kW; 100 × 1.7 in binary falls short of 170 by its noise, on paper it does not."""
    rows = [house(number, pv_kw=1.7) for number in range(100)]
    assert sum(row.pv_kw for row in rows) < 170
    assert owed(*rows).finding("renewables").verdict is Verdict.COMPLIES


def test_heat_counts_as_the_panels_that_save_as_much() -> None:
    found = owed(house(pv_kw=0.7, solar_heat_gj=6, ground_heat_gj=4)).finding("renewables")
    assert found.value == pytest.approx(1.7)
    assert found.verdict is Verdict.COMPLIES
    assert found.quality == "estimate"


@pytest.mark.parametrize(("elsewhere_kw", "counted"), [(33.9, 33.9), (34.0, 34.0), (34.1, 34.0), (500.0, 34.0)])
def test_existing_houses_stand_in_for_a_fifth_at_most(elsewhere_kw: float, counted: float) -> None:
    """100 houses owe 170 kW, of which 34 kW may stand on existing houses."""
    rows = [house(number, pv_kw=1.0) for number in range(100)]
    rows.append(house(100, role="existing_house", floor_area_m2=0, pv_kw=elsewhere_kw))
    assert owed(*rows).finding("renewables").value == pytest.approx(100 + counted)


def test_off_site_supply_counts_only_by_a_visible_fallback() -> None:
    rows = [house(1, pv_kw=1.0), house(2, role="off_site", floor_area_m2=0, pv_kw=5.0)]
    with pytest.raises(BadInput, match="alternative_measures"):
        owed(*rows)
    found = owed(*rows, under=rules("report_programme", "adopted_2025", fallback=True)).finding("renewables")
    assert found.value == pytest.approx(1.0 + 0.34)
    assert [used.parameter.id for used in found.fallbacks] == ["alternative_measures"]


def test_off_site_supply_does_not_count_where_the_rules_name_existing_houses_alone() -> None:
    under = rules("report_programme", "adopted_2025", fallback=True)
    named = [
        row.model_copy(update={"value": ["existing_houses_in_tokyo"]}) if row.id == "alternative_measures" else row
        for row in under.book.parameters
    ]
    narrower = replace(under, book=under.book.model_copy(update={"parameters": tuple(named)}))
    rows = [house(1, pv_kw=1.0), house(2, role="off_site", floor_area_m2=0, pv_kw=5.0)]
    assert owed(*rows, under=narrower).finding("renewables").value == 1.0


def test_the_proposal_set_no_limit_for_substitutes() -> None:
    rows = [house(1, pv_kw=1.0), house(2, role="existing_house", floor_area_m2=0, pv_kw=5.0)]
    with pytest.raises(BadInput, match="alternative_existing_house_limit"):
        owed(*rows, under=PROPOSED)


# -- energy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("house_type", "limit"),
    [
        ("custom_detached", 0.80),
        ("for_sale_detached", 0.85),
        ("rental_apartment", 0.90),
        ("for_sale_condominium", 0.90),
        ("other_housing", 1.0),
    ],
)
def test_energy_limits_by_house_type(house_type: str, limit: float) -> None:
    level = EnergyLevel.read(PROPOSED, "energy_standard")[house_type]
    for bei, met in ((limit - 0.001, True), (limit, True), (limit + 0.001, False)):
        assert energy_level_met([0.87], [bei * 70], [0.0], [70.0], level) is met
    assert not energy_level_met([0.871], [1.0], [0.0], [70.0], level)


def test_the_standard_is_an_average_with_renewables_and_the_last_type_is_not() -> None:
    """Two houses of BEI 1.0 and 0.6 average to 0.8; 5 GJ of generation off 100 GJ lower it by 0.05."""
    ua, standard = [0.8, 0.8], [50.0, 50.0]
    custom = EnergyLevel.read(PROPOSED, "energy_standard")["custom_detached"]
    assert energy_level_met(ua, [50.0, 30.0], [0.0, 0.0], standard, custom)
    assert not energy_level_met(ua, [50.0, 35.0], [0.0, 4.0], standard, custom)
    assert energy_level_met(ua, [50.0, 35.0], [0.0, 5.0], standard, custom)
    other = EnergyLevel.read(PROPOSED, "energy_standard")["other_housing"]
    assert not energy_level_met(ua, [51.0, 10.0], [0.0, 0.0], standard, other)
    assert energy_level_met(ua, [51.0, 10.0], [1.0, 0.0], standard, other)


def test_guidance_leaves_renewables_out() -> None:
    row = house(ua=0.6, design_gj=37.5, generation_gj=30, standard_gj=50)
    assert owed(row).finding("energy_guidance.custom_detached").verdict is Verdict.COMPLIES
    row = house(ua=0.6, design_gj=38, generation_gj=30, standard_gj=50)
    assert owed(row).finding("energy_guidance.custom_detached").verdict is Verdict.FALLS_SHORT


def test_unknown_energy_and_offices_are_not_assessed() -> None:
    found = owed(house(1), house(2, house_type="non_residential", ua=1.0, design_gj=1, standard_gj=2))
    assert found.finding("energy_standard.custom_detached").verdict is Verdict.NOT_ASSESSED
    assert found.finding("energy_standard.non_residential").verdict is Verdict.NOT_ASSESSED


# -- charging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("under", [PROPOSED, ADOPTED], ids=["proposed", "adopted"])
@pytest.mark.parametrize(
    ("detached", "spaces", "chargers", "prepared"),
    [
        (True, 0, 0, 0), (True, 1, 0, 1), (True, 12, 0, 1),
        (False, 9, 0, 0), (False, 10, 1, 2), (False, 11, 1, 3), (False, 15, 1, 3), (False, 16, 1, 4),
    ],
)  # fmt: skip
def test_charging(under: Rules, detached: bool, spaces: int, chargers: int, prepared: int) -> None:
    owed_chargers, owed_prepared = charging_required(detached, spaces, ChargingStandard.read(under))
    assert (int(owed_chargers), int(owed_prepared)) == (chargers, prepared)


def test_spaces_with_a_charger_count_as_prepared() -> None:
    rows = [house(1, house_type="rental_apartment", parking_spaces=10, chargers=1, conduits=1)]
    assert owed(*rows).finding("charging").verdict is Verdict.COMPLIES
    rows = [house(1, house_type="rental_apartment", parking_spaces=10, chargers=0, conduits=2)]
    assert owed(*rows).finding("charging").verdict is Verdict.FALLS_SHORT


# -- guidance, enforcement, report ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("house_type", "kw"), [("custom_detached", 5.0), ("for_sale_detached", 4.0)])
def test_guidance_capacity(house_type: str, kw: float) -> None:
    for pv_kw, verdict in ((kw - 0.01, Verdict.FALLS_SHORT), (kw, Verdict.COMPLIES)):
        row = house(house_type=house_type, pv_kw=pv_kw)
        assert owed(row).finding("guidance_capacity").verdict is verdict


def test_enforcement_climbs_the_ladder_of_the_rule_set() -> None:
    adopted = [ask.enforcement(False, taken, ADOPTED).value for taken in range(4)]
    proposed = [ask.enforcement(False, taken, PROPOSED).value for taken in range(5)]
    assert [step.ja for step in adopted] == ["指導", "勧告", "事業者名の公表", "事業者名の公表"]
    assert [step.ja for step in proposed] == ["指導", "助言", "勧告", "事業者名の公表", "事業者名の公表"]
    assert ask.enforcement(True, 2, ADOPTED).verdict is Verdict.COMPLIES


def test_missing_a_guidance_level_is_not_enforced() -> None:
    good = {"floor_area_m2": 1_000, "pv_kw": 2.0, "explained": True, "ua": 0.8, "design_gj": 40, "standard_gj": 50}
    found = owed(*(house(number, **good) for number in range(20)))
    assert found.finding("guidance_capacity").verdict is Verdict.FALLS_SHORT
    assert found.finding("enforcement").verdict is Verdict.COMPLIES
    found = owed(*(house(number, **{**good, "explained": number > 0}) for number in range(20)))
    assert found.finding("enforcement").verdict is Verdict.FALLS_SHORT


def test_every_finding_shows_its_working_and_its_rules() -> None:
    for under in (ADOPTED, PROPOSED):
        for finding in owed(house(1, ua=0.8, design_gj=40, standard_gj=50), under=under).findings:
            assert finding.steps
            assert finding.parameters
            assert all(step.text.en and step.text.ja for step in finding.steps)
