"""The events of a year against worked examples, brute force and the stock-driven model."""

import numpy as np
import pytest

from model.faults import BadInput
from model.stock import (
    BalanceError,
    FallingStockError,
    balance_residual,
    base_year_cohorts,
    build_to_demand_in_place,
    check_balance,
    demolish_in_place,
    inflow_driven,
    renovate,
    renovation_flow,
    stock_driven,
)
from model.survival import Survival, conditional_survival, hazard_table, survival_table

CURVES = [Survival.weibull(2.4, 60.0), Survival.from_mean_sd("log_normal", 40.0, 15.0)]


def test_demolition_takes_the_hazard_of_each_cohort() -> None:
    area = np.array([[[100.0, 40.0, 0.0], [10.0, 0.0, 0.0]]])
    demolished = demolish_in_place(area, np.array([[0.1, 0.5, 0.02]]))
    assert demolished == pytest.approx(np.array([[30.0, 1.0]]), rel=1e-14)
    assert area == pytest.approx(np.array([[[90.0, 20.0, 0.0], [9.0, 0.0, 0.0]]]), rel=1e-14)


def test_construction_closes_the_gap_at_year_end() -> None:
    area = np.array([[[90.0, 0.0], [20.0, 0.0]]])
    done = build_to_demand_in_place(area, np.array([[99.0, 20.0]]), 1, np.array([0.9]))
    assert area[0, :, 1] == pytest.approx([9.0, 0.0])
    # 10 m² are begun at mid-year so that 9 m² see the year's end.
    assert done.built == pytest.approx(np.array([[10.0, 0.0]]))
    assert done.demolished_first_year == pytest.approx(np.array([[1.0, 0.0]]))
    assert not done.vacant.any() and not done.demolished_oldest.any() and len(done.falling_cells) == 0


def falling_case() -> tuple[np.ndarray, np.ndarray]:
    area = np.array([[[30.0, 50.0, 20.0, 0.0], [10.0, 0.0, 5.0, 0.0]]])
    return area, np.array([[60.0, 18.0]])


def test_falling_stock_stops_with_year_and_cells() -> None:
    area, demand = falling_case()
    with pytest.raises(FallingStockError) as stopped:
        build_to_demand_in_place(area, demand, 3, np.array([1.0]))
    assert stopped.value.cells.tolist() == [[0, 0]]
    assert stopped.value.surplus.tolist() == [40.0]
    fault = stopped.value.as_fault("scenario.yaml", [2018, 2019, 2020, 2021], ["office"], ["Chiyoda", "Chuo"])
    assert "2021" in fault.problem("en") and "2021" in fault.problem("ja")
    assert fault.given == "office / Chiyoda: 40 m²"
    assert area.tolist() == falling_case()[0].tolist(), "a refused year leaves the stock as it was"


def test_falling_stock_stands_vacant() -> None:
    area, demand = falling_case()
    done = build_to_demand_in_place(area, demand, 3, np.array([1.0]), "vacant")
    assert done.vacant.tolist() == [[40.0, 0.0]]
    assert done.falling_cells.tolist() == [[0, 0]]
    assert area.sum(axis=2).tolist() == [[100.0, 18.0]]
    assert done.built.tolist() == [[0.0, 3.0]]


def test_falling_stock_is_taken_down_oldest_first() -> None:
    area, demand = falling_case()
    done = build_to_demand_in_place(area, demand, 3, np.array([1.0]), "demolish_oldest")
    assert done.demolished_oldest.tolist() == [[40.0, 0.0]]
    assert area.tolist() == [[[0.0, 40.0, 20.0, 0.0], [10.0, 0.0, 5.0, 3.0]]]
    assert not done.vacant.any()


def test_rounding_is_no_falling_stock() -> None:
    area = np.full((1, 1, 11), 0.1)
    area[0, 0, 10] = 0.0
    demand = np.array([[area.sum() * (1 - 2e-16)]])
    done = build_to_demand_in_place(area, demand, 10, np.array([1.0]))
    assert len(done.falling_cells) == 0


