"""What a tonne is worth to a facility in a period: what a small shift of its emissions changes in all trade."""

from dataclasses import replace

import numpy as np
import pytest
from schedule_cases import announced, tiny

from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.choice import Choice
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import Practice, Problem
from model.optimise.facility_schedule.tonne import with_worth
from model.optimise.solver import SolverOptions

#: Shift of emissions in the last year of a period [t-CO2]: too small to change what is sold and bought.
SHIFT = 0.01


def cost(problem: Problem, plans: list[Plan]) -> float:
    return Choice(problem, [[plan] for plan in plans]).solve(SolverOptions(20, 1e-12)).proof.objective


@pytest.mark.parametrize("certificates", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("practice", [
    announced(), announced(transfer=False), announced(banking=False), announced(sale=False),
    announced(seller_cap_share=None, early_sale=False), announced(outside_share=None),
])  # fmt: skip
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_worth_of_a_tonne_is_the_slope_of_all_trade(seed: int, practice: Practice, certificates: bool) -> None:
    problem = tiny(seed, (1, 2, 1), practice, certificates)
    found = with_worth(solve_schedule(problem, 1e-6, 20))
    here = cost(problem, list(found.plans))
    looked_at = 0
    for f in range(problem.facilities):
        for p in range(problem.periods):
            slopes = []
            for shift in (-SHIFT, SHIFT):
                plans, last = list(found.plans), problem.last_year(p)
                raw = plans[f].raw_emissions_t.copy()
                raw[last] += shift
                plans[f] = replace(plans[f], raw_emissions_t=raw)
                slopes.append((cost(problem, plans) - here) / shift / problem.discount[last])
            if found.amounts.missing_t[f, p] > 0:
                assert np.isnan(found.worth[f, p])
                continue
            # Between what a tonne less saves and what a tonne more costs, to what the solver can tell of such a shift.
            least, most = sorted(slopes)
            assert least - 1.0 <= found.worth[f, p] <= most + 1.0, (f, p)
            looked_at += 1
    assert looked_at


def test_a_plan_of_least_emissions_puts_no_price_on_a_tonne() -> None:
    problem = tiny(1, (1, 1), announced(), True).changed(aim="emissions")
    assert np.isnan(with_worth(solve_schedule(problem, 1e-6, 20)).worth).all()
