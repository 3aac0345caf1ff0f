"""A descending auction over several days, simulated with many bidders: how start price, decrement and window matter.

The lowest standing price is visible. A bidder who stands behind and can afford it offers one decrement less, some time
after he looks. An offer in the last minutes prolongs the window by as much, again and again; an end that would pass the
evening goes on at noon of the next business day.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from model.optimise.joint_purchase_auction import FloatArray
from model.optimise.joint_purchase_calendar import business_day
from model.optimise.procurement_data import procurement


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
class Run:
    """One simulated auction.

    Args:
        price: lowest offer [JPY]; NaN where nobody went below the start price.
        winner: position of the winner; -1 without award.
        offers: number of offers.
        extensions: how often the end moved.
        ended: when it ended.
    """

    price: float
    winner: int
    offers: int
    extensions: int
    ended: datetime


# An offer in the last 30 minutes moves the end to 30 minutes after it; past 17:00, to noon of the next business day.
def extended(end: datetime, offer: datetime) -> datetime:
    """Return the end of the window after an offer."""
    minutes = timedelta(minutes=procurement().parameter("extension"))
    if end - offer > minutes:
        return end
    new = offer + minutes
    evening = int(procurement().parameter("evening"))
    if new <= new.replace(hour=evening, minute=0, second=0, microsecond=0):
        return new
    day = new + timedelta(days=1)
    while not business_day(day.date()):
        day += timedelta(days=1)
    return day.replace(hour=int(procurement().parameter("morning_of_extension")), minute=0, second=0, microsecond=0)


def simulate(setting: Setting, costs: FloatArray, random: np.random.Generator) -> Run:
    """Return one auction among bidders with given costs.

    Args:
        setting: window, start price, decrement.
        costs: what each bidder must earn at least [JPY].
        random: draws when each bidder looks.
    """
    price, winner, offers, extensions, end = setting.start, -1, 0, 0, setting.closes
    late = random.random(len(costs)) < procurement().parameter("late_bidders")
    queue = [
        (_last_look(end, random) if late[bidder] else setting.opens + _pause(random, _hours("look_hours")), bidder)
        for bidder in range(len(costs))
    ]
    heapq.heapify(queue)
    while queue:
        now, bidder = heapq.heappop(queue)
        if now > end or (bidder != winner and costs[bidder] > price - setting.decrement):
            continue  # too late, or out for good: the price only falls
        if bidder != winner:
            price, winner, offers = price - setting.decrement, bidder, offers + 1
            moved = extended(end, now)
            extensions += int(moved > end)
            end = moved
        heapq.heappush(queue, (_next_look(now, end, random), bidder))
    return Run(price if winner >= 0 else float("nan"), winner, offers, extensions, end)


def _next_look(now: datetime, end: datetime, random: np.random.Generator) -> datetime:
    """Return when a bidder looks again: often near the end, seldom before, but always back for the end."""
    if end - now <= timedelta(hours=_hours("near_hours")):
        return now + _pause(random, _hours("near_look_hours"))
    last = _last_look(end, random)
    return max(now + timedelta(minutes=1), min(now + _pause(random, _hours("look_hours")), last))


def _last_look(end: datetime, random: np.random.Generator) -> datetime:
    """Return a moment shortly before the end."""
    return end - timedelta(hours=_hours("near_hours") * float(random.random()))


def _hours(name: str) -> float:
    """Return a time of the model of bidders [h]."""
    return procurement().parameter(name)


def _pause(random: np.random.Generator, hours: float) -> timedelta:
    """Return a random time until the next look."""
    return timedelta(hours=float(random.exponential(hours)))


@dataclass(frozen=True)
class Outcomes:
    """Many simulated auctions of one setting.

    Args:
        setting: how they were run.
        awarded: share with an award [1].
        awarded_error: its standard error.
        price: mean price of those awarded [JPY].
        price_error: its standard error.
        cost: mean cost with last-resort supply where there was no award [JPY].
        offers: mean number.
        extensions: mean number.
        longest: longest time beyond the window [h].
    """

    setting: Setting
    awarded: float
    awarded_error: float
    price: float
    price_error: float
    cost: float
    offers: float
    extensions: float
    longest: float


def try_out(
    setting: Setting,
    draw: Callable[[np.random.Generator], FloatArray],
    last_resort: float,
    runs: int,
    seed: int,
) -> Outcomes:
    """Return what a setting brings on average.

    Args:
        setting: window, start price, decrement.
        draw: draws the costs of all bidders of one auction [JPY].
        last_resort: cost where nobody wins [JPY].
        runs: number of auctions.
        seed: seed; every run has a generator of its own, so settings meet the same bidders.
    """
    found = [simulate(setting, draw(one), one) for one in np.random.default_rng(seed).spawn(runs)]
    prices = np.array([one.price for one in found])
    won = ~np.isnan(prices)
    share = float(won.mean())
    some = prices[won]
    mean = float(some.mean()) if len(some) else float("nan")
    error = float(some.std(ddof=1) / np.sqrt(len(some))) if len(some) > 1 else float("nan")
    beyond = max((one.ended - setting.closes).total_seconds() / 3600 for one in found)
    return Outcomes(
        setting, share, float(np.sqrt(share * (1 - share) / runs)), mean, error,
        float(np.where(won, prices, last_resort).mean()), float(np.mean([one.offers for one in found])),
        float(np.mean([one.extensions for one in found])), beyond,
    )  # fmt: skip


def uniform_costs(bidders: int, lowest: float, highest: float) -> Callable[[np.random.Generator], FloatArray]:
    """Return a draw of independent uniform costs."""
    return lambda random: random.uniform(lowest, highest, bidders)


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
    found = []
    for days in (5, 9, 14):
        opens, closes = window(opening, days)
        for start in (0.85, 0.9, 0.95, 1.0):
            found += [Setting(opens, closes, start * reference, step * reference) for step in (0.001, 0.005, 0.01)]
    return found