def test_march_of_events_is_the_stock_driven_model() -> None:
    years = np.arange(2000, 2041)
    demand = 100.0 * (1 + 0.01 * np.arange(41))[:, None, None] * np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 0.1]])
    hazards = hazard_table(CURVES, years, years)
    area = np.zeros((2, 3, 41))
    built, demolished = np.empty((41, 2, 3)), np.empty((41, 2, 3))
    for y in range(41):
        before = area.sum(axis=2)
        demolished[y] = demolish_in_place(area, hazards[y])
        done = build_to_demand_in_place(area, demand[y], y, 1 - hazards[y, :, y])
        built[y] = done.built
        demolished[y] += done.demolished_first_year
        check_balance(balance_residual(before, area.sum(axis=2), built[y], demolished[y]), int(years[y]))
    at_once = stock_driven(demand, survival_table(CURVES, years, years))
    assert built == pytest.approx(at_once.inflow, rel=1e-11)
    assert demolished == pytest.approx(at_once.outflow, rel=1e-10)
    assert area == pytest.approx(np.moveaxis(at_once.cohorts[-1], 0, 2), rel=1e-11)


def test_stock_driven_is_the_solution_of_the_linear_system() -> None:
    years = np.arange(30)
    table = survival_table(CURVES, years, years)
    demand = np.random.default_rng(1).uniform(50, 60, (30, 2)).cumsum(axis=0)
    result = stock_driven(demand, table)
    for kind in range(2):
        assert result.inflow[:, kind] == pytest.approx(np.linalg.solve(table[:, kind], demand[:, kind]), rel=1e-10)
    assert [standing.shape for standing in result.cohorts] == [(y + 1, 2) for y in range(30)]
    assert np.stack([standing.sum(axis=0) for standing in result.cohorts]) == pytest.approx(demand, rel=1e-12)
    assert balance_residual(demand[:-1], demand[1:], result.inflow[1:], result.outflow[1:]).max() < 1e-12


def test_inflow_driven_and_stock_driven_undo_each_other() -> None:
    years = np.arange(40)
    table = survival_table(CURVES, years, years)
    inflow = np.random.default_rng(2).uniform(0, 10, (40, 2, 4))
    assert stock_driven(inflow_driven(inflow, table).stock, table).inflow == pytest.approx(inflow, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("inflow_at", "stock"), [("middle", 30.0), ("end", 30.5), ("start", 29.5)])
def test_stationary_stock_of_a_steady_inflow(inflow_at: str, stock: float) -> None:
    # Log-normal lives of mean 30: an inflow of 1 a year builds up the mean life, half a year more or less by moment.
    years = np.arange(500)
    table = survival_table([Survival.from_mean_sd("log_normal", 30.0, 10.0)], years, years, inflow_at)
    result = inflow_driven(np.ones((500, 1)), table)
    assert result.stock[-1, 0] == pytest.approx(stock, rel=1e-9)
    assert result.outflow[-1, 0] == pytest.approx(1.0, rel=1e-9)


