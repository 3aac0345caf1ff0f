"""What measures do to a facility: energy left, cost by year of works, value left at the end; one equation each.

Order of acting: savings, each on what the ones before left; electricity in place of fuels; own generation; supply from
off site; at last certificates or a green menu for what is still bought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from model.optimise.facility_schedule.problem import CARRIERS, FUELS, BoolArray, FloatArray, IntArray, Work

#: Rows of the table of quantities that every stage cost is linear in.
GRID, OFF_SITE, GAS, HEAT, OIL, PREMIUM, ANNUAL = range(7)


# The part of its life that equipment has behind it. After its renewal it is new again; what is overdue when the plan
# begins is renewed in its first year.
def worn_share(installed: int, life: int, years: FloatArray) -> FloatArray:
    """Return the share of its life that equipment has behind it in each year [1].

    Args:
        installed: fiscal year in which it was put in.
        life: its life [year].
        years: fiscal years of the plan.
    """
    due = max(installed + life, int(years[0]))
    age = np.where(years <= due, np.minimum(years - installed, life), (years - due - 1) % life + 1)
    return np.asarray(age / life, dtype=np.float64)


# Of the cost of a measure, part would have been spent at the next renewal anyway; it counts in so far as the old
# equipment is worn, so the measure is cheapest in the year of renewal.
def outlay(full_cost: float, renewal_share: float, worn: FloatArray) -> FloatArray:
    """Return the outlay for a measure in each year [JPY], without what the due renewal would have cost."""
    return np.asarray(full_cost * (1.0 - renewal_share * worn))


# A measure is renewed whenever its life is over, as long as the plan runs.
@cache
def payment_years(life: int, years: int) -> BoolArray:
    """Return the years in which a measure is paid for - works and renewals - by the year in which it is put in.

    Returns:
        dims (start, year).
    """
    since = np.arange(years) - np.arange(years)[:, np.newaxis]
    return np.asarray((since >= 0) & (since % life == 0))


# What is left of the last payment's life when the plan ends has a value, in proportion to the years left.
@cache
def residual_share(life: int, years: int) -> FloatArray:
    """Return the share of the last payment that is not used up at the end of the plan [1], dims (start)."""
    last = years - 1 - np.argmax(payment_years(life, years)[:, ::-1], axis=1)
    return np.asarray(np.maximum(0.0, 1.0 - (years - last) / life), dtype=np.float64)


def payments(work: Work, years: int) -> FloatArray:
    """Return what is paid in each year for a measure, by the year in which it is put in [JPY], dims (start, year)."""
    paid = np.asarray(payment_years(work.life, years) * work.renewal_cost, dtype=np.float64)
    np.fill_diagonal(paid, work.cost)
    return paid


def present_cost(work: Work, discount: FloatArray) -> FloatArray:
    """Return the present value of works, renewals and value left, by the year of putting in [JPY], dims (start)."""
    years = len(discount) - 1
    paid = payments(work, years)
    last = years - 1 - np.argmax(payment_years(work.life, years)[:, ::-1], axis=1)
    left = residual_share(work.life, years) * paid[np.arange(years), last]
    charge = np.array([work.change_charge(start) for start in range(years)])
    return np.asarray(paid @ discount[:-1] - left * discount[-1] + charge)


@dataclass(frozen=True)
class SetTable:
    """What every set of a facility's works leaves of its energy; position = sum of 2**place of the works in it.

    Args:
        amount: carriers after savings and replacement of fuels, in the first year [unit], dims (carrier, set).
        generation_mwh: electricity that panels could make [MWh], dims (set).
        off_site: share of bought electricity from off site [1], dims (set).
        premium: its extra price, per MWh bought over all [JPY/MWh], dims (set).
        annual_cost: yearly costs [JPY], dims (set).
        possible: sets that respect requirements and exclusions, dims (set).
    """

    amount: FloatArray
    generation_mwh: FloatArray
    off_site: FloatArray
    premium: FloatArray
    annual_cost: FloatArray
    possible: np.ndarray


# The sets are built up one work at a time: the second half of each table is the first half with the work added.
def set_table(works: Sequence[Work], energy: FloatArray) -> SetTable:
    """Return the energy that every set of works leaves.

    Args:
        works: works of one facility, in their order of acting.
        energy: its energy without measures [unit], dims (carrier).
    """
    amount = energy[:, np.newaxis].copy()
    for work in works:
        amount = np.concatenate([amount, amount * (1.0 - work.saving[:, np.newaxis])], axis=1)
    left, extra = np.ones(1), np.zeros((len(CARRIERS), 1))
    generation, off_site, premium, annual = np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1)
    for work in works:
        replaced = left * work.fuel_replaced
        extra = np.concatenate([extra, extra + replaced * work.electricity_per_fuel[:, np.newaxis]], axis=1)
        left = np.concatenate([left, left - replaced])
        supplied = (1.0 - off_site) * work.off_site_share
        premium = np.concatenate([premium, premium + supplied * work.off_site_premium])
        off_site = np.concatenate([off_site, off_site + supplied])
        generation = np.concatenate([generation, generation + work.generation_mwh])
        annual = np.concatenate([annual, annual + work.annual_cost])
    for fuel in FUELS:
        amount[0] += amount[fuel] * extra[fuel]
        amount[fuel] *= left
    return SetTable(amount, generation, off_site, premium, annual, _possible(works))


def _possible(works: Sequence[Work]) -> np.ndarray:
    """Return which sets respect requirements and exclusions."""
    sets = np.arange(2 ** len(works))
    fine = np.ones(len(sets), dtype=np.bool_)
    for place, work in enumerate(works):
        inside = sets >> place & 1 == 1
        if work.requires >= 0:
            fine &= ~inside | (sets >> work.requires & 1 == 1)
        for other in work.excludes:
            fine &= ~(inside & (sets >> other & 1 == 1))
    return fine


@dataclass(frozen=True)
class Use:
    """Energy of one facility in one year; every array has the same shape.

    Args:
        amount: energy after works [unit], dims (carrier, …); electricity before own generation.
        own_mwh: own generation used.
        off_site_mwh: electricity from off site.
        grid_mwh: electricity bought over the grid.
    """

    amount: FloatArray
    own_mwh: FloatArray
    off_site_mwh: FloatArray
    grid_mwh: FloatArray


# Panels serve the facility first and never more than it uses; what they leave is bought, in part from off site.
def use_of_sets(table: SetTable, growth: float) -> Use:
    """Return the energy of every set in a year in which energy is `growth` times that of the first year."""
    amount = table.amount * growth
    own = np.minimum(table.generation_mwh, amount[0])
    bought = amount[0] - own
    off_site = bought * table.off_site
    return Use(amount, own, off_site, bought - off_site)


def energy_cost(use: Use, price: FloatArray) -> FloatArray:
    """Return what energy bought costs, extra prices apart [JPY]; `price` has dims (carrier)."""
    return np.asarray((use.grid_mwh + use.off_site_mwh) * price[0] + price[1:] @ use.amount[1:])


def quantities(table: SetTable, growth: float) -> FloatArray:
    """Return the quantities that costs and emissions of a set are linear in, dims (quantity, set)."""
    use = use_of_sets(table, growth)
    premium = table.premium * (use.grid_mwh + use.off_site_mwh)
    return np.array(
        [use.grid_mwh, use.off_site_mwh, use.amount[1], use.amount[2], use.amount[3], premium, table.annual_cost]
    )


def one_set(table: SetTable, place: int) -> SetTable:
    """Return the table of a single set."""
    one = slice(place, place + 1)
    return SetTable(table.amount[:, one], table.generation_mwh[one], table.off_site[one], table.premium[one],
                    table.annual_cost[one], table.possible[one])  # fmt: skip


def grown(use: Use, growth: float) -> Use:
    """Return an energy use without generation, grown."""
    return Use(use.amount * growth, use.own_mwh, use.off_site_mwh * growth, use.grid_mwh * growth)


def standing_sets(starts: IntArray, years: int) -> IntArray:
    """Return the set of works that stands in each year, dims (year).

    Args:
        starts: position of the year of each work, -1 for never.
        years: number of years.
    """
    inside = (starts[:, np.newaxis] >= 0) & (np.arange(years) >= starts[:, np.newaxis])
    return np.asarray((inside * (1 << np.arange(len(starts)))[:, np.newaxis]).sum(axis=0), dtype=np.int64)
