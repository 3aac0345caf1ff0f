"""What was looked at of plans with some deviations: what they need, and ranges of deviations between such places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.solar_allocation.edge import SAFETY
from model.optimise.solar_allocation.problem import BoolArray, FloatArray
from model.optimise.solar_allocation.sums import deviations_of


@dataclass(frozen=True)
class Node:
    """Variances and higher cumulants of the parts, and what plans with them need (`Frontier.least`)."""

    variances: tuple[float, ...]
    higher: FloatArray
    least: FloatArray

    @property
    def deviations(self) -> FloatArray:
        """Deviations of the sums [kW]."""
        return deviations_of(np.array(self.variances))

    @property
    def terms(self) -> FloatArray:
        """Deviations of the sums and higher cumulants of the parts."""
        return np.append(self.deviations, np.ravel(self.higher))


@dataclass(frozen=True)
class Place:
    """What plans need with some variances of the parts: for usual higher cumulants, and for one of them changed each.

    Args:
        variances: of the parts [kW²].
        nodes: what was looked at.
        lack: by how much plans need more than the limit asks at least, by combination of substitutes or one for all
            [kW].
    """

    variances: tuple[float, ...]
    nodes: list[Node]
    lack: FloatArray


@dataclass(frozen=True)
class Piece:
    """Ranges of deviations of parts, the bound of plans in them, and what they lie at most above the bound of all.

    Where substitutes are listed, `kept` says which combinations of them matter.
    """

    bound: float
    room: float
    ends: tuple[tuple[float, float], ...]
    places: list[Place]
    kept: BoolArray | None = None


def lacking(places: list[Place]) -> FloatArray:
    """Return by how much plans need more than the limit asks, less what may lie between, dims (place, …) [kW]."""
    found = np.array([one.lack for one in places])
    return np.asarray(found - (SAFETY - 1) * (found.max(axis=0) - found.min(axis=0)))
