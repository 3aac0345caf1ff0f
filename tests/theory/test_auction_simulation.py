"""The descending auction on cases small enough to play by hand, and what its trials say about the choices."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from model.optimise.auction_choice import as_good, at_the_edge, difference, levels
from model.optimise.auction_simulation import (
    Outcomes,
    Setting,
    extended,
    no_award_probability,
    simulate,
    try_out,
    uniform_costs,
    window,
)
from model.report.auction.trial import reserve_curve

OPENS, CLOSES = window(date(2027, 1, 12), 9)
USUAL = Setting(OPENS, CLOSES, 100.0, 1.0)


def same(costs: list[float], runs: int) -> np.ndarray:
    return np.tile(costs, (runs, 1))


# Costs 90.5 and 95.5 from 100 by steps of 1: the dearer bidder stops at 96. The cheaper one leads at 96 if he came
# second, or goes to 95 once the other has said 96.
def test_two_bidders_played_by_hand() -> None:
    found = simulate(USUAL, same([95.5, 90.5], 400), np.random.default_rng(0))
    settled = found.price <= 96.0
    assert set(found.price[settled]) == {95.0, 96.0}
    assert (found.winner[settled] == 1).all()
    assert settled.mean() > 0.9  # else someone came back too late
    assert (found.offers == 100.0 - found.price).all()


@pytest.mark.parametrize(
    ("cost", "price", "winner", "offers"), [(90.0, 99.0, 0, 1), (99.0, 99.0, 0, 1), (99.5, np.nan, -1, 0)]
)
def test_a_single_bidder_goes_one_step_or_none(cost: float, price: float, winner: int, offers: int) -> None:
    found = simulate(USUAL, same([cost], 20), np.random.default_rng(1))
    assert np.array_equal(found.price, np.full(20, price), equal_nan=True)
    assert set(found.winner) == {winner} and set(found.offers) == {offers}


def test_ends_of_many_windows_are_those_of_each() -> None:
    cases = [
        ("2027-01-20T17:00", "2027-01-20T16:29", "2027-01-20T17:00"),  # early: nothing moves
        ("2027-01-20T16:00", "2027-01-20T15:45", "2027-01-20T16:15"),  # late: half an hour after the offer
        ("2027-01-20T16:50", "2027-01-20T16:30", "2027-01-20T17:00"),  # to the evening, not past it
        ("2027-01-20T16:50", "2027-01-20T16:31", "2027-01-21T12:00"),  # past it: noon of the next day
        ("2027-01-22T17:00", "2027-01-22T16:59", "2027-01-25T12:00"),  # a Friday
        ("2027-02-10T17:00", "2027-02-10T16:59", "2027-02-12T12:00"),  # the day before a national holiday
        ("2027-01-21T12:00", "2027-01-21T11:59", "2027-01-21T12:29"),  # and on from noon
    ]
    ends, offers, moved = (np.array(column, dtype="datetime64[us]") for column in zip(*cases, strict=True))
    assert extended(ends, offers).tolist() == moved.tolist()


def test_auctions_that_roll_over_end_in_office_hours_of_a_later_business_day() -> None:
    costs = np.random.default_rng(3).uniform(60, 100, (300, 8))
    found = simulate(USUAL, costs, np.random.default_rng(4))
    later = [end for end in found.ended.astype(datetime).tolist() if end != CLOSES]
    assert len(later) > 100
    for end in later:
        assert end.date() > CLOSES.date() and end.weekday() < 5
        assert (end.hour, end.minute) >= (12, 0) and end <= end.replace(hour=17, minute=0, second=0, microsecond=0)
    assert (found.extensions[found.ended == np.datetime64(CLOSES)] == 0).all()
    assert (found.extensions[found.ended != np.datetime64(CLOSES)] > 0).all()


@pytest.mark.parametrize("bidders", [1, 3])
def test_no_award_follows_its_closed_form_along_the_reserve(bidders: int) -> None:
    curve = reserve_curve(USUAL, (70.0, 100.0), bidders, 2_000, 5)
    assert curve[0, 1] == 1.0 and curve[-1, 1] == 0.0
    assert curve[12, 1] == pytest.approx(0.5**bidders) == no_award_probability(85.0, bidders, 70.0, 100.0)
    error = np.sqrt(curve[:, 1] * (1 - curve[:, 1]) / 2_000)
    assert (np.abs(curve[:, 2] - curve[:, 1]) <= 4 * error).all()


# One bidder with cost c in [70, 100]: he gets start − 1 if c is not above it, else the last resort of 150.
# From 90: 89 · 19/30 + 150 · 11/30 = 111.37; from 100: 99 · 29/30 + 150 · 1/30 = 100.7.
def test_one_bidder_costs_what_integration_says() -> None:
    low, high = (
        try_out(Setting(OPENS, CLOSES, start, 1.0), uniform_costs(1, 70, 100), 150.0, 4_000, seed=7)
        for start in (90.0, 100.0)
    )
    between = difference(low, high)
    assert between.more == pytest.approx(3341 / 30 - 3021 / 30, abs=4 * between.error)
    assert between.sure
    assert as_good([low, high]) == [high]


def outcomes(start: float, decrement: float, costs: list[float]) -> Outcomes:
    return Outcomes(Setting(OPENS, CLOSES, start, decrement), np.array(costs), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


# Start 90 costs 1 more than start 80 in every auction; the decrement costs +2 and −2 by turns: 0 ± 2 · √(4/3) / 2.
def test_levels_are_compared_auction_by_auction() -> None:
    found = [
        outcomes(80.0, 1.0, [10, 20, 30, 40]),
        outcomes(90.0, 1.0, [11, 21, 31, 41]),
        outcomes(80.0, 2.0, [12, 18, 32, 38]),
        outcomes(90.0, 2.0, [13, 19, 33, 39]),
    ]
    first, second = levels(found, "start")
    assert (first.setting.start, second.setting.start) == (80.0, 90.0)
    assert (second.above.more, second.above.error, second.above.sure) == (1.0, 0.0, True)
    other = levels(found, "decrement")[1]
    assert other.above.more == 0.0 and other.above.error == pytest.approx(np.sqrt(4 / 3))
    assert not other.above.sure
    assert as_good(found) == [found[0], found[2], found[3]]  # the last: 1 ± √(4/3)
    assert at_the_edge(found, "start") and not at_the_edge(found, "closes")


@pytest.mark.parametrize(
    ("offer", "end"),
    [
        ("2027-01-20 15:00", "2027-01-20 16:00"),  # more than 30 minutes before the end: nothing moves
        ("2027-01-20 15:40", "2027-01-20 16:10"),
        ("2027-01-20 16:00", "2027-01-20 16:30"),
    ],
)
def test_an_offer_in_the_last_half_hour_prolongs_by_half_an_hour(offer: str, end: str) -> None:
    assert extended(datetime(2027, 1, 20, 16), datetime.fromisoformat(offer)) == datetime.fromisoformat(end)


def test_beyond_the_evening_it_goes_on_until_noon_of_the_next_business_day() -> None:
    assert extended(datetime(2027, 1, 20, 17), datetime(2027, 1, 20, 16, 50)) == datetime(2027, 1, 21, 12)
    assert extended(datetime(2027, 1, 22, 17), datetime(2027, 1, 22, 16, 50)) == datetime(2027, 1, 25, 12)  # a Friday
    assert extended(datetime(2026, 12, 28, 17), datetime(2026, 12, 28, 16, 31)) == datetime(2027, 1, 4, 12)


def test_no_price_is_below_a_cost_and_every_offer_is_a_step() -> None:
    opens, closes = window(date(2027, 1, 12), 5)
    setting = Setting(opens, closes, 100.0, 1.0)
    random = np.random.default_rng(2)
    costs = random.uniform(70, 110, (2_000, 5))
    runs = simulate(setting, costs, random)
    won = runs.winner >= 0
    assert (costs[~won].min(axis=1) > 99).all()
    assert (runs.price[won] >= costs[won, runs.winner[won]]).all()
    assert (runs.price[won] == 100.0 - runs.offers[won]).all()
    # A bidder of the last hour stays away for half an hour with probability exp(−5): a rival is then left standing.
    unsettled = (runs.price > np.sort(costs, axis=1)[:, 1] + 1.0) & (runs.offers > 1)
    assert unsettled.mean() < 5 * np.exp(-5)


def test_simulated_prices_meet_the_second_lowest_cost() -> None:
    opens, closes = window(date(2027, 1, 12), 9)
    found = try_out(Setting(opens, closes, 100.0, 0.1), uniform_costs(4, 70, 100), 150.0, 300, seed=3)
    assert found.price == pytest.approx(82.0, abs=4 * found.price_error + 0.5)
    assert found.awarded == 1.0


def test_no_award_against_the_formula() -> None:
    opens, closes = window(date(2027, 1, 12), 5)
    found = try_out(Setting(opens, closes, 80.0, 0.01), uniform_costs(2, 70, 100), 150.0, 400, seed=5)
    expected = no_award_probability(80.0, 2, 70, 100)
    assert expected == pytest.approx((2 / 3) ** 2)
    assert 1 - found.awarded == pytest.approx(expected, abs=4 * found.awarded_error)
