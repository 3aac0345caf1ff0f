"""A schedule of reductions as arrays: what the formulations, the decomposition and the checks all start from.

Dims: facility, year (fiscal years of the plan), period (compliance periods that the years touch), carrier.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from model.ordinance.cap_and_trade.credits import OUTSIDE_TOKYO

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Carriers with the unit in which a facility states them.
CARRIERS: Final = {"electricity": "MWh", "city_gas": "1000m3", "heat": "GJ", "heavy_oil": "kL"}
FUELS: Final = (1, 3)
#: What is looked for: the least cost, the least emissions, the fewest tonnes that nothing covers, or the least money
#: beyond all budgets with which every duty is met.
Aim = Literal["cost", "emissions", "tonnes", "money"]
#: Money in programs is counted in this many JPY, so that coefficients stay near one.
MILLION: Final = 1e6
#: Distance to a level of emissions that is planned for: more than what rounding of five carriers adds [t-CO2].
_SPARE_T: Final = 0.005
#: Ways to buy renewable electricity for a year: the options of `Problem.renewable_price`.
RENEWABLES: Final = ("certificates", "green_menu")


@dataclass(frozen=True)
class Work:
    """One measure in one facility.

    Args:
        measure: its id.
        saving: what it saves of each carrier left [1], dims (carrier).
        fuel_replaced: share of gas and oil it replaces by electricity [1].
        electricity_per_fuel: electricity for one unit of each carrier replaced [MWh a unit], dims (carrier).
        generation_mwh: electricity that its panels make a year [MWh].
        off_site_share: share of bought electricity that it supplies from off site [1].
        off_site_premium: extra price of that [JPY/MWh].
        cost: outlay if it is done in a year, what a due renewal would cost anyway taken off [JPY], dims (year).
        renewal_cost: outlay to renew it at the end of its life [JPY].
        annual_cost: yearly cost [JPY].
        life: years until it is renewed.
        allowed: years in which it can be done, dims (year).
        requires: position of the work that must be there, -1 for none.
        excludes: positions of works that cannot stand beside it.
        planned: position of its year in the plan before, -1 for never; None: there is no plan before.
        change: charge for a change against the plan before [JPY].
    """

    measure: str
    saving: FloatArray
    fuel_replaced: float
    electricity_per_fuel: FloatArray
    generation_mwh: float
    off_site_share: float
    off_site_premium: float
    cost: FloatArray
    renewal_cost: float
    annual_cost: float
    life: int
    allowed: BoolArray
    requires: int = -1
    excludes: tuple[int, ...] = ()
    planned: int | None = None
    change: float = 0.0

    # A plan made anew leaves alone what is as good: moving or dropping a planned work, or adding one, has a charge.
    def change_charge(self, start: int) -> float:
        """Return the charge of doing the work at `start` against not doing it, if plans are to change little [JPY]."""
        if self.planned is None:
            return 0.0
        return -self.change if start == self.planned else 0.0 if self.planned >= 0 else self.change

    def moved(self, start: int) -> bool:
        """Say whether a start (-1: never) is not the one of the plan before."""
        return self.planned is not None and start != self.planned


@dataclass(frozen=True, kw_only=True)
class Practice:
    """Rules of the programme that a plan goes by, as read from the rulebook; each can be switched off in a study.

    Args:
        banking: own excess and credits can be used in the next period.
        transfer: an owner moves surplus between its facilities, before it sells or buys.
        sale: own excess can be sold.
        seller_cap_share: share of the base beyond which a year's reduction cannot be sold [1]; None: no cap.
        early_sale: sale from the second year of a period on results so far.
        outside_share: share of the reduction owed that credits from outside Tokyo may cover [1]; None: no limit.
        order_multiplier: what an order asks for each tonne missing [1].
    """

    banking: bool = True
    transfer: bool = True
    sale: bool = True
    seller_cap_share: float | None
    early_sale: bool = True
    outside_share: float | None
    order_multiplier: float


@dataclass(frozen=True)
class Credit:
    """One kind of credit as it can be bought: price and supply by period, per tonne that counts.

    Args:
        price: price in the last year of each period [JPY/t-CO2], dims (period).
        supply: tonnes that count on offer in each period, dims (period); infinite where there is no limit.
        counts: tonnes that a certified tonne counts for in each period [1], dims (period) or the same for all.
    """

    price: FloatArray
    supply: FloatArray
    counts: FloatArray | float = 1.0

    def certified_t(self, counted_t: FloatArray) -> FloatArray:
        """Return the certified tonnes to buy for tonnes that count, up to the next kilogram [t-CO2], dims (period)."""
        return np.asarray(np.ceil(counted_t / self.counts * 1000 - 1e-6) / 1000)


@dataclass(frozen=True)
class Limit:
    """Money for works and works that can be done, for some of the facilities.

    Args:
        name: the owner it holds for; empty for the whole portfolio.
        members: facilities it holds for, dims (facility).
        budget: money for works [JPY], dims (year); infinite: no limit.
        capacity: works that contractors can do, dims (year).
    """

    name: str
    members: BoolArray
    budget: FloatArray
    capacity: FloatArray

    @property
    def binds(self) -> bool:
        """Whether there is a limit in any year."""
        return bool(np.isfinite(self.budget).any() or np.isfinite(self.capacity).any())


@dataclass(frozen=True)
class Recognition:
    """Recognition as carbon half that a plan may choose for a facility in a year.

    Args:
        level_t: most that a facility may emit in a year in which it is recognised [t-CO2], dims (facility, year).
        forgiven_t: reduction owed that falls away then [t-CO2], dims (facility, year); 0: not on offer.
    """

    level_t: FloatArray
    forgiven_t: FloatArray

    @property
    def aim_t(self) -> FloatArray:
        """Emissions to plan for, so far below the level that rounding to kilograms never passes it [t-CO2]."""
        return np.asarray(self.level_t - _SPARE_T)

    def given(self, emissions_t: FloatArray, facility: int | slice = slice(None)) -> FloatArray:
        """Return what falls away with emissions below the level [t-CO2], dims (…, year)."""
        return np.where(emissions_t <= self.aim_t[facility] + 1e-6, self.forgiven_t[facility], 0.0)


@dataclass(frozen=True)
class Slot:
    """A moment at which excess can be sold: in `year`, on the results of the first `results` years of the period."""

    period: int
    year: int
    results: int
    price: float


@dataclass(frozen=True)
class Problem:
    """Everything a schedule is worked out from.

    Args:
        years: fiscal years of the plan.
        period: position of the compliance period of each year, dims (year).
        period_numbers: number of each period.
        names: facilities.
        owner: position of the owner of each facility, dims (facility).
        base_t: base emissions [t-CO2], dims (facility, year).
        rate: rate owed [1], dims (facility, year).
        issue_rate: rate from which on excess is issued [1], dims (facility, year).
        duty: years under duty, dims (facility, year).
        past_base_t: base emissions of the years of the first period before the plan, summed [t-CO2], dims (facility).
        past_required_t: reduction owed for them [t-CO2], dims (facility).
        past_emissions_t: their emissions [t-CO2], dims (facility).
        past_years: their number.
        bank_t: own excess kept from the period before the first [t-CO2], dims (facility).
        energy: energy without any measure [unit of the carrier], dims (facility, carrier).
        growth: energy of each year against the first [1], dims (facility, year).
        factor: emissions by energy bought [t-CO2 a unit], dims (facility, carrier, year).
        off_site_factor: emissions by electricity from off site [t-CO2/MWh], dims (facility, year).
        renewable_cut: emissions that a MWh of each way to buy renewables takes away, dims (option, facility, year).
        price: price of each carrier [JPY a unit], dims (carrier, year).
        renewable_price: extra price [JPY/MWh], dims (option, year); infinite where not on offer.
        discount: present value of 1 JPY, dims (year + 1).
        works: works that each facility can do.
        credits: kinds of credits on offer.
        slots: moments of sale, in order.
        order_price: price of a tonne under an order [JPY/t-CO2], dims (period); infinite: no option.
        budget: money for works of the whole portfolio [JPY], dims (year); infinite: no limit.
        capacity: works that contractors can do in the whole portfolio, dims (year).
        practice: the rules.
        cost_limit: most that the plan may cost [JPY, present value]; infinite: no limit.
        aim: what is looked for.
        owner_limits: limits of owners, beside those of the whole portfolio.
        notes: what the answer must say about the inputs.
        extra_price: extra price of electricity of each facility [JPY/MWh], dims (facility, year); None: nothing.
        recognition: recognition as carbon half that the plan may choose; None: facilities are as they stand.
    """

    years: IntArray
    period: IntArray
    period_numbers: tuple[int, ...]
    names: tuple[str, ...]
    owner: IntArray
    base_t: FloatArray
    rate: FloatArray
    issue_rate: FloatArray
    duty: BoolArray
    past_base_t: FloatArray
    past_required_t: FloatArray
    past_emissions_t: FloatArray
    past_years: int
    bank_t: FloatArray
    energy: FloatArray
    growth: FloatArray
    factor: FloatArray
    off_site_factor: FloatArray
    renewable_cut: FloatArray
    price: FloatArray
    renewable_price: FloatArray
    discount: FloatArray
    works: tuple[tuple[Work, ...], ...]
    credits: Mapping[str, Credit]
    slots: tuple[Slot, ...]
    order_price: FloatArray
    budget: FloatArray
    capacity: FloatArray
    practice: Practice
    cost_limit: float = np.inf
    aim: Aim = "cost"
    owner_limits: tuple[Limit, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    extra_price: FloatArray | None = None
    recognition: Recognition | None = None

    @property
    def periods(self) -> int:
        """Number of periods."""
        return len(self.period_numbers)

    @property
    def facilities(self) -> int:
        """Number of facilities."""
        return len(self.names)

    def last_year(self, period: int) -> int:
        """Return the position of the last year of a period."""
        return int(np.flatnonzero(self.period == period)[-1])

    @property
    def unit(self) -> float:
        """Unit in which programs count what is looked for: 1,000,000 JPY, or tonnes [JPY or t-CO2]."""
        return MILLION if self.aim in ("cost", "money") else 1.0

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits on money and works that hold: of the whole portfolio, then of owners."""
        whole = Limit("", np.ones(self.facilities, dtype=np.bool_), self.budget, self.capacity)
        return tuple(limit for limit in (whole, *self.owner_limits) if limit.binds)

    def is_final(self, number: int) -> bool:
        """Say whether a moment of sale is the last of its period."""
        later = self.slots[number + 1 : number + 2]
        return not later or later[0].period != self.slots[number].period

    def members(self) -> list[list[int]]:
        """Return the facilities of each owner that has several."""
        groups: dict[int, list[int]] = {}
        for place, owner in enumerate(self.owner):
            groups.setdefault(int(owner), []).append(place)
        return [group for group in groups.values() if len(group) > 1]

    def ordinary(self) -> dict[str, Credit]:
        """Return the kinds of credits whose use is not limited."""
        limited = OUTSIDE_TOKYO if self.practice.outside_share is not None else None
        return {kind: credit for kind, credit in self.credits.items() if kind != limited}

    def limited(self) -> Credit | None:
        """Return the kind of credit whose use is limited, if it is on offer."""
        return None if self.practice.outside_share is None else self.credits.get(OUTSIDE_TOKYO)

    def price_for(self, facility: int) -> FloatArray:
        """Return the price of each carrier for a facility [JPY a unit], dims (carrier, year)."""
        if self.extra_price is None:
            return self.price
        price = self.price.copy()
        price[0] += self.extra_price[facility]
        return price

    def required_t(self) -> FloatArray:
        """Return the reduction owed in each period [t-CO2], dims (facility, period)."""
        owed = self.by_period(np.where(self.duty, self.base_t * self.rate, 0.0))
        owed[:, 0] += self.past_required_t
        return owed

    def withheld_t(self, facility: int | slice = slice(None)) -> FloatArray:
        """Return reduction beyond the duty that is not issued as excess [t-CO2], dims (facility, period)."""
        beyond = self.base_t[facility] * (self.issue_rate[facility] - self.rate[facility])
        return self.by_period(np.where(self.duty[facility], beyond, 0.0))

    def forgivable_t(self) -> FloatArray:
        """Return the most that recognition can take off what is owed [t-CO2], dims (facility, period)."""
        if self.recognition is None:
            return np.zeros((self.facilities, self.periods))
        return self.by_period(self.recognition.forgiven_t)

    def position_t(self, emissions_t: FloatArray) -> FloatArray:
        """Return reduction made less reduction owed of each period [t-CO2].

        Args:
            emissions_t: dims (facility, year).
        """
        made = self.by_period(np.where(self.duty, self.base_t - emissions_t, 0.0))
        made[:, 0] += self.past_base_t - self.past_emissions_t
        return np.asarray(made - self.required_t())

    def by_period(self, values: FloatArray) -> FloatArray:
        """Return sums over the years of each period, dims (…, year) to (…, period)."""
        return np.asarray(values @ self._membership)

    @cached_property
    def _membership(self) -> FloatArray:
        """One where a year lies in a period, dims (year, period)."""
        return np.asarray(self.period[:, np.newaxis] == np.arange(self.periods), dtype=np.float64)

    def changed(self, **changes: Any) -> Problem:
        """Return a copy with some parts replaced."""
        return replace(self, **changes)
