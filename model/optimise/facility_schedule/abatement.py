"""What a tonne costs by each measure alone: the marginal abatement cost curve of a portfolio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.works import FacilityWorks


@dataclass(frozen=True)
class Abatement:
    """One measure over the whole portfolio.

    Args:
        measure: its name.
        tonnes: that it takes away alone [t-CO2].
        cost: of that, in present value [JPY].
    """

    measure: str
    tonnes: float
    cost: float

    @property
    def per_tonne(self) -> float:
        """Cost of a tonne [JPY/t-CO2]."""
        return self.cost / self.tonnes


def abatement(schedule: Schedule) -> list[Abatement]:
    """Return every measure, done alone in its cheapest year in every facility that can, cheapest tonne first.

    Args:
        schedule: its works as they may be done, whatever is planned.
    """
    total: dict[str, list[float]] = {}
    for f in range(schedule.problem.facilities):
        own = FacilityWorks(schedule.problem, f)
        nothing = own.bare(np.full(len(own.works), -1))
        for w, work in enumerate(own.works):
            years = np.flatnonzero(work.allowed)
            if not len(years) or work.requires >= 0:
                continue
            starts = np.full(len(own.works), -1)
            starts[w] = int(years[np.argmin(work.cost[years])])
            alone = own.bare(starts)
            tonnes = float((nothing.raw_emissions_t - alone.raw_emissions_t).sum())
            if tonnes > 0:
                sums = total.setdefault(work.measure, [0.0, 0.0])
                sums[0] += tonnes
                sums[1] += alone.cost
    found = [Abatement(measure, tonnes, cost) for measure, (tonnes, cost) in total.items()]
    return sorted(found, key=lambda one: one.per_tonne)
