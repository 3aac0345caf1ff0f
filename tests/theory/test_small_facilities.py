"""Existing small and mid-size facilities: both lines, conversion by day of filing, levels, factors, examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.faults import BadInput
from model.ordinance.derivation import Obligation, Verdict
from model.ordinance.energy_equations import (
    EnergyUse,
    FixedFactors,
    FuelFactors,
    amount_at_crude_oil,
    counted_factor,
    emissions_by_actual_factors_t,
    emissions_by_fixed_factors_t,
    fuel_co2_t,
)
from model.ordinance.rulebook import Rules, rules
from model.ordinance.small_facilities.equations import company_total_kl, is_small, report_obliged
from model.ordinance.small_facilities.examples import REPRODUCED
from model.ordinance.small_facilities.programme import PROGRAMME, SmallFacility, assess
from model.ordinance.worked_examples import worked_examples

ADOPTED = rules("report_small_existing", "adopted_2025")
ADOPTED_OR_OLDER = rules("report_small_existing", "adopted_2025", fallback=True)
PROPOSED = rules("report_small_existing", "seed_2022")


def owed(*facilities: dict[str, Any], under: Rules = ADOPTED) -> Obligation:
    rows = [
        SmallFacility.model_validate({"company": "C", "facility": f"F{place}", "fiscal_year": 2025, **facts})
        for place, facts in enumerate(facilities)
    ]
    (one,) = assess(rows, under)
    return one


@pytest.mark.parametrize(
    ("example", "check"), [(example, check) for example in worked_examples() for check in example.checks
                           if example.programme == "report_small_existing"],
    ids=lambda part: getattr(part, "id", getattr(part, "name", "")),
)  # fmt: skip
def test_printed_examples_come_out(example: Any, check: Any) -> None:
    assert check.agrees(REPRODUCED[example.id, check.name](example.inputs))


def test_a_facility_on_the_line_belongs_to_cap_and_trade() -> None:
    assert is_small([1499.99, 1500.0, 1500.01], 1500).tolist() == [True, False, False]


def test_a_company_on_the_line_must_report() -> None:
    assert report_obliged([2999.99, 3000.0, 3000.01], 3000).tolist() == [False, True, True]


def test_decimals_that_sum_to_the_line_reach_it() -> None:
    ten_shops = [300.1] * 9 + [299.1]
    assert report_obliged(company_total_kl(ten_shops, [0] * 10, 1, 1500), 3000).tolist() == [True]


def test_large_facilities_are_left_out_of_the_sum() -> None:
    totals = company_total_kl([1400, 1400, 1600, 700, 1500], [0, 0, 0, 1, 1], 3, 1500)
    assert totals.tolist() == [2800, 700, 0]


@pytest.mark.parametrize(
    ("kl", "verdict"),
    [((1499, 1500), Verdict.VOLUNTARY), ((1400, 1400, 200), Verdict.OBLIGED), ((1400, 1400, 199), Verdict.VOLUNTARY),
     ((5000,), Verdict.NOT_OBLIGED)],
)  # fmt: skip
def test_duty_of_a_company(kl: tuple[float, ...], verdict: Verdict) -> None:
    assert owed(*({"crude_oil_kl": one} for one in kl)).finding("report_duty").verdict is verdict


@pytest.mark.parametrize(
    ("fiscal_year", "kl"),
    [(2021, 251.808), (2022, 251.808), (2023, 222.912), (2025, 222.912)],
)
def test_electricity_counts_by_the_factor_of_the_day_of_filing(fiscal_year: int, kl: float) -> None:
    """1,000 MWh: 9.76 GJ/MWh to the reports of FY2023, 8.64 from those filed in FY2024."""
    found = owed({"electricity_mwh": 1000, "supplier_factor": 0.4, "fiscal_year": fiscal_year})
    assert found.finding("report_duty").value == pytest.approx(kl, rel=1e-12)


def test_every_form_of_energy_counts_but_own_electricity() -> None:
    """(100 + 20) MWh × 8.64 + 300 GJ of heat + 40 GJ of other fuel, × 0.0258."""
    facts = {"electricity_mwh": 100, "off_site_mwh": 20, "own_renewable_mwh": 500, "heat_gj": 300, "other_gj": 40}
    found = owed(facts)
    assert found.finding("report_duty").value == pytest.approx((120 * 8.64 + 340) * 0.0258, rel=1e-12)
    oil = owed({"diesel_kl": 10, "heavy_oil_a_kl": 20, "heavy_oil_bc_kl": 30}, under=ADOPTED_OR_OLDER)
    heat = 10 * 37.7 + 20 * 39.1 + 30 * 41.9
    assert oil.finding("report_duty").value == pytest.approx(heat * 0.0258, rel=1e-12)


def test_a_chain_that_is_not_included_leaves_its_franchisees_out() -> None:
    rows = [
        row.model_copy(update={"value": False}) if row.id == "chain_included" else row
        for row in ADOPTED.book.parameters
    ]
    without = replace(ADOPTED, book=ADOPTED.book.model_copy(update={"parameters": tuple(rows)}), _used={})
    shops = [{"crude_oil_kl": 1000, "franchise": place > 0} for place in range(3)]
    assert owed(*shops, under=without).finding("report_duty").value == 1000


def test_the_proposal_keeps_the_old_conversion() -> None:
    found = owed({"electricity_mwh": 1000}, under=PROPOSED)
    assert found.finding("report_duty").value == pytest.approx(251.808, rel=1e-12)


def test_gas_needs_a_value_that_the_adopted_set_does_not_state() -> None:
    facts = {"city_gas_1000m3": 1300, "gas_factor": 2.0}
    with pytest.raises(BadInput, match=r"city_gas_heat.*--fallback"):
        owed(facts)
    duty = owed(facts, under=ADOPTED_OR_OLDER).finding("report_duty")
    assert [used.parameter.id for used in duty.fallbacks] == ["city_gas_heat"]
    assert duty.steps[1].value is False  # 1,509 kL is no longer small


def test_franchised_shops_count_under_the_adopted_rules_only() -> None:
    shops = [{"crude_oil_kl": 1000, "franchise": place > 0} for place in range(3)]
    assert owed(*shops).finding("report_duty").verdict is Verdict.OBLIGED
    with pytest.raises(BadInput, match="chain_included"):
        owed(*shops, under=PROPOSED)


@pytest.mark.parametrize(
    ("fiscal_year", "emitted"),
    [(2009, 382.0), (2014, 382.0), (2015, 489.0), (2023, 489.0), (2024, 400.0), (2025, 400.0)],
)
def test_factors_are_fixed_before_the_reports_of_fiscal_2025_and_actual_from_then_on(
    fiscal_year: int, emitted: float
) -> None:
    found = owed({"electricity_mwh": 1000, "supplier_factor": 0.4, "crude_oil_kl": 252, "fiscal_year": fiscal_year})
    assert found.finding("emissions").value == pytest.approx(emitted, rel=1e-12)


def test_an_unknown_supplier_factor_leaves_emissions_open() -> None:
    found = owed({"electricity_mwh": 1000, "crude_oil_kl": 252}, {"other_t": 5.0, "crude_oil_kl": 2})
    assert found.finding("emissions").verdict is Verdict.NOT_ASSESSED
    emitted = [list(row.values())[3] for row in found.report]
    assert emitted == [None, 5.0, None]


@pytest.mark.parametrize(("now", "attained"), [(649.99, True), (650, True), (650.01, False)])
def test_level_of_saving(now: float, attained: bool) -> None:
    finding = owed({"crude_oil_kl": now, "base_crude_oil_kl": 1000}).finding("energy_level")
    assert finding.verdict is (Verdict.COMPLIES if attained else Verdict.FALLS_SHORT)
    assert finding.quality == "estimate"


@pytest.mark.parametrize(("certificates", "attained"), [(449.9, False), (450, True), (2000, True)])
def test_level_of_renewables_counts_own_use_off_site_and_certificates(certificates: float, attained: bool) -> None:
    facts = {"electricity_mwh": 900, "supplier_factor": 0.4, "own_renewable_mwh": 100, "value_sold_mwh": 50,
             "certificates_mwh": certificates, "crude_oil_kl": 250}  # fmt: skip
    finding = owed(facts).finding("renewable_level")
    assert finding.verdict is (Verdict.COMPLIES if attained else Verdict.FALLS_SHORT)


def test_levels_without_numbers_are_left_open_and_say_so() -> None:
    found = owed({"crude_oil_kl": 1000, "base_crude_oil_kl": 1500}, under=PROPOSED)
    for name in ("energy_level", "renewable_level"):
        finding = found.finding(name)
        assert finding.verdict is Verdict.NOT_ASSESSED
        assert "--fallback" in finding.steps[0].text.en and "--fallback" in finding.steps[0].text.ja


def test_plan_follows_the_report() -> None:
    facts = {"crude_oil_kl": 1400}
    assert owed(facts, facts, facts).finding("plan_duty").verdict is Verdict.OBLIGED
    assert owed(facts).finding("plan_duty").verdict is Verdict.VOLUNTARY


@pytest.mark.parametrize(("fiscal_year", "due"), [(2020, False), (2022, False), (2023, False), (2024, True)])
def test_plan_is_due_with_the_reports_filed_from_fiscal_2025(fiscal_year: int, due: bool) -> None:
    facts = {"crude_oil_kl": 1400, "fiscal_year": fiscal_year}
    verdict = owed(facts, facts, facts).finding("plan_duty").verdict
    assert verdict is (Verdict.OBLIGED if due else Verdict.NOT_OBLIGED)


def test_report_totals() -> None:
    found = owed(
        {"electricity_mwh": 1000, "supplier_factor": 0.4, "floor_area_m2": 4000, "crude_oil_kl": 252},
        {
            "electricity_mwh": 500,
            "supplier_factor": 0.0,
            "off_site_mwh": 100,
            "floor_area_m2": 1000,
            "crude_oil_kl": 150,
        },
    )
    totals = list(found.report[-1].values())
    assert totals == ["Σ 2", 5000, 402, 400, 80, 1600, 100]


def test_the_example_rows_pass_through_both_rule_sets() -> None:
    for under in (ADOPTED, rules("report_small_existing", "seed_2022", fallback=True)):
        assert [one.subject.en for one in assess(PROGRAMME.examples, under)] == ["見本商事 FY2025"]


def test_value_sold_cannot_exceed_own_electricity() -> None:
    with pytest.raises(ValueError, match="exceeds"):
        SmallFacility(company="C", facility="F", fiscal_year=2025, own_renewable_mwh=1, value_sold_mwh=2)


def energy(**amounts: float) -> EnergyUse:
    names = [name for name in EnergyUse.__dataclass_fields__ if name != "fuels"]
    return EnergyUse(**{name: np.array([amounts.get(name, 0.0)]) for name in names}, fuels={})


FIXED = FixedFactors(electricity_t_per_mwh=0.489, heat_t_per_gj=0.06, low_carbon_line_t_per_mwh=0.37)
NO_FUELS = FuelFactors(0.0, {})


@pytest.mark.parametrize(("factor", "saved"), [(0.0, 489.0), (0.37, 119.0), (0.3701, 0.0), (np.nan, 0.0)])
def test_low_carbon_supply_counts_up_to_its_line(factor: float, saved: float) -> None:
    use = energy(electricity_mwh=1000, supplier_factor=factor)
    assert counted_factor(use.supplier_factor, FIXED)[0] == pytest.approx(0.489 - saved / 1000)
    assert emissions_by_fixed_factors_t(use, FIXED, NO_FUELS)[0] == pytest.approx(489 - saved)


@pytest.mark.parametrize(
    ("amounts", "fixed", "actual"),
    [
        ({"own_renewable_mwh": 100}, 0.0, 0.0),
        ({"own_renewable_mwh": 100, "value_sold_mwh": 100}, 48.9, 40.0),
        ({"off_site_mwh": 100}, 48.9, 0.0),
        ({"electricity_mwh": 100, "certificates_mwh": 60}, 48.9, 16.0),
        ({"electricity_mwh": 100, "certificates_mwh": 600}, 48.9, 0.0),
        (
            {"electricity_mwh": 100, "certificates_mwh": 600, "own_renewable_mwh": 50, "value_sold_mwh": 50},
            73.35,
            20.0,
        ),
        ({"heat_gj": 100, "heat_factor": 0.05}, 6.0, 5.0),
        ({"other_t": 7}, 7.0, 7.0),
    ],
)
def test_renewables_as_each_era_counts_them(amounts: dict[str, float], fixed: float, actual: float) -> None:
    use = energy(**{"supplier_factor": 0.4, **amounts})
    assert emissions_by_fixed_factors_t(use, FIXED, NO_FUELS)[0] == pytest.approx(fixed)
    assert emissions_by_actual_factors_t(use, NO_FUELS)[0] == pytest.approx(actual)


def test_carbon_to_carbon_dioxide() -> None:
    assert fuel_co2_t(3.0, 1.0) == 11


def test_electricity_on_the_line_of_1500_kl() -> None:
    assert amount_at_crude_oil(1500, 8.64, 0.0258) == pytest.approx(6729.113, abs=5e-4)
