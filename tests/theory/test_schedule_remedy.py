"""What mends a schedule that cannot be, within the time there is, and what counts as proven."""

import numpy as np
import pytest
from schedule_cases import YEARS, announced, tiny

from model.inputs import read_data
from model.optimise.facility_schedule.answer import solve_schedule, with_works
from model.optimise.facility_schedule.inputs import Settings, checked, problem
from model.optimise.facility_schedule.problem import Credit
from model.optimise.facility_schedule.remedy import remedy
from model.optimise.facility_schedule.rows import FacilityRow, PathRow


def test_a_plan_without_a_gap_is_proven_best_even_if_none_is_asked_for() -> None:
    found = solve_schedule(tiny(3, (2, 2), announced(), certificates=True), 0.0)
    assert found.proof.gap <= 1e-6
    assert found.proof.status == "optimal"


# Two facilities, heat pumps that no year's budget pays for, no credits: the least money was searched for in yen beside
# ones and tonnes, in which the solver lost its digits and its way.
@pytest.mark.slow
def test_the_least_money_of_a_small_portfolio_is_found_and_is_enough() -> None:
    rows = [
        FacilityRow(id="plant", owner="one", building_use="factory", kind="factory", floor_area_m2=40000, base_t=11000,
                    electricity_mwh=3000, city_gas_1000m3=3000, heat_source_from=2012),
        FacilityRow(id="tower", owner="one", floor_area_m2=60000, base_t=9000, electricity_mwh=14000,
                    city_gas_1000m3=500),
    ]  # fmt: skip
    kinds = ("excess", "tokyo_small_mid", "renewable", "outside_tokyo", "saitama_link", "other_gas")
    years = [PathRow(year=2025, budget=60e6, **{f"{kind}_supply": 0.0 for kind in kinds})]
    settings = Settings(2025, 2034)
    case = problem(checked(read_data(), rows, [], years, settings), settings)
    found = remedy(case, 0.005, 120.0)
    assert found.money is not None and found.money.proof.status == "optimal"
    assert found.money.proof.bound <= found.money.extra_money + 1.0
    enough = case.changed(budget=case.budget + found.money.beyond_budgets[0] + 1.0)
    assert with_works(enough, found.money.starts).amounts.missing_t.sum() == 0.0
    short = remedy(case, 0.005, 1.0)
    assert short.money is not None
    assert short.money.proof.bound <= found.money.extra_money + 1.0
    assert short.money.extra_money >= found.money.proof.bound - 1.0


def test_no_money_is_told_to_help_only_if_it_is_proven_to() -> None:
    case = tiny(0, (2, 2), announced(sale=False), certificates=False)
    none = {kind: Credit(one.price, np.zeros(2)) for kind, one in case.credits.items()}
    case = case.changed(credits=none, budget=np.full(YEARS, 1.0), capacity=np.full(YEARS, np.inf))
    hopeless = case.changed(rate=np.ones_like(case.rate), issue_rate=np.ones_like(case.rate))
    found = remedy(hopeless, 1e-6, 30.0)
    assert found.money is None and found.no_money
    assert found.tonnes is not None and found.tonnes.proof.bound > 0
