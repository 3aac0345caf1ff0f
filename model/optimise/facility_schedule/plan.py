"""A plan of one facility with everything that follows from its works, and the prices it is charged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.physics import GRID
from model.optimise.facility_schedule.problem import FloatArray, IntArray


@dataclass(frozen=True)
class Prices:
    """What a plan is charged and paid for.

    Args:
        excess: worth of a tonne of excess in each period [JPY/t-CO2], dims (period).
        short: worth of a tonne less of shortfall, at least that of excess [JPY/t-CO2], dims (period).
        money: extra charge on money paid in each year [1], dims (year).
        work: charge on works begun in each year [JPY], dims (year).
        cost: weight of the plan's own cost [1].
        emission: charge on emissions of every year [JPY/t-CO2].
    """

    excess: FloatArray
    short: FloatArray
    money: FloatArray
    work: FloatArray
    cost: float = 1.0
    emission: float = 0.0


@dataclass(frozen=True)
class Plan:
    """One plan of one facility.

    Args:
        starts: position of the year in which each work is done, -1 for never, dims (work).
        options: way to buy renewables in each year, -1 for none, dims (year).
        shares: share of grid electricity for which they are bought [1], dims (year).
        position_t: reduction made less reduction owed, dims (period).
        forgiven_t: reduction owed that recognition as carbon half takes away, dims (period).
        works_cost: works, renewals and value left [JPY, present value].
        energy_cost: energy and yearly costs less those without measures [JPY, present value].
        renewable_cost: renewables bought [JPY, present value].
        emissions_t: dims (year); renewables taken off.
        raw_emissions_t: the same before renewables, dims (year).
        used: quantities that costs and emissions are linear in, dims (year, quantity).
        paid: money paid for works, dims (year).
        begun: works begun, dims (year).
    """

    starts: IntArray
    options: IntArray
    shares: FloatArray
    position_t: FloatArray
    forgiven_t: FloatArray
    works_cost: float
    energy_cost: float
    renewable_cost: float
    emissions_t: FloatArray
    raw_emissions_t: FloatArray
    used: FloatArray
    paid: FloatArray
    begun: FloatArray

    @property
    def cost(self) -> float:
        """Own cost of the plan without credits [JPY, present value]."""
        return self.works_cost + self.energy_cost + self.renewable_cost

    @property
    def short_t(self) -> FloatArray:
        """Reduction owed that is neither made nor forgiven [t-CO2], dims (period)."""
        return np.maximum(-self.position_t - self.forgiven_t, 0.0)

    @property
    def grid_mwh(self) -> FloatArray:
        """Electricity bought over the grid [MWh], dims (year)."""
        return np.asarray(self.used[:, GRID])

    @property
    def key(self) -> bytes:
        """What tells plans apart."""
        return self.starts.tobytes() + self.options.tobytes() + self.shares.tobytes()
