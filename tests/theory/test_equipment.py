"""Equipment turnover and choice against worked examples and closed forms."""

import numpy as np
import pytest

from model.equipment import calibration_constants, choice_shares, turnover
from model.faults import BadInput
from model.stock import base_year_cohorts
from model.survival import Survival, survival_table


def one_use(technologies: int) -> np.ndarray:
    """The number of the end use of each technology where all serve the same one."""
    return np.zeros(technologies, dtype=np.intp)


def test_replacement_gives_what_retires_to_what_is_chosen() -> None:
    # Two technologies, units of two years; in the next year half and a tenth of the first leave, a fifth and none of
    # the second: 0.22 + 0.06 of the floor area, given a quarter and three quarters.
    base = np.array([[[0.4, 0.2], [0.3, 0.1]]])
    standing = np.array([[[0.8, 1.0, 0.0], [0.5, 1.0, 0.0]], [[0.4, 0.9, 1.0], [0.4, 1.0, 1.0]]])
    choice = np.tile([0.25, 0.75], (2, 1, 1))
    efficiency = np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 5.0]])
    result = turnover(base, standing, efficiency, one_use(2), choice, choice, np.zeros((2, 1)))
    assert result.share[:, 0] == pytest.approx(
        np.array([[0.6, 0.4], [0.2 + 0.18 + 0.07, 0.24 + 0.1 + 0.21]]), rel=1e-14
    )
    assert result.final_per_useful[1, 0] == pytest.approx([0.2 + 0.09 + 0.0175, 0.24 + 0.1 + 0.042], rel=1e-14)


def test_new_buildings_enter_by_floor_area() -> None:
    base = np.array([[[0.6], [0.4]], [[1.0], [0.0]]])
    standing = np.ones((2, 2, 2))
    chosen_new = np.array([[[0.0, 1.0], [0.5, 0.5]]] * 2)
    replaced = np.full((2, 2, 2), 0.5)
    share = np.array([[0.0, 0.0], [0.1, 0.0]])
    result = turnover(base, standing, np.ones((2, 2)), one_use(2), replaced, chosen_new, share)
    assert result.share[1] == pytest.approx(np.array([[0.54, 0.46], [1.0, 0.0]]), rel=1e-14)


def test_steady_replacement_retires_one_life_a_mean_lifetime() -> None:
    # Log-normal lives of mean 15: a stationary stock loses 1/15 a year, whatever is chosen, once installations that
    # failed at once are counted in (1 − S(0.5) is below 1e-12 here). The second technology is all that is chosen.
    curve = Survival.from_mean_sd("log_normal", 15.0, 4.0)
    vintages, years = np.arange(1900, 2011), np.arange(2000, 2011)
    standing = survival_table([curve, curve], vintages, years)
    old = base_year_cohorts(np.array([1.0]), standing[0, 0], vintages, [1900], [2000])[:101]
    base = np.stack([old, np.zeros_like(old)])[None]
    choice = np.tile([0.0, 1.0], (len(years), 1, 1))
    result = turnover(base, standing, np.ones((2, 111)), one_use(2), choice, choice, np.zeros((len(years), 1)))
    assert np.diff(result.share[:, 0, 1])[:3] == pytest.approx(1 / 15, rel=1e-9)


def test_turnover_is_the_march_of_every_unit_year_by_year() -> None:
    random = np.random.default_rng(7)
    years, segments, first = 6, 3, 4
    end_use = np.array([0, 1, 0, 1, 1])
    vintages = first + years
    falling = np.cumprod(random.uniform(0.5, 1.0, (years, 5, vintages)), axis=0)
    standing = np.where(np.arange(vintages) - first + 1 > np.arange(years)[:, None, None] + 1, 0.0, falling)
    shares = random.random((segments, 5))
    replaced, new = random.random((2, years, segments, 5))
    for use in (0, 1):
        inside = end_use == use
        for array in (shares, replaced, new):
            array[..., inside] /= array[..., inside].sum(axis=-1, keepdims=True)
    ages = random.random((5, first + 1))
    base = shares[:, :, None] * (ages / ages.sum(axis=1, keepdims=True))
    efficiency, new_share = random.uniform(0.5, 4.0, (5, vintages)), random.random((years, segments))
    result = turnover(base, standing, efficiency, end_use, replaced, new, new_share)
    for s in range(segments):
        units = {(t, v): float(base[s, t, v]) for t in range(5) for v in range(first + 1)}
        for y in range(years):
            if y:
                lost = {key: u * (1 - standing[y, *key] / standing[y - 1, *key]) for key, u in units.items()}
                units = {key: (u - lost[key]) * (1 - new_share[y, s]) for key, u in units.items()}
                for t in range(5):
                    gone = sum(loss for (other, _), loss in lost.items() if end_use[other] == end_use[t])
                    n = new_share[y, s]
                    units[t, first + y] = (1 - n) * replaced[y, s, t] * gone + n * new[y, s, t]
            for t in range(5):
                mine = {v: u for (other, v), u in units.items() if other == t}
                assert result.share[y, s, t] == pytest.approx(sum(mine.values()), rel=1e-12)
                final = sum(u / efficiency[t, v] for v, u in mine.items())
                assert result.final_per_useful[y, s, t] == pytest.approx(final, rel=1e-12)


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