def test_renovation_moves_shares_up_by_rate_and_transition() -> None:
    share = np.array([[[0.5, 0.3, 0.2]]])
    transition = np.array([[0.1, 0.6, 0.3], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
    result = renovate(share, renovation_flow(np.array([[0.1, 0.2, 0.5]]), transition), np.array([[True]]))
    # From the first level 0.05 is renovated: 0.005 stays, 0.03 and 0.015 rise; from the second 0.06: 0.03 rise.
    assert result.moved == pytest.approx(np.array([[[-0.045, 0.03 - 0.03, 0.015 + 0.03]]]), abs=1e-15)
    assert result.standard_share == pytest.approx(np.array([[[0.455, 0.3, 0.245]]]), rel=1e-14)


def test_only_cohorts_that_are_eligible_are_renovated() -> None:
    share = np.tile([1.0, 0.0], (1, 3, 1))
    transition = np.array([[0.0, 1.0], [0.0, 1.0]])
    moved = renovate(share, renovation_flow(np.array([[0.1, 0.1]]), transition), np.array([[True, False, True]])).moved
    assert moved[0].tolist() == [[-0.1, 0.1], [0.0, 0.0], [-0.1, 0.1]]


def test_renovation_takes_a_transition_of_each_segment() -> None:
    share = np.tile([1.0, 0.0], (2, 3, 1))
    transition = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
    moved = renovate(share, renovation_flow(np.full((2, 2), 0.1), transition), np.ones((2, 3), dtype=bool)).moved
    assert moved[0].tolist() == [[0.0, 0.0]] * 3
    assert moved[1].tolist() == [[-0.1, 0.1]] * 3


PERIODS = ([1941, 1971, 1981, 1991], [1970, 1980, 1990, 2000])


def test_base_year_cohorts_keep_each_period_and_its_survivors() -> None:
    vintages = np.arange(1941, 2051)
    survivors = survival_table(CURVES, vintages, [2000])[0]
    total = np.random.default_rng(3).uniform(0, 1e6, (2, 5, 4))
    cohorts = base_year_cohorts(total, survivors[:, None, :], vintages, *PERIODS)
    assert cohorts.shape == (2, 5, 110)
    for period, (first, last) in enumerate(zip(*PERIODS, strict=True)):
        inside = (vintages >= first) & (vintages <= last)
        assert cohorts[:, :, inside].sum(axis=2) == pytest.approx(total[:, :, period], rel=1e-13)
        # Uniform construction: what stands of two vintages is in the ratio of their survival.
        expected = survivors[:, inside] / survivors[:, inside][:, :1]
        assert cohorts[:, 2, inside] / cohorts[:, 2, inside][:, :1] == pytest.approx(expected, rel=1e-12)
    assert not cohorts[:, :, vintages > 2000].any()


def test_base_year_cohorts_go_on_with_conditional_survival() -> None:
    vintages = np.arange(1941, 2051)
    cohorts = base_year_cohorts(
        np.full((2, 1, 4), 1e6), survival_table(CURVES, vintages, [2000])[0][:, None], vintages, *PERIODS
    )
    area = cohorts.copy()
    for hazard in hazard_table(CURVES, vintages, np.arange(2001, 2026)):
        demolish_in_place(area, hazard)
    age = 2000 - vintages[:60] + 0.5
    for segment, curve in enumerate(CURVES):
        expected = cohorts[segment, 0, :60] * conditional_survival(curve, age + 25, age)
        assert area[segment, 0, :60] == pytest.approx(expected, rel=1e-12)


def test_base_year_stock_that_cannot_have_survived_is_refused() -> None:
    vintages = np.arange(1941, 2001)
    short = survival_table([Survival.from_mean_sd("s_curve", 10.0, 2.0)], vintages, [2000])[0]
    with pytest.raises(BadInput, match="1941-1970"):
        base_year_cohorts(np.ones((1, 4)), short, vintages, *PERIODS)
    nothing_stands = base_year_cohorts(np.array([[0.0, 0.0, 2.0, 1.0]]), short, vintages, *PERIODS)
    assert nothing_stands.sum() == pytest.approx(3.0)


def test_a_broken_balance_names_year_and_cells() -> None:
    before = np.array([[100.0, 50.0], [0.0, 10.0]])
    after = np.array([[105.0, 50.0], [0.0, 9.0]])
    built = np.array([[10.0, 0.0], [0.0, 0.0]])
    demolished = np.array([[5.0, 0.0], [0.0, 1.0 + 1e-6]])
    residual = balance_residual(before, after, built, demolished)
    assert residual == pytest.approx(np.array([[0.0, 0.0], [0.0, 1e-7]]), rel=1e-6)
    with pytest.raises(BalanceError, match=r"2031.*\(1, 1\)"):
        check_balance(residual, 2031)
    with pytest.raises(BalanceError):
        check_balance(np.array([[np.nan]]), 2031)
    check_balance(residual[:1], 2031)
