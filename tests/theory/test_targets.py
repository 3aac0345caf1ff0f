"""City-wide targets: what was printed, progress from plain numbers and from a run, on both sides of a target."""

import numpy as np
import pytest
import xarray as xr
from pydantic import ValidationError

from model.ordinance.derivation import Verdict
from model.ordinance.rulebook import rules
from model.ordinance.targets.examples import REPRODUCED
from model.ordinance.targets.goals import PLACES, goals
from model.ordinance.targets.programme import PROGRAMME, CityYear, assess, progress_of
from model.ordinance.worked_examples import worked_examples
from model.targets import base_emissions, targets_of

BOTH = rules("targets", "adopted_2025", fallback=True)
YEARS = [2000, 2020, 2030, 2035]


def run_of_the_city(**changes: object) -> xr.Dataset:
    """Return a run of four years whose figures are easy to reckon with."""
    sectors = ["residential", "commercial", "industry", "transport", "waste"]
    energy = np.array([[100.0, 100, 50, 50, 0], [90, 80, 40, 30, 0], [70, 75, 20, 17.5, 0], [60, 60, 20, 10, 0]])
    figures = {
        "greenhouse_gas_total": (["year"], [62.2, 58.0, 31.1, 24.89]),
        "greenhouse_gas": (["year", "sector"], energy / 10),
        "sector_energy": (["year", "sector"], energy),
        "solar_capacity": (["year", "region"], [[0.0, 0], [4e5, 2e5], [1.5e6, 5e5], [2e6, 1e6]]),
        "renewable_share": (["year"], [0.02, 0.19, 0.5, 0.6]),
    }
    return xr.Dataset(figures | changes, {"year": YEARS, "sector": sectors}, {"scenario": "hand_made"})


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    assert {key for key, (example, _) in checks.items() if example.programme == "targets"} == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_the_targets_with_their_dates_and_sources() -> None:
    said = {
        goal.name: (goal.level, goal.parameter.source_id, goal.parameter.valid_from.isoformat()) for goal in goals(BOTH)
    }
    assert len(said) == len(PLACES) == 20
    assert said["greenhouse_gas.all.2030"] == (0.5, "seed_002", "2021-01-01")
    assert said["greenhouse_gas.all.2050"][0] == 1
    assert said["greenhouse_gas.transport.2030"] == (0.65, "mp2022_p152", "2022-10-01")
    assert said["final_energy.residential.2030"][0] == 0.3
    assert said["solar_capacity.all.2035"] == (3_500_000, "ze2035_p26", "2025-03-28")
    assert said["insulated_homes.all.2030"][0] == 3_550_000


def test_the_reports_ask_the_same_place() -> None:
    assert {year: row.value for year, row in targets_of("greenhouse_gas_change").items()} == {
        2030: -0.5,
        2035: -0.6,
        2050: -1.0,
    }
    assert {year: row.value for year, row in targets_of("final_energy_change", "commercial").items()} == {2030: -0.25}
    assert {year: row.value for year, row in targets_of("solar_capacity").items()} == {2030: 2.0, 2035: 3.5}
    assert {year: row.value for year, row in targets_of("renewable_share").items()} == {2026: 0.3, 2030: 0.5, 2035: 0.6}
    assert targets_of("solar_capacity", "transport") == targets_of("no_such_quantity") == {}


@pytest.mark.parametrize(
    ("year", "value", "verdict"),
    [
        (2030, 31.1, Verdict.COMPLIES),
        (2030, 31.0, Verdict.COMPLIES),
        (2030, 31.2, Verdict.FALLS_SHORT),
        (2029, 31.2, Verdict.FOR_INFORMATION),
        (2031, 31.2, Verdict.FALLS_SHORT),
    ],
)
def test_carbon_half_on_both_sides(year: int, value: float, verdict: Verdict) -> None:
    row = CityYear(id="x", quantity="greenhouse_gas", fiscal_year=year, value=value, base_value=62.2)
    (answers,) = assess([row], BOTH)
    assert answers.finding("greenhouse_gas.all.2030").verdict is verdict


def test_what_is_needed_each_year_leads_to_the_target() -> None:
    row = CityYear(id="x", quantity="solar_capacity", fiscal_year=2022, value=720_000)
    (answers,) = assess([row], BOTH)
    finding = answers.finding("solar_capacity.all.2030")
    assert finding.steps[-1].value == (2_000_000 - 720_000) / 8
    assert finding.steps[-2].value == 36
    assert "2025-03-28, ゼロエミッション東京戦略 Beyond カーボンハーフ 70/74" in str(finding.steps[0].value)


def test_a_target_that_the_rule_set_does_not_hold_is_named_not_dropped() -> None:
    row = CityYear(id="x", quantity="greenhouse_gas", fiscal_year=2030, value=30, base_value=62.2)
    (answers,) = assess([row], rules("targets", "adopted_2025"))
    halving = answers.finding("greenhouse_gas.all.2030")
    assert halving.verdict is Verdict.NOT_ASSESSED
    assert "ghg_2030" in halving.steps[-1].text.en
    assert answers.finding("greenhouse_gas.all.2035").verdict is Verdict.FOR_INFORMATION


def test_progress_of_a_run() -> None:
    answers = progress_of(run_of_the_city(), BOTH, base_emissions().value)
    assert answers.subject.en == "hand_made"
    verdicts = {finding.name: finding.verdict for finding in answers.findings}
    assert verdicts["greenhouse_gas.all.2030"] is Verdict.COMPLIES
    assert verdicts["greenhouse_gas.all.2035"] is Verdict.FALLS_SHORT  # 24.88 would just do
    assert verdicts["greenhouse_gas.all.2050"] is Verdict.FOR_INFORMATION  # the run ends before
    assert verdicts["final_energy.residential.2030"] is Verdict.COMPLIES
    assert verdicts["final_energy.commercial.2030"] is Verdict.COMPLIES
    assert verdicts["final_energy.transport.2030"] is Verdict.COMPLIES
    assert verdicts["final_energy.all.2030"] is Verdict.FALLS_SHORT
    assert answers.finding("final_energy.all.2030").value == pytest.approx(100 * (300 - 182.5) / 300)
    assert answers.finding("final_energy.industry_and_commercial.2030").value == pytest.approx(100 * 55 / 150)
    assert verdicts["solar_capacity.all.2030"] is Verdict.COMPLIES
    assert verdicts["solar_capacity.all.2035"] is Verdict.FALLS_SHORT
    assert verdicts["renewable_share.all.2026"] is Verdict.FOR_INFORMATION  # the last year before is 2020
    assert answers.finding("renewable_share.all.2026").value == 19
    assert "batteries.all.2030" not in verdicts


def test_a_run_without_a_base_year_or_a_variable_is_compared_where_it_can_be() -> None:
    late = run_of_the_city().drop_vars("greenhouse_gas").sel(year=[2030, 2035])
    names = {finding.name for finding in progress_of(late, BOTH).findings}
    assert names == {"solar_capacity.all.2030", "solar_capacity.all.2035", "renewable_share.all.2030",
                     "renewable_share.all.2035"}  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        {"quantity": "greenhouse_gas", "value": 30},
        {"quantity": "renewable_share", "value": 1.2},
        {"quantity": "solar_capacity", "value": -1},
        {"quantity": "solar_capacity", "value": 1, "fiscal_year": 1999},
    ],
)
def test_bad_rows_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CityYear(**({"id": "x", "fiscal_year": 2030} | row))


def test_the_worked_rows_are_assessed() -> None:
    assert len(assess(PROGRAMME.examples, BOTH)) == 3
