"""Equipment over the years: what stands, what is chosen, and how much final energy a unit of service takes.

Choice follows a logit whose constants give back the shares installed in history exactly; in the projection the
constants stay and costs move with efficiency and subsidy, and what a scenario bans is not chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR, PROJECTION_FROM, Axes, Mask
from model.equipment import calibration_constants, choice_shares, turnover
from model.faults import BadInput, Fault
from model.inputs import Data
from model.labels import classification
from model.language import Text
from model.levers import Levers
from model.lifetimes import weibull_with_mean
from model.survival import Survival, survival_table
from model.survival_families import Array
from model.year_path import path_values

#: Equipment older than this many years before the base year is taken as gone.
_OLDEST_EQUIPMENT = 30


@dataclass(frozen=True)
class EquipmentYears:
    """Equipment of every year.

    Args:
        share: floor area served by each technology of its end use [year, segment, technology].
        final_per_useful: final energy per useful energy, the technology's share taken in [year, segment, technology].
        installed: floor area that equipment of the year serves [year, segment, technology].
    """

    share: Array
    final_per_useful: Array
    installed: Array


# What a technology costs a year per yearly useful energy: the annuity of the investment less subsidy, and the energy.
def annual_cost(
    investment: Array, subsidy: Array, lifetime: Array, discount_rate: float, price: Array, efficiency: Array
) -> Array:
    """Return the yearly cost of a technology [JPY/GJ useful].

    cost = investment · (1 − subsidy) · i / (1 − (1 + i)^−life) + price / efficiency

    Args:
        investment: [JPY/(GJ/year)] [technology].
        subsidy: share of the investment [..., technology].
        lifetime: mean life [years] [technology].
        discount_rate: i, above 0 [1/year].
        price: of the carrier [JPY/GJ] [technology].
        efficiency: useful per final energy [..., technology].
    """
    annuity = discount_rate / (1.0 - (1.0 + discount_rate) ** -lifetime)
    return investment * (1.0 - subsidy) * annuity + price / efficiency


def efficiency_by_year(data: Data, axes: Axes, years: Array) -> Array:
    """Return the efficiency of units sold in each year, useful per final energy [year, technology]."""
    return np.stack(
        [data.by_year("energy/technologies", "efficiency", years, technology=name) for name in axes.technologies],
        axis=-1,
    )


def chosen_shares(data: Data, levers: Levers, axes: Axes) -> tuple[Array, Array]:
    """Return the shares chosen in replacements and in new buildings [year, segment, technology].

    Raises:
        BadInput: the scenario ends every technology of an end use.
    """
    years = axes.years.astype(np.float64)
    classes = axes.attribute("equipment_class")
    known = tuple(dict.fromkeys(classes))
    history = np.stack([_installed_shares(data, axes, years, name) for name in known])
    then, now = _costs(data, levers, axes, years)
    sensitivity = data.number("energy/prices", "choice_sensitivity")
    chosen = (_choice(axes, history, then, now, sensitivity, _allowed(levers, axes, years, which), which)
              for which in ("last_year", "last_year_new"))  # fmt: skip
    number = [known.index(name) for name in classes]
    replaced, new = (np.ascontiguousarray(each[number].transpose(1, 0, 2)) for each in chosen)
    return replaced, new


def _installed_shares(data: Data, axes: Axes, years: Array, equipment_class: str) -> Array:
    """Return the shares of units installed in history, flat after it [year, technology]."""
    table, quantity = "energy/technology_shares", "choice_share"
    columns = [
        data.by_year(table, quantity, years, equipment_class=equipment_class, technology=name)
        for name in axes.technologies
    ]
    return np.stack(columns, axis=-1)


def _costs(data: Data, levers: Levers, axes: Axes, years: Array) -> tuple[Array, Array]:
    """Return yearly costs without and with what the projection changes [year, technology]."""
    known = {
        name: data.along("energy/technologies", name, "technology", axes.technologies)
        for name in ("investment", "lifetime_mean")
    }
    prices = dict(zip(axes.carriers, data.along("energy/prices", "price", "carrier", axes.carriers), strict=True))
    table = classification("technologies")
    price = np.array([prices[table[name]["carrier"]] for name in axes.technologies])
    rate = data.number("energy/prices", "discount_rate")
    efficiency = efficiency_by_year(data, axes, years)
    last_known = efficiency_by_year(data, axes, np.minimum(years, LAST_PUBLISHED_YEAR))
    subsidy = np.stack([path_values(levers.equipment.subsidy[name], years) for name in axes.technologies], axis=-1)
    subsidy = np.where((years >= PROJECTION_FROM)[:, None], subsidy, 0.0)
    none = np.zeros_like(subsidy)
    fixed = (known["lifetime_mean"], rate, price)
    return (
        annual_cost(known["investment"], none, *fixed, last_known),
        annual_cost(known["investment"], subsidy, *fixed, efficiency),
    )


def _allowed(levers: Levers, axes: Axes, years: Array, which: str) -> Mask:
    """Return where a technology may still be installed [year, technology]."""
    last = getattr(levers.equipment, which)
    end = np.array([np.inf if last[name] is None else float(last[name]) for name in axes.technologies])
    return np.asarray((years[:, None] <= end) | (years < PROJECTION_FROM)[:, None])


def _choice(axes: Axes, shares: Array, then: Array, now: Array, sensitivity: float, allowed: Mask, which: str) -> Array:
    """Return the shares chosen within each end use [equipment class, year, technology], as `shares` has them before."""
    result = np.zeros_like(shares)
    for end_use in axes.end_uses:
        group = axes.technologies_of(end_use)
        constants = calibration_constants(shares[:, :, group], then[:, group], sensitivity)
        possible = np.any(allowed[:, group] & np.isfinite(constants), axis=2).all(axis=0)
        if not possible.all():
            year = int(axes.years[np.argmin(possible)])
            nothing_left = Text(
                f"from {year} on nothing may serve {end_use}; leave at least one technology without an end",
                f"{year}年度以降、用途{end_use}に使える設備がありません。期限のない設備を1つ以上残してください",
            )
            raise BadInput([Fault(f"equipment.{which}", nothing_left)])
        result[:, :, group] = choice_shares(now[:, group], sensitivity, constants, allowed[:, group])
    return result


def equipment_years(data: Data, levers: Levers, axes: Axes, new_share: Array) -> EquipmentYears:
    """Return the equipment of every year: it retires on its own life, is replaced by choice, comes with new buildings.

    Args:
        data: input tables.
        levers: equipment levers.
        axes: axes of the run.
        new_share: floor area built in the year over all floor area at its end [year, segment].
    """
    return equipment_together([(data, levers)], axes, [new_share])[0]


def equipment_together(
    samples: Sequence[tuple[Data, Levers]], axes: Axes, new_shares: Sequence[Array]
) -> list[EquipmentYears]:
    """Return the equipment of every year for each sample, their years followed as one array.

    Args:
        samples: input tables and equipment levers.
        axes: axes of the runs.
        new_shares: of each sample, as `equipment_years` has it.
    """
    end_use = np.empty(len(axes.technologies), dtype=np.intp)
    for number, name in enumerate(axes.end_uses):
        end_use[axes.technologies_of(name)] = number
    columns = zip(*(_course(data, levers, axes) for data, levers in samples), strict=True)
    base, standing, efficiency, replaced, new = (np.stack(column) for column in columns)
    together = turnover(base, standing, efficiency, end_use, replaced, new, np.stack(new_shares))
    return [EquipmentYears(*(each[number] for each in together)) for number in range(len(samples))]


def _course(data: Data, levers: Levers, axes: Axes) -> tuple[Array, ...]:
    """Return what equipment starts from and follows: base, standing, efficiency, replaced and new of `turnover`."""
    vintages = np.arange(axes.years[0] - _OLDEST_EQUIPMENT, axes.years[-1] + 1)
    standing = survival_table(_curves(data, axes), vintages, axes.years)
    efficiency = efficiency_by_year(data, axes, vintages.astype(np.float64)).T
    base = _base_equipment(data, axes, standing[0, :, : _OLDEST_EQUIPMENT + 1])
    return base, standing, efficiency, *chosen_shares(data, levers, axes)


def _curves(data: Data, axes: Axes) -> list[Survival]:
    table = "energy/technologies"
    means = data.along(table, "lifetime_mean", "technology", axes.technologies)
    shapes = data.along(table, "lifetime_shape", "technology", axes.technologies)
    return [weibull_with_mean(float(mean), float(shape)) for mean, shape in zip(means, shapes, strict=True)]


def _base_equipment(data: Data, axes: Axes, standing: Array) -> Array:
    """Return base-year equipment [segment, technology, vintage], aged as if it had been replaced evenly for long."""
    ages = standing / standing.sum(axis=1, keepdims=True)
    by_class = {
        name: data.along(
            "energy/technology_shares", "stock_share", "technology", axes.technologies, equipment_class=name
        )
        for name in dict.fromkeys(axes.attribute("equipment_class"))
    }
    shares = np.stack([by_class[name] for name in axes.attribute("equipment_class")])
    return np.asarray(shares[:, :, None] * ages)
