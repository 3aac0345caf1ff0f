"""The last kilograms of a schedule: what rounding leaves short comes from the owner before anyone buys a credit."""

import numpy as np
import pytest
from schedule_cases import YEARS, announced, tiny

from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.ledger import Amounts, settled
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import Credit, Practice, Problem


def just_short(practice: Practice, kilograms: float, certificates: bool = False) -> tuple[Problem, Amounts]:
    """Two facilities without works: the first is some kilograms short in the first period, the second sells 50 t."""
    case = tiny(5, (0, 0), practice, certificates)
    case = case.changed(issue_rate=case.rate, owner=np.zeros(2, dtype=np.int64), bank_t=np.zeros(2))
    plans = [FacilityPlans(case, f).bare(np.zeros(0, dtype=np.int64)) for f in range(2)]
    # What was emitted before the plan is set so that the first period ends where it should.
    position = case.position_t(np.array([plan.raw_emissions_t for plan in plans]))
    past = case.past_emissions_t + position[:, 0] - np.array([-kilograms / 1000, 100.0])
    case = case.changed(past_emissions_t=past)
    plans = [FacilityPlans(case, f).bare(np.zeros(0, dtype=np.int64)) for f in range(2)]
    shape, slots = (2, 2), len(case.slots)
    names = ("kept", "bought", "bought_kept", "outside", "outside_kept", "ordered", "given", "received")
    found = {name: np.zeros(shape) for name in names}
    found["renewable"] = np.zeros((2, 2, YEARS))
    found["recognised"], found["sold"] = np.zeros((2, YEARS)), np.zeros((2, slots))
    found["bought"][:, 1] = np.maximum(-plans[0].position_t[1], 0.0), np.maximum(-plans[1].position_t[1], 0.0)
    last = max(number for number, slot in enumerate(case.slots) if slot.period == 0)
    found["sold"][1, last] = 50.0
    if certificates:
        found["renewable"][0, 0, 0] = 1e-3
    return case, settled(case, plans, found)


def test_an_owner_covers_kilograms_itself() -> None:
    case, amounts = just_short(announced(early_sale=False, seller_cap_share=None), 3.0)
    assert amounts.short_t[0, 0] == pytest.approx(0.003, abs=0.0035)
    assert amounts.bought_t[0, 0] == 0.0 and amounts.missing_t[0, 0] == 0.0
    assert amounts.received_t[0, 0] == amounts.given_t[1, 0] == amounts.short_t[0, 0]
    # Of 100 t of excess what is not sold covers the next period, so the sale gives way.
    assert amounts.sold_by_period(case)[1, 0] == pytest.approx(50.0 - amounts.given_t[1, 0], abs=1e-9)


def test_without_transfers_kilograms_are_bought() -> None:
    _, amounts = just_short(announced(early_sale=False, seller_cap_share=None, transfer=False), 3.0)
    assert amounts.bought_t[0, 0] == amounts.short_t[0, 0] > 0
    assert amounts.given_t.sum() == 0


def test_what_was_meant_to_be_bought_is_bought() -> None:
    _, amounts = just_short(announced(early_sale=False, seller_cap_share=None), 500.0)
    assert amounts.bought_t[0, 0] == amounts.short_t[0, 0] == pytest.approx(0.5, abs=0.0035)


def test_a_little_more_renewables_cover_kilograms_where_some_are_bought() -> None:
    _, amounts = just_short(announced(early_sale=False, seller_cap_share=None), 3.0, certificates=True)
    assert amounts.short_t[0, 0] == 0.0 and amounts.bought_t[0, 0] == 0.0
    # Three kilograms and what rounding adds, at 0.45 t/MWh or less.
    assert 0.003 / 0.45 < amounts.renewable_mwh[:, 0].sum() < 0.01 / 0.2


# Without credits the last kilograms must come from the owner. Each of these portfolios can meet its duty; in some an
# owner's other facility has excess that may not be given, or sold it early, or all renewables are bought already.
@pytest.mark.parametrize("seed", [0, 5, 10, 38, 39])
def test_a_duty_that_can_be_met_without_credits_is_met_to_the_kilogram(seed: int) -> None:
    case = tiny(seed, (2, 2), announced(), certificates=True)
    none = {kind: Credit(one.price, np.zeros(2)) for kind, one in case.credits.items()}
    found = solve_schedule(case.changed(credits=none, capacity=np.full(YEARS, np.inf)), 1e-6)
    assert found.amounts.missing_t.sum() == 0
    assert found.proof.status == "optimal"
