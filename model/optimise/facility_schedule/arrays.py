"""Rows and columns of a mixed-integer program gathered as arrays: blocks of both and the entries between them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.solver import ArrayModel


@dataclass
class Gathered:
    """A program in the making; everything broadcasts, so that one call adds a rule for all facilities and periods."""

    costs: list[FloatArray] = field(default_factory=list)
    lower: list[FloatArray] = field(default_factory=list)
    upper: list[FloatArray] = field(default_factory=list)
    whole: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    row_lower: list[FloatArray] = field(default_factory=list)
    row_upper: list[FloatArray] = field(default_factory=list)
    entries: list[tuple[IntArray, IntArray, FloatArray]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def block(
        self,
        shape: tuple[int, ...],
        upper: npt.ArrayLike = np.inf,
        cost: npt.ArrayLike = 0.0,
        lower: npt.ArrayLike = 0.0,
        whole: bool = False,
    ) -> IntArray:
        """Add columns and return their positions in the shape asked for."""
        count = int(np.prod(shape))
        for parts, values in ((self.costs, cost), (self.lower, lower), (self.upper, upper)):
            parts.append(np.broadcast_to(np.asarray(values, dtype=np.float64), shape).ravel())
        self.whole.append(np.full(count, whole))
        self.columns += count
        return np.arange(self.columns - count, self.columns).reshape(shape)

    def limits(self, shape: tuple[int, ...], upper: npt.ArrayLike = 0.0, lower: npt.ArrayLike = -np.inf) -> IntArray:
        """Add rows and return their positions in the shape asked for."""
        count = int(np.prod(shape))
        for parts, values in ((self.row_lower, lower), (self.row_upper, upper)):
            parts.append(np.broadcast_to(np.asarray(values, dtype=np.float64), shape).ravel())
        self.rows += count
        return np.arange(self.rows - count, self.rows).reshape(shape)

    def put(self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike) -> None:
        """Add entries; rows, columns and values are broadcast against each other."""
        row, column, value = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=np.float64))
        self.entries.append((row.ravel(), column.ravel(), value.ravel()))

    def model(self) -> ArrayModel:
        """Return the program."""
        from scipy.sparse import coo_array, csc_array

        rows, columns, values = (np.concatenate(parts) for parts in zip(*self.entries, strict=True))
        matrix = csc_array(coo_array((values, (rows, columns)), shape=(self.rows, self.columns)))
        matrix.eliminate_zeros()
        return ArrayModel(
            np.concatenate(self.costs),
            np.concatenate(self.lower),
            np.concatenate(self.upper),
            np.concatenate(self.whole),
            matrix,
            np.concatenate(self.row_lower),
            np.concatenate(self.row_upper),
        )
