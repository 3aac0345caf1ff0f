"""Equipment turnover and choice against worked examples and closed forms."""

import numpy as np
import pytest

from model.equipment import calibration_constants, choice_shares, equip_new_buildings, replace_equipment
from model.faults import BadInput
from model.stock import base_year_cohorts
from model.survival import Survival, hazard_table, survival_table


def test_replacement_gives_what_retires_to_what_is_chosen() -> None:
    share = np.array([[[0.4, 0.2, 0.0], [0.3, 0.1, 0.0]]])
    result = replace_equipment(share, np.array([[0.5, 0.1, 0.0], [0.2, 0.0, 0.0]]), np.array([[0.25, 0.75]]), 2)
    assert result.retired == pytest.approx(np.array([[0.22, 0.06]]), rel=1e-14)
    assert result.equipment_share == pytest.approx(np.array([[[0.2, 0.18, 0.07], [0.24, 0.1, 0.21]]]), rel=1e-14)


def test_new_buildings_enter_by_floor_area() -> None:
    share = np.array([[[0.6, 0.0], [0.4, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
    after = equip_new_buildings(share, np.array([0.1, 0.0]), np.array([[0.0, 1.0], [0.5, 0.5]]), 1)
    assert after == pytest.approx(np.array([[[0.54, 0.0], [0.36, 0.1]], [[1.0, 0.0], [0.0, 0.0]]]), rel=1e-14)


def test_steady_replacement_retires_one_life_a_mean_lifetime() -> None:
    # Log-normal lives of mean 15: a stationary stock loses 1/15 a year, whatever is chosen, once installations that
    # failed at once are counted in (1 − S(0.5) is below 1e-12 here).
    curve = Survival.from_mean_sd("log_normal", 15.0, 4.0)
    vintages = np.arange(1900, 2011)
    survivors = survival_table([curve], vintages, [2000])[0]
    share = base_year_cohorts(np.array([[[1.0]]]), survivors[None], vintages, [1900], [2000])
    for hazard in hazard_table([curve], vintages, np.arange(2001, 2011)):
        year_index = 101 + int(np.count_nonzero(share[0, 0, 101:]))
        result = replace_equipment(share, hazard, np.array([[1.0]]), year_index)
        share = result.equipment_share
        assert float(result.retired[0, 0]) == pytest.approx(1 / 15, rel=1e-9)


BASE = np.array([[0.5, 0.3, 0.2, 0.0], [0.1, 0.1, 0.7, 0.1]])
COST = np.array([[60e3, 80e3, 45e3, 1e3], [20e3, 30e3, 25e3, 50e3]])


def test_calibrated_choice_meets_the_base_year() -> None:
    constants = calibration_constants(BASE, COST, 1e-4)
    assert choice_shares(COST, 1e-4, constants) == pytest.approx(BASE, rel=1e-14, abs=0)


def test_a_subsidy_multiplies_the_odds_by_the_exponential() -> None:
    constants = calibration_constants(BASE, COST, 1e-4)
    cheaper = COST - np.array([0.0, 5e3, 0.0, 0.0])
    shares = choice_shares(cheaper, 1e-4, constants)
    odds = shares[:, 1] / shares[:, 2]
    assert odds == pytest.approx(np.exp(0.5) * BASE[:, 1] / BASE[:, 2], rel=1e-12)


def test_a_ban_gives_nothing_and_the_rest_keep_their_odds() -> None:
    constants = calibration_constants(BASE, COST, 1e-4)
    shares = choice_shares(COST, 1e-4, constants, [True, False, True, True])
    assert shares == pytest.approx(np.array([[5 / 7, 0, 2 / 7, 0], [1 / 9, 0, 7 / 9, 1 / 9]]), rel=1e-13)


def test_choice_is_stable_for_any_cost() -> None:
    shares = choice_shares(np.array([1e9, 1e9 + 1.0, 5e9]), 1.0, np.zeros(3))
    assert shares == pytest.approx([1 / (1 + np.exp(-1)), np.exp(-1) / (1 + np.exp(-1)), 0.0], rel=1e-6)
    assert choice_shares(np.array([1.0, 2.0]), 0.0, np.array([-2000.0, -2000.0])).tolist() == [0.5, 0.5]


def test_nothing_left_to_choose_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one"):
        choice_shares(COST, 1e-4, calibration_constants(BASE, COST, 1e-4), False)
