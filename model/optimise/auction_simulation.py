"""A descending auction over several days, simulated with many bidders: how start price, decrement and window matter.

The lowest standing price is visible. A bidder who stands behind and can afford it offers one decrement less, some time
after he looks. An offer in the last minutes prolongs the window by as much, again and again; an end that would pass the
evening goes on until noon of the next business day. Auctions run side by side, a look of one bidder in each at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.calendar import business_day
from model.optimise.procurement_data import procurement

Times = npt.NDArray[np.datetime64]
#: Draws the costs of all bidders of a number of auctions [JPY] (auction, bidder).
Draw = Callable[[np.random.Generator, int], FloatArray]
_MOMENT = "datetime64[us]"
_NEVER = np.datetime64("9999-12-31", "us")


@dataclass(frozen=True)
class Setting:
    """How an auction is run.

    Args:
        opens: first moment of the window.
        closes: end of the window without extension.
        start: price from which it descends; an award must be below it [JPY].
        decrement: least step of an offer [JPY].
    """

    opens: datetime
    closes: datetime
    start: float
    decrement: float


@dataclass(frozen=True)
class Runs:
    """Auctions simulated side by side.

    Args:
        price: lowest offer [JPY]; NaN where nobody went below the start price (auction).
        winner: position of the winner; -1 without award (auction).
        offers: number of offers (auction).
        extensions: how often the end moved (auction).
        ended: when it ended (auction).
    """

    price: FloatArray
    winner: IntArray
    offers: IntArray
    extensions: IntArray
    ended: Times


# An offer in the last 30 minutes moves the end to 30 minutes after it; past 17:00, to noon of the next business day.
def extended(end: Times | datetime, offer: Times | datetime) -> Times:
    """Return the ends of windows after offers, one an auction."""
    old, now = np.asarray(end, dtype=_MOMENT), np.asarray(offer, dtype=_MOMENT)
    moved = now + _hours("extension", 60.0)
    days = moved.astype("datetime64[D]")
    late = moved > days + _hours("evening")
    for day in np.unique(days[late]):
        following = day.astype(object) + timedelta(days=1)
        while not business_day(following):
            following += timedelta(days=1)
        moved = np.where(late & (days == day), np.datetime64(following) + _hours("morning_of_extension"), moved)
    return np.where(old - now > _hours("extension", 60.0), old, moved)


def simulate(setting: Setting, costs: FloatArray, random: np.random.Generator) -> Runs:
    """Return auctions among bidders with given costs.

    Args:
        setting: window, start price, decrement.
        costs: what each bidder must earn at least [JPY] (auction, bidder).
        random: draws when each bidder looks.
    """
    count = len(costs)
    winner, offers, extensions = np.full(count, -1), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    ended = np.full(count, setting.closes, dtype=_MOMENT)
    looks = _first_looks(setting, costs.shape, random)
    running = np.arange(count)
    while len(running):
        rows, bidder = np.arange(len(running)), looks.argmin(axis=1)
        now, end = looks[rows, bidder], ended[running]
        going = now <= end
        leads = bidder == winner[running]
        next_price = setting.start - setting.decrement * (offers[running] + 1)
        offering = going & ~leads & (costs[running, bidder] <= next_price)
        makers = running[offering]
        winner[makers] = bidder[offering]
        offers[makers] += 1
        ended[makers] = extended(end[offering], now[offering])
        extensions[makers] += ended[makers] > end[offering]
        # Who cannot go below the standing price is out for good: it only falls.
        looks[rows, bidder] = np.where(leads | offering, _next_looks(now, ended[running], random), _NEVER)
        if 4 * np.count_nonzero(going) <= 3 * len(going):
            looks, running = looks[going], running[going]
    price = np.where(winner >= 0, setting.start - setting.decrement * offers, np.nan)
    return Runs(price, winner, offers, extensions, ended)


def _first_looks(setting: Setting, shape: tuple[int, ...], random: np.random.Generator) -> Times:
    """Return when bidders look first: some early, some only shortly before the end (auction, bidder)."""
    late = random.random(shape) < procurement().parameter("late_bidders")
    early = np.datetime64(setting.opens, "us") + _hours("look_hours", 1.0, random.exponential(size=shape))
    end = np.full(shape, setting.closes, dtype=_MOMENT)
    return np.where(late, _last_looks(end, random), early)


def _next_looks(now: Times, end: Times, random: np.random.Generator) -> Times:
    """Return when bidders look again: often near the end, seldom before, but always back for the end."""
    drawn = random.exponential(size=now.shape)
    seldom = np.minimum(now + _hours("look_hours", 1.0, drawn), _last_looks(end, random))
    seldom = np.maximum(seldom, now + np.timedelta64(1, "m"))
    return np.where(end - now <= _hours("near_hours"), now + _hours("near_look_hours", 1.0, drawn), seldom)


def _last_looks(end: Times, random: np.random.Generator) -> Times:
    """Return moments shortly before the ends."""
    return end - _hours("near_hours", 1.0, random.random(end.shape))


def _hours(name: str, in_an_hour: float = 1.0, times: FloatArray | float = 1.0) -> npt.NDArray[np.timedelta64]:
    """Return multiples of a time among the parameters, given in hours or in parts of one."""
    length = 3.6e9 / in_an_hour * procurement().parameter(name)
    return np.asarray(length * np.asarray(times)).astype("timedelta64[us]")


@dataclass(frozen=True)
class Outcomes:
    """Many simulated auctions of one setting.

    Args:
        setting: how they were run.
        costs: price, or cost of last-resort supply where there was no award [JPY] (auction).
        awarded: share with an award [1].
        awarded_error: its standard error.
        price: mean price of those awarded [JPY].
        price_error: its standard error.
        offers: mean number.
        extensions: mean number.
        longest: longest time beyond the window [h].
    """

    setting: Setting
    costs: FloatArray
    awarded: float
    awarded_error: float
    price: float
    price_error: float
    offers: float
    extensions: float
    longest: float

    @property
    def cost(self) -> float:
        """Mean cost with last-resort supply where there was no award [JPY]."""
        return float(self.costs.mean())


def try_out(setting: Setting, draw: Draw, last_resort: float, runs: int, seed: int) -> Outcomes:
    """Return what a setting brings on average.

    Args:
        setting: window, start price, decrement.
        draw: draws the costs of all bidders of a number of auctions [JPY] (auction, bidder).
        last_resort: cost where nobody wins [JPY].
        runs: number of auctions.
        seed: seed; costs are drawn before anything else, so settings meet the same bidders.
    """
    random = np.random.default_rng(seed)
    found = simulate(setting, draw(random, runs), random)
    won = found.winner >= 0
    share = float(won.mean())
    mean, error = mean_and_error(found.price[won])
    beyond = (found.ended - np.datetime64(setting.closes, "us")).max() / np.timedelta64(1, "h")
    return Outcomes(
        setting, np.where(won, found.price, last_resort), share, float(np.sqrt(share * (1 - share) / runs)), mean,
        error, float(found.offers.mean()), float(found.extensions.mean()), float(beyond),
    )  # fmt: skip


def mean_and_error(values: FloatArray) -> tuple[float, float]:
    """Return mean and its standard error; NaN where there are too few values."""
    mean = float(values.mean()) if len(values) else float("nan")
    return mean, float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def uniform_costs(bidders: int, lowest: float, highest: float) -> Draw:
    """Return a draw of independent uniform costs."""
    return lambda random, runs: random.uniform(lowest, highest, (runs, bidders))


# Nobody of n bidders with uniform costs is below the reserve with probability (1 − F)ⁿ.
def no_award_probability(reserve: float, bidders: int, lowest: float, highest: float) -> float:
    """Return the probability that no cost is below a reserve price [1]."""
    below = min(1.0, max(0.0, (reserve - lowest) / (highest - lowest)))
    return float((1.0 - below) ** bidders)


def window(opening: date, days: int) -> tuple[datetime, datetime]:
    """Return first and last moment of a window: from noon, as is usual, to the evening of a business day."""
    last = opening + timedelta(days=days - 1)
    while not business_day(last):
        last += timedelta(days=1)
    opens = int(procurement().parameter("bidding_opens"))
    evening = int(procurement().parameter("evening"))
    return datetime.combine(opening, time(opens)), datetime.combine(last, time(evening))


def settings_to_try(opening: date, reference: float) -> list[Setting]:
    """Return settings around what is usual: start price and decrement as shares of the reference, and windows."""
    found, steps = [], (0.001, 0.005, 0.01, 0.02, 0.03)
    for days in (5, 9, 14):
        opens, closes = window(opening, days)
        for start in (0.85, 0.9, 0.95, 1.0):
            found += [Setting(opens, closes, start * reference, step * reference) for step in steps]
    return found
