"""What measures do, against closed forms."""

import numpy as np
import pytest

from model.optimise.facility_schedule.physics import (
    outlay,
    payment_years,
    payments,
    present_cost,
    residual_share,
    set_table,
    use_of_sets,
    worn_share,
)
from model.optimise.facility_schedule.problem import Work


def work(**changes: object) -> Work:
    facts = {
        "measure": "m", "saving": np.zeros(4), "fuel_replaced": 0.0, "electricity_per_fuel": np.zeros(4),
        "generation_mwh": 0.0, "off_site_share": 0.0, "off_site_premium": 0.0, "cost": np.full(10, 100.0),
        "renewal_cost": 40.0, "annual_cost": 0.0, "life": 4, "allowed": np.ones(10, dtype=bool),
    }  # fmt: skip
    return Work(**{**facts, **changes})


def test_savings_act_on_what_is_left() -> None:
    half, third = work(saving=np.array([0.5, 0, 0, 0])), work(saving=np.array([0.3, 0, 0, 0]))
    table = set_table((half, third), np.array([1000.0, 0, 0, 0]))
    assert table.amount[0].tolist() == pytest.approx([1000.0, 500.0, 700.0, 350.0])


def test_electricity_in_place_of_gas_acts_after_savings() -> None:
    saving = work(saving=np.array([0, 0.5, 0, 0]))
    pump = work(fuel_replaced=0.6, electricity_per_fuel=np.array([0, 3.0, 0, 0]))
    table = set_table((pump, saving), np.array([100.0, 10.0, 0, 0]))
    assert table.amount[:2, 3].tolist() == pytest.approx([100 + 5 * 0.6 * 3, 5 * 0.4])


def test_panels_serve_at_most_what_is_used_and_off_site_supplies_the_rest() -> None:
    panels, contract = work(generation_mwh=300.0), work(off_site_share=0.25)
    use = use_of_sets(set_table((panels, contract), np.array([1000.0, 0, 0, 0])), 0.2)
    assert use.own_mwh.tolist() == [0, 200, 0, 200]
    assert use.grid_mwh.tolist() == pytest.approx([200, 0, 150, 0])
    use = use_of_sets(set_table((panels, contract), np.array([1000.0, 0, 0, 0])), 1.0)
    assert use.grid_mwh.tolist() == pytest.approx([1000, 700, 750, 525])


def test_requirements_and_exclusions_leave_the_sets_that_are_possible() -> None:
    table = set_table((work(), work(requires=0), work(excludes=(0,))), np.array([1.0, 0, 0, 0]))
    assert np.flatnonzero(table.possible).tolist() == [0, 1, 3, 4]


def test_equipment_is_worn_at_its_renewal_and_new_after_it() -> None:
    worn = worn_share(2020, 10, np.arange(2026.0, 2034.0))
    assert worn.tolist() == pytest.approx([0.6, 0.7, 0.8, 0.9, 1.0, 0.1, 0.2, 0.3])
    assert outlay(1000.0, 0.8, worn)[4] == pytest.approx(200.0)
    assert np.argmin(outlay(1000.0, 0.8, worn)) == 4


def test_overdue_equipment_is_due_in_the_first_year() -> None:
    assert worn_share(2000, 10, np.arange(2026.0, 2029.0)).tolist() == pytest.approx([1.0, 0.1, 0.2])


def test_a_measure_is_paid_for_again_at_the_end_of_its_life_and_keeps_a_value() -> None:
    assert np.flatnonzero(payment_years(4, 10)[1]).tolist() == [1, 5, 9]
    assert residual_share(4, 10)[[1, 2]].tolist() == pytest.approx([0.75, 0.0])
    assert payments(work(cost=np.arange(10.0)), 10)[2].tolist() == [0, 0, 2, 0, 0, 0, 40, 0, 0, 0]
    assert present_cost(work(), np.ones(11))[1] == pytest.approx(100 + 40 + 40 - 0.75 * 40)
    half = 2.0 ** -np.arange(11)
    assert present_cost(work(), half)[9] == pytest.approx(100 * half[9] - 75 * half[10])
