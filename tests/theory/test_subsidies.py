"""Subsidies for homes against the amounts that the leaflets print, on both sides of every step."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.faults import BadInput
from model.ordinance.derivation import Verdict
from model.ordinance.rulebook import Rules, rules, rules_at
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy, zero_emission_level
from model.ordinance.subsidies.examples import REPRODUCED
from model.ordinance.subsidies.facts import Home
from model.ordinance.subsidies.programme import PROGRAMME, assess
from model.ordinance.worked_examples import worked_examples

SEED, ADOPTED = rules("subsidies", "seed_2022"), rules("subsidies", "adopted_2025")


def amount(home: Home, name: str, under: Rules = SEED) -> float | None:
    (grants,) = assess([home], under)
    return grants.finding(name).value


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    ours = {key for key, (example, _) in checks.items() if example.programme == "subsidies"}
    assert ours == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


@pytest.mark.parametrize(
    ("under", "new", "kw", "expected"),
    [
        # 3 kW and less: 120,000 a kW; above, 100,000 on all of it.
        (SEED, True, 3.0, 360_000),
        (SEED, True, 3.01, 301_000),
        (SEED, True, 2.99, 358_800),
        (SEED, True, 49.9, 4_990_000),
        (SEED, True, 50.0, 0),
        (SEED, False, 3.0, 450_000),
        (SEED, False, 3.01, 361_200),
        # From 2025 the lower band is capped and joins the upper one.
        (ADOPTED, True, 3.0, 360_000),
        (ADOPTED, True, 3.5, 360_000),
        (ADOPTED, True, 3.6, 360_000),
        (ADOPTED, True, 3.7, 370_000),
        (ADOPTED, False, 3.75, 450_000),
        (ADOPTED, False, 3.76, 451_200),
        (ADOPTED, False, 50.0, 0),
        (ADOPTED, True, 0.0, 0),
    ],
)
def test_panels_by_band(under: Rules, new: bool, kw: float, expected: float) -> None:
    assert float(panel_grant_jpy(kw, PanelGrant.read(under, new))) == pytest.approx(expected, rel=1e-12)


def test_panels_of_an_array_are_those_of_each() -> None:
    grant = PanelGrant.read(ADOPTED, new=True)
    kw = np.linspace(0, 60, 600).reshape(3, -1)
    one_by_one = [[float(panel_grant_jpy(float(one), grant)) for one in row] for row in kw]
    np.testing.assert_array_equal(panel_grant_jpy(kw, grant), one_by_one)


@given(st.floats(0, 49.9), st.floats(0, 49.9), st.booleans())
def test_more_panels_never_lower_the_adopted_grant(one: float, other: float, new: bool) -> None:
    grant = PanelGrant.read(ADOPTED, new)
    smaller, larger = sorted((one, other))
    assert float(panel_grant_jpy(smaller, grant)) <= float(panel_grant_jpy(larger, grant)) + 1e-2


def test_the_house_programme_gives_more_to_all_electric_homes_from_2023() -> None:
    on = rules_at("subsidies", date(2023, 6, 1))
    other, electric = (PanelGrant.read_zero_emission_house(on, all_electric) for all_electric in (False, True))
    assert [float(panel_grant_jpy(kw, electric)) for kw in (3.0, 3.6, 4.0)] == [390_000, 390_000, 440_000]
    assert [float(panel_grant_jpy(kw, other)) for kw in (3.0, 3.6, 4.0)] == [360_000, 360_000, 400_000]
    before = PanelGrant.read_zero_emission_house(rules_at("subsidies", date(2023, 3, 31)), all_electric=True)
    assert float(panel_grant_jpy(4.0, before)) == 400_000


@pytest.mark.parametrize(
    ("ua", "saving", "level"),
    [(0.7, 0.3, 1), (0.71, 0.4, 0), (0.7, 0.29, 0), (0.6, 0.35, 2), (0.46, 0.4, 3), (0.47, 0.4, 2), (0.46, 0.39, 2)],
)
def test_the_level_needs_both_limits(ua: float, saving: float, level: int) -> None:
    assert zero_emission_level(ua, saving, [0.7, 0.6, 0.46], [0.3, 0.35, 0.4]) == level
    home = Home(id="h", kind="detached", ua=ua, energy_saving=saving)
    assert amount(home, "zero_emission_house") == {0: 0, 1: 300_000, 2: 500_000, 3: 2_100_000}[level]


def test_the_levels_change_on_the_first_of_october_2024() -> None:
    home = Home(id="h", kind="apartment", ua=0.46, energy_saving=0.4, pv_kw=2)
    last, first = (rules_at("subsidies", day) for day in (date(2024, 9, 30), date(2024, 10, 1)))
    assert amount(home, "zero_emission_house", last) == 1_700_000
    assert amount(home, "zero_emission_house", first) == 1_300_000
    strict = home.model_copy(update={"ua": 0.35, "energy_saving": 0.45, "kind": "detached"})
    assert amount(strict, "zero_emission_house", first) == 2_400_000


def test_the_new_levels_need_panels() -> None:
    home = Home(id="h", kind="detached", ua=0.3, energy_saving=0.5, acquisition_tax_jpy=200_000)
    assert amount(home, "zero_emission_house", ADOPTED) == 0
    assert amount(home, "zero_emission_house", SEED) == 2_100_000
    assert amount(home, "tax_relief", SEED) == 200_000
    with pytest.raises(BadInput, match=r"zero_emission_house_tax_relief|Value of|total") as stopped:
        amount(home.model_copy(update={"pv_kw": 2.0}), "tax_relief", ADOPTED)
    assert "seed_2022" in str(stopped.value)


def test_panels_of_2022_need_company_unless_the_house_reaches_a_level() -> None:
    alone = Home(id="h", kind="detached", pv_kw=4)
    assert amount(alone, "panels") == 0
    assert amount(alone, "panels", ADOPTED) == 400_000
    assert amount(alone.model_copy(update={"heat_pump_water_heater": True}), "panels") == 400_000
    assert amount(alone.model_copy(update={"ua": 0.6, "energy_saving": 0.35}), "panels") == 400_000


@pytest.mark.parametrize(("kw", "expected"), [(2.9, 0), (3.0, 360_000)])
def test_panels_with_v2h_alone_start_at_3_kw(kw: float, expected: float) -> None:
    home = Home(id="h", kind="detached", pv_kw=kw, v2h_cost_jpy=800_000)
    assert amount(home, "panels") == expected
    with_battery = home.model_copy(update={"battery_kwh": 5.0, "battery_cost_jpy": 1_000_000.0})
    assert amount(with_battery, "panels") == pytest.approx(kw * 120_000)


@pytest.mark.parametrize(
    ("day", "kwh", "cost", "expected"),
    [
        (date(2022, 6, 22), 10, 1_500_000, 750_000),  # half of the cost
        (date(2022, 6, 22), 10, 3_000_000, 1_000_000),  # 100,000 a kWh
        (date(2022, 6, 22), 99.9, 30_000_000, 9_990_000),
        (date(2022, 6, 22), 100, 30_000_000, 0),  # below 100 kWh only
        (date(2023, 3, 31), 10, 1_500_000, 750_000),
        (date(2023, 4, 1), 10, 1_500_000, 1_125_000),  # three quarters
        (date(2023, 4, 1), 10, 2_000_000, 1_200_000),  # its cap
        (date(2025, 3, 31), 10, 2_000_000, 1_200_000),
        (date(2025, 4, 1), 10, 2_000_000, 1_200_000),  # 120,000 a kWh
        (date(2025, 4, 1), 6.5, 2_000_000, 780_000),
    ],
)
def test_batteries_by_day(day: date, kwh: float, cost: float, expected: float) -> None:
    home = Home(id="h", kind="detached", pv_kw=4, battery_kwh=kwh, battery_cost_jpy=cost)
    assert amount(home, "battery", rules_at("subsidies", day)) == pytest.approx(expected)


def test_batteries_of_2025_need_renewables_and_add_demand_response() -> None:
    home = Home(id="h", kind="detached", battery_kwh=10, battery_cost_jpy=2_000_000)
    assert amount(home, "battery", ADOPTED) == 0
    assert amount(home.model_copy(update={"renewable_contract": True}), "battery", ADOPTED) == 1_200_000
    more = home.model_copy(update={"renewable_contract": True, "demand_response": True, "battery_added": True})
    assert amount(more, "battery", ADOPTED) == 10 * 80_000 + 100_000


@pytest.mark.parametrize("under", [SEED, ADOPTED])
def test_v2h_gets_all_of_its_cost_only_beside_panels_and_a_car(under: Rules) -> None:
    home = Home(id="h", kind="detached", v2h_cost_jpy=1_200_000)
    assert amount(home, "v2h", under) == 500_000
    assert amount(home.model_copy(update={"electric_car": True}), "v2h", under) == 500_000
    assert amount(home.model_copy(update={"electric_car": True, "pv_kw": 4.0}), "v2h", under) == 1_000_000
    assert amount(home.model_copy(update={"v2h_cost_jpy": 800_000.0}), "v2h", under) == 400_000
    assert amount(home.model_copy(update={"kind": "apartment"}), "v2h", under) == 0


def test_windows_and_doors_by_year() -> None:
    home = Home(id="h", kind="detached", new=False, window_cost_jpy=3_600_000, door_cost_jpy=600_000)
    assert amount(home, "windows_and_doors") == 1_160_000
    assert amount(home, "windows_and_doors", rules_at("subsidies", date(2024, 3, 31))) == 1_160_000
    assert amount(home, "windows_and_doors", rules_at("subsidies", date(2024, 4, 1))) == 1_000_000 + 160_000
    small = home.model_copy(update={"window_cost_jpy": 900_000.0, "door_cost_jpy": 300_000.0})
    assert amount(small, "windows_and_doors") == 400_000
    (unknown,) = assess([home], ADOPTED)
    assert unknown.finding("windows_and_doors").verdict is Verdict.NOT_ASSESSED


@pytest.mark.parametrize(
    ("units", "security", "amounts", "expected"),
    [
        (0, False, 1_000_000, 1_000_000),
        (0, False, 1_400_000, 1_300_000),
        (49, False, 1_000_000, 1_000_000),
        (50, False, 1_000_000, 1_200_000),
        (50, False, 1_400_000, 1_560_000),
        (0, True, 1_000_000, 2_500_000),
        (0, True, 1_400_000, 3_250_000),
    ],
)
def test_fixed_amounts_of_2025(units: int, security: bool, amounts: float, expected: float) -> None:
    home = Home(
        id="h",
        kind="condominium",
        new=False,
        opening_amounts_jpy=amounts,
        units_of_management_body=units,
        security_windows=security,
    )
    assert amount(home, "windows_and_doors", ADOPTED) == pytest.approx(expected)


def test_retrofit_caps_and_conditions() -> None:
    home = Home(
        id="h",
        kind="detached",
        new=False,
        retrofit_level="zeh",
        retrofit_insulation_cost_jpy=2_000_000,
        retrofit_equipment_cost_jpy=2_500_000,
        retrofit_openings=1,
        earthquake_safe=True,
    )
    # Equipment counts up to the insulation works: 23 % of 4,000,000.
    assert amount(home, "retrofit") == pytest.approx(920_000)
    assert amount(home.model_copy(update={"retrofit_level": "standard"}), "retrofit") == 766_000
    assert amount(home.model_copy(update={"retrofit_insulation_cost_jpy": 5_000_000.0}), "retrofit") == 1_025_000
    assert amount(home.model_copy(update={"retrofit_partial": True}), "retrofit") == 0
    assert amount(home.model_copy(update={"earthquake_safe": False}), "retrofit") == 0
    flat = home.model_copy(update={"kind": "condominium", "floor_area_m2": 100.0})
    assert amount(flat, "retrofit") == 740_000  # 7,400 a m2 is less than a third of 4,000,000
    with pytest.raises(BadInput, match="seed_2022 says"):
        amount(home, "retrofit", ADOPTED)


def test_grants_by_share_and_their_caps() -> None:
    rental = Home(id="h", kind="apartment", new=False, rental_retrofit_cost_jpy=500_000, solar_thermal_cost_jpy=1e6)
    assert amount(rental, "rental_retrofit") == 400_000
    assert amount(rental, "solar_thermal") == 450_000
    assert amount(rental, "total") == 850_000
    existing = Home(id="h", kind="detached", new=False, insulation_cost_jpy=3_000_000, bath_cost_jpy=240_000)
    assert amount(existing, "insulation", ADOPTED) == 1_000_000
    assert amount(existing, "bath", ADOPTED) == 80_000
    with pytest.raises(BadInput, match="adopted_2025 says"):
        amount(existing, "bath")
    diagnosed = Home(id="h", kind="detached", new=False, diagnosis_cost_jpy=300_000)
    assert amount(diagnosed, "diagnosis") == 200_000


def test_flat_roofs_and_functional_panels_of_2025() -> None:
    home = Home(id="h", kind="detached", new=False, pv_kw=5, flat_roof_waterproofing=True, flat_roof_mount=True)
    assert amount(home, "panels", ADOPTED) == 5 * (120_000 + 180_000 + 100_000)
    functional = Home(id="h", kind="detached", pv_kw=5, pv_functional_addon_jpy_per_kw=90_000)
    assert amount(functional, "panels", ADOPTED) == 5 * (100_000 + 80_000)


def test_works_on_an_existing_home_are_refused_for_a_new_one() -> None:
    with pytest.raises(ValidationError, match="existing homes"):
        Home(id="h", kind="detached", window_cost_jpy=1)
    with pytest.raises(ValidationError, match="floor area"):
        Home(id="h", kind="apartment", new=False, retrofit_level="zeh")


def test_the_worked_rows_are_assessed_and_the_sum_is_as_weak_as_its_parts() -> None:
    for grants in assess(PROGRAMME.examples, ADOPTED):
        parts = [finding for finding in grants.findings if finding.name != "total"]
        assert grants.finding("total").value == pytest.approx(sum(float(part.value or 0) for part in parts))
        assert {used.parameter.id for part in parts for used in part.parameters} == {
            used.parameter.id for used in grants.finding("total").parameters
        }
