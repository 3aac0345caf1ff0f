"""Works moved alone and in pairs, and trade with the own bank: against limits, and against a linear program."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedule_cases import PRACTICES, YEARS, tiny
from scipy.optimize import linprog

from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.exchange import Exchange
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.own_trade import Market, own_trade
from model.optimise.facility_schedule.physics import standing_sets
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import FloatArray, Practice, Problem
from model.optimise.until import Until

SOME = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def least_trade(case: Problem, excess: FloatArray, short: FloatArray, market: Market) -> float:
    """Columns: sold of both periods, bought of both periods, kept into both periods."""
    price = np.concatenate([-market.use[0], market.cover[0], [0.0, 0.0]])
    later = np.inf if case.practice.banking else 0.0
    first = case.bank_t[0] if case.practice.banking else 0.0
    bounds = [(0, top) for top in (*market.most[0], np.inf, np.inf, first, later)]
    # What is sold and kept is no more than the excess; what is bought and kept is no less than the shortfall.
    rows = [[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0], [0, 0, -1, 0, -1, 0], [0, 0, 0, -1, 0, -1]]
    return float(linprog(price, rows, [*excess, *-short], bounds=bounds).fun)


@SOME
@given(st.integers(0, 10**6), PRACTICES)
def test_own_trade_is_the_least_cost_of_sales_bank_and_cover(seed: int, practice: Practice) -> None:
    draw = np.random.default_rng(seed)
    case = tiny(seed, (3,), practice, certificates=True)
    market = Market(*(draw.uniform(0, top, (1, 2)) for top in (5000, 5000, 1000)))
    own = FacilityPlans(case, 0)
    starts = np.where(own.allowed.any(axis=1), np.argmax(own.allowed, axis=1), -1)
    plan = own.bare(starts if own.table.possible[standing_sets(starts, YEARS)].all() else np.full(3, -1))
    for shift in draw.uniform(-800, 800, (6, 2)):
        shifted = replace(plan, position_t=shift, forgiven_t=np.zeros(2))
        excess = np.maximum(shift - case.withheld_t(0), 0.0)
        wanted = least_trade(case, excess, np.maximum(-shift, 0.0), market)
        trade = own_trade(case, 0, shifted, market)
        assert trade.cost == pytest.approx(wanted, rel=1e-9, abs=1e-3)
        for p in range(2):
            # A worth is the slope on one side, so it lies between the gain of one tonne more and the loss of one less.
            step = np.eye(2)[p]
            more = wanted - least_trade(case, excess + step, np.maximum(-shift, 0.0), market)
            less = least_trade(case, np.maximum(excess - step, 0.0), np.maximum(-shift, 0.0), market) - wanted
            if excess[p] >= 1.0:
                assert more - 1e-3 <= trade.excess[p] <= less + 1e-3


@SOME
@given(st.integers(0, 10**6), PRACTICES)
def test_moves_of_works_keep_all_limits_and_never_cost_more(seed: int, practice: Practice) -> None:
    case = tiny(seed, (3, 3, 2), practice, certificates=True)
    case = case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, 2.0))
    work, master = Decomposition(case), Master(case)
    work._first_plans(master)
    answer = master.solve()
    nothing = [np.full(len(own), -1, dtype=np.int64) for own in case.works]
    exchange = Exchange(work, answer.prices, master.market(), nothing, seed)
    before = exchange.charge
    asked = []

    def worth(plans: object) -> float:
        asked.append(exchange.charge)
        return exchange.charge

    plans = exchange.improve(worth, -np.inf, Until.after(0.3))
    assert asked[0] <= before + 1.0
    paid, begun = (np.sum([getattr(plan, name) for plan in plans], axis=0) for name in ("paid", "begun"))
    assert (paid <= case.budget + 1.5).all()
    assert (begun <= case.capacity + 1e-3).all()
    for own, plan in zip(work.facilities, plans, strict=True):
        assert own.table.possible[standing_sets(plan.starts, YEARS)].all()
        assert all(own.allowed[place, start] for place, start in enumerate(plan.starts) if start >= 0)
