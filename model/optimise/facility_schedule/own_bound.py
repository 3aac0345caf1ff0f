"""What the trade of one facility costs at least at fixed prices of the market, exactly for each of its plans.

In the master a facility mixes plans, so one plan's excess may cover another's shortfall and fill another's sale cap.
Here the rows that tie facilities - what owners move, credits on offer - are given prices instead, which is never more
than any schedule costs, and every plan trades for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.cells import COLUMNS, COVERS
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.facility_schedule.rules import PURCHASES


@dataclass(frozen=True)
class Terms:
    """Prices at which facilities trade, with limits of each facility; present values.

    Args:
        use_price: what a tonne of excess brings by use [JPY/t-CO2], dims (facility, period, use).
        use_most: tonnes that each use takes at most, the same.
        cover_price: what a tonne of cover costs by kind [JPY/t-CO2], dims (facility, period, kind).
        cover_most: tonnes of each kind at most, the same; one kind has no limit.
        keeps: whether excess can be kept for the next period.
        constant: what the rows that tie facilities add at these prices [JPY].
    """

    use_price: FloatArray
    use_most: FloatArray
    cover_price: FloatArray
    cover_most: FloatArray
    keeps: bool
    constant: float


# Whatever prices the rows that tie facilities have, none below zero, give a bound; those solved for last are taken.
def terms(master: Master, shared: FloatArray | None = None, sells: BoolArray | None = None) -> Terms:
    """Return the prices at which every facility trades for itself.

    Args:
        master: the master.
        shared: prices of the rows that tie facilities [JPY/t-CO2], dims (row, period); None: as it was solved last.
        sells: whether each owner sells in each period, and so buys nothing, or may buy, and sells nothing, dims (owner,
            period); None: both at once, which is never more than any schedule costs.
    """
    problem, (facilities, periods) = master.problem, master.size
    by_row = master.shared_prices() if shared is None else shared
    groups = problem.members() if problem.practice.transfer else []
    owner, constant = np.zeros((facilities, periods)), 0.0
    for group, price in zip(groups, by_row, strict=False):
        owner[group] = price
    ends = problem.discount[[problem.last_year(p) for p in range(periods)]]
    limited = problem.limited()
    offers = {"bought": list(problem.ordinary().values()), "outside": [limited] if limited else []}
    kinds = dict(zip(offers, by_row[len(groups) : len(groups) + 2], strict=True))
    for name, credits in offers.items():
        for credit in credits:
            kinds[name] = np.where(np.isinf(credit.supply), np.minimum(kinds[name], ends * credit.price), kinds[name])
        for credit in credits:
            less = np.minimum(ends * credit.price - kinds[name], 0.0)
            constant += float((less * np.where(less < 0, credit.supply, 0.0)).sum())
    place = {name: number for number, name in enumerate(COLUMNS)}
    cost, most = master.cells()
    cost[:, :, place["given"]] -= owner
    cost[:, :, place["received"]] += owner
    for name, row in kinds.items():
        cost[:, :, place[name]] += row
        cost[:, 1:, place[f"{name}_kept"]] += row[:-1]
    if sells is not None:
        most = most.copy()
        bought = np.array([place[name] for name in PURCHASES])
        for group, selling in zip(groups, sells, strict=True):
            most[group, :, place["sold"]] *= selling
            most[np.ix_(np.array(group), np.flatnonzero(selling), bought)] = 0.0
    covers, uses = [place[name] for name in COVERS], [place["sold"], place["given"]]
    # What is kept from one period to the next comes out of excess; only what was kept before the first is a cover.
    cover_most = most[:, :, covers].copy()
    cover_most[:, 1:, COVERS.index("kept")] = 0.0
    return Terms(
        -cost[:, :, uses], most[:, :, uses], cost[:, :, covers], cover_most, problem.practice.banking, constant
    )


class OwnBound:
    """Bounds on the trade of one facility.

    Args:
        terms: prices of all facilities.
        facility: position of the facility.
        withheld_t: excess that is not issued [t-CO2], dims (period).
        renewable: least price of renewables for a tonne [JPY/t-CO2], dims (year); infinite where none is on offer.
        period: position of the period of each year, dims (year).
    """

    def __init__(
        self, terms: Terms, facility: int, withheld_t: FloatArray, renewable: FloatArray, period: IntArray
    ) -> None:
        self._use = terms.use_price[facility], terms.use_most[facility]
        self._cover = terms.cover_price[facility], terms.cover_most[facility]
        self._withheld, self._keeps = withheld_t, terms.keeps
        price, most = self._cover
        self._open_price = np.where(np.isinf(most), price, np.inf).min(axis=1)
        years = [np.flatnonzero((period == p) & np.isfinite(renewable)) for p in range(len(price))]
        self._renewable = renewable
        #: Years in which renewables are on offer in each period, cheapest first.
        self._years = [own[np.argsort(renewable[own], kind="stable")] for own in years]

    def rent(self, tonne: FloatArray, lowest: FloatArray, highest: FloatArray) -> float:
        """Return by how much trade can fall below `-tonne · position` at most [JPY].

        Args:
            tonne: worth of a tonne [JPY/t-CO2], dims (period), none below zero.
            lowest: lowest position of any plan; highest: the highest [t-CO2], dims (period).
        """
        excess, need = np.maximum(highest, 0.0)[:, np.newaxis], np.maximum(-lowest, 0.0)[:, np.newaxis]
        worth = tonne[:, np.newaxis]
        (use, use_most), (cover, cover_most) = self._use, self._cover
        total = (np.minimum(use_most, excess) * np.maximum(use - worth, 0.0)).sum()
        total += (np.minimum(cover_most, need) * np.maximum(worth - cover, 0.0)).sum()
        if self._keeps:
            total += float(np.minimum(excess[:-1, 0], need[1:, 0]) @ np.maximum(tonne[1:] - tonne[:-1], 0.0))
        return float(total)

    # Excess goes where it brings most: sold, given, or kept in the place of next period's dearest cover. All are
    # straight lines by amount, so taking the best first is exact; a bank lasts one period, so periods pair up. Where a
    # taker pays more than renewables cost, they serve what excess leaves of him, once they have covered a need.
    def costs(
        self, position_t: FloatArray, renewable_t: FloatArray, saleable_t: FloatArray, counted_t: FloatArray
    ) -> FloatArray:
        """Return no more than the least cost of trade and renewables of plans [JPY], dims (plan).

        Args:
            position_t: reduction made less reduction owed before renewables [t-CO2], dims (plan, period).
            renewable_t: most that renewables can take off emissions under duty [t-CO2], dims (plan, year).
            saleable_t: most that can be sold and given in all without renewables, below zero where results fall short
                of the duty [t-CO2], dims (plan, period).
            counted_t: most that renewables can add to that [t-CO2], dims (plan, year).
        """
        need, periods = np.maximum(-position_t, 0.0), position_t.shape[1]
        covered = [self._segments(p, need[:, p], renewable_t) for p in range(periods)]
        total = np.zeros(len(position_t))
        for p in range(periods):
            position, saleable = position_t[:, p], saleable_t[:, p]
            following = covered[p + 1] if self._keeps and p + 1 < periods else []
            cost = -self._brought(p, position, renewable_t, np.maximum(saleable, 0.0), following)
            for price, amount in covered[p]:
                cost += price * amount
            if len(self._years[p]) and np.isfinite(saleable).all():
                cost = np.minimum(cost, self._beyond(p, position, saleable, counted_t, following))
            total += cost
        return total

    # Each tonne that goes out beyond the plan's own results needs a tonne of renewables that counts, and first what
    # results lack of the duty; then nothing is short. What the position has beyond what can be sold may be kept.
    def _beyond(
        self, p: int, position: FloatArray, saleable: FloatArray, counted_t: FloatArray,
        following: list[tuple[float, FloatArray]],
    ) -> FloatArray:  # fmt: skip
        """Return no more than the cost of a period with sales that renewables make possible [JPY], dims (plan)."""
        years = self._years[p]
        units, more = self._renewable[years].tolist(), counted_t[:, years].copy()
        cost, lacking, out = np.zeros(len(position)), np.maximum(-saleable, 0.0), np.maximum(saleable, 0.0)
        for column, unit in enumerate(units):
            used = np.minimum(more[:, column], lacking)
            more[:, column] -= used
            cost, lacking = cost + unit * used, lacking - used
        for price, most in sorted(zip(*(one[p].tolist() for one in self._use), strict=True), reverse=True):
            taken = np.minimum(out, most)
            cost, out, open_ = cost - price * taken, out - taken, most - taken
            for column, unit in enumerate(units):
                if price > unit:
                    bought = np.minimum(more[:, column], open_)
                    more[:, column] -= bought
                    cost, open_ = cost - (price - unit) * bought, open_ - bought
        free = np.maximum(position - saleable - self._withheld[p], 0.0)
        for price, amount in sorted(following, key=lambda taker: -taker[0]):
            kept = np.minimum(free, amount)
            free = free - kept
            cost = cost - price * kept - max(price - units[0], 0.0) * (amount - kept)
        return np.where(lacking > 0, np.inf, cost)

    def _brought(
        self, p: int, position: FloatArray, renewable_t: FloatArray, saleable: FloatArray,
        following: list[tuple[float, FloatArray]],
    ) -> FloatArray:  # fmt: skip
        """Return the most that excess of one period can bring [JPY], dims (plan)."""
        years = self._years[p]
        left = np.maximum(position - self._withheld[p], 0.0)
        more, missing = renewable_t[:, years].copy(), np.maximum(self._withheld[p] - position, 0.0)
        for column in range(len(years)):
            used = np.minimum(more[:, column], missing)
            more[:, column] -= used
            missing = missing - used
        takers = [(price, amount, False) for price, amount in following]
        for price, most in zip(self._use[0][p].tolist(), self._use[1][p].tolist(), strict=True):
            takers.append((price, np.full(len(position), most), True))
        brought, free = np.zeros(len(position)), saleable.copy()
        for price, amount, outward in sorted(takers, key=lambda taker: -taker[0]):
            if price <= 0:
                break
            wanted = np.minimum(amount, free) if outward else amount
            taken = np.minimum(left, wanted)
            brought += price * taken
            left, open_, served = left - taken, wanted - taken, taken
            for column, unit in enumerate(self._renewable[years].tolist()):
                if price > unit:
                    bought = np.minimum(more[:, column], open_)
                    brought += (price - unit) * bought
                    more[:, column] -= bought
                    open_, served = open_ - bought, served + bought
            if outward:
                free = free - served
        return brought

    def _segments(self, p: int, need: FloatArray, renewable_t: FloatArray) -> list[tuple[float, FloatArray]]:
        """Return how a need is covered, cheapest first: price [JPY/t-CO2] and amount of each plan."""
        tiers = [
            (price, most) for price, most in zip(self._cover[0][p].tolist(), self._cover[1][p], strict=True) if most > 0
        ]
        tiers += [(float(self._renewable[year]), renewable_t[:, year]) for year in self._years[p]]
        found, left = [], need.copy()
        for price, most in sorted(tiers, key=lambda tier: tier[0]):
            if price < self._open_price[p]:
                amount = np.minimum(left, most)
                found.append((price, amount))
                left = left - amount
        return [*found, (float(self._open_price[p]), left)]
