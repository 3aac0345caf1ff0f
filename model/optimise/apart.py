"""A program of whole numbers that a few rows tie: without them it falls into parts, each solved on its own.

Whatever the rows that tie are charged for, the least cost of all parts less what the rows offer is a bound, and at the
prices of the relaxed program it is a good one. With the whole numbers that the parts chose the rest is a linear program
in which all rows hold again: its answer is feasible, and the distance to the bound says how good it is. What is left
open after that is for the program as a whole. (Lagrangian relaxation; Geoffrion 1974.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from model.optimise.solver import (
    ArrayAnswer,
    ArrayModel,
    BoolArray,
    FloatArray,
    SolverOptions,
    prove,
    relative_gap,
    solve_arrays,
)
from model.optimise.until import Until

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

IntArray = npt.NDArray[np.int64]

#: Gap to which each part is solved [1].
_EXACT = 1e-7


@dataclass(frozen=True)
class _Parts:
    """What the parts of a program come to.

    Args:
        values: by column.
        bound: no answer of the whole costs less.
        chosen: whether there are values for all columns.
    """

    values: FloatArray
    bound: float
    chosen: bool


def solve_apart(model: ArrayModel, tying: IntArray, options: SolverOptions) -> ArrayAnswer:
    """Solve a program that is to be minimised by its parts, and as a whole where they leave more than the gap.

    Args:
        model: columns and rows.
        tying: rows that tie the parts; none of them has a lower limit.
        options: limits, gap, seed.

    Returns:
        values and proof, as of `solve_arrays`.

    Raises:
        SolverError: HiGHS failed.
    """
    until = Until.after(options.seconds)
    relaxed = solve_arrays(replace(model, integer=np.zeros_like(model.integer)), options)
    if relaxed.proof.status != "optimal":
        return solve_arrays(model, options)
    parts = _priced(model, tying, np.maximum(-relaxed.prices[tying], 0.0), options, until)
    bound = max(parts.bound, relaxed.proof.objective)
    answer = _with_whole_numbers(model, parts.values, until) if parts.chosen else None
    if answer is None or relative_gap(answer.proof.objective, bound) > options.relative_gap:
        start = None if answer is None else answer.values
        whole = solve_arrays(model, replace(options, seconds=until.left), start)
        bound = max(bound, whole.proof.bound)
        if answer is None or (whole.proof.has_answer and whole.proof.objective < answer.proof.objective):
            answer = whole
    status = answer.proof.status
    if answer.proof.has_answer:
        far = answer.proof.objective - bound > options.absolute_gap
        beyond = relative_gap(answer.proof.objective, bound) > options.relative_gap
        status = "feasible" if far and beyond else "optimal"
    missing = np.full(len(model.row_lower), np.nan), np.full(len(model.costs), np.nan)
    proof = prove(status, answer.proof.objective, bound, options.seconds - until.left, options)
    return ArrayAnswer(proof, answer.values, *missing)


def _with_whole_numbers(model: ArrayModel, values: FloatArray, until: Until) -> ArrayAnswer | None:
    """Return the best answer with whole numbers as given; None where there is none."""
    lower, upper = model.lower.copy(), model.upper.copy()
    lower[model.integer] = upper[model.integer] = np.round(values[model.integer])
    fixed = replace(model, lower=lower, upper=upper, integer=np.zeros_like(model.integer))
    found = solve_arrays(fixed, SolverOptions(until.left))
    return found if found.proof.status == "optimal" else None


def _priced(model: ArrayModel, tying: IntArray, price: FloatArray, options: SolverOptions, until: Until) -> _Parts:
    """Return what the parts come to at prices of the rows that tie them.

    Args:
        model: the whole program.
        tying: rows that tie.
        price: their prices.
        options: seed.
        until: when it ends.
    """
    by_row = model.matrix.tocsr()
    price = _within_reach(model, tying, price)
    costs = model.costs + by_row[tying].T @ price
    kept = np.setdiff1d(np.arange(len(model.row_lower)), tying)
    rows = by_row[kept]
    alone = np.diff(rows.tocsc().indptr) == 0
    values = np.where(costs < 0, model.upper, model.lower)
    values[~alone | ~np.isfinite(values)] = 0.0
    bound = model.offset - float(price @ model.row_upper[tying]) + float(costs[alone] @ values[alone])
    for own, columns, matrix in _parts(rows, ~alone):
        one = ArrayModel(
            costs[columns], model.lower[columns], model.upper[columns], model.integer[columns], matrix,
            model.row_lower[kept[own]], model.row_upper[kept[own]],
        )  # fmt: skip
        found = solve_arrays(one, replace(options, seconds=until.left, relative_gap=_EXACT, further={}))
        bound += found.proof.bound
        if not found.proof.has_answer:
            return _Parts(values, -np.inf, False)
        values[columns] = found.values
    return _Parts(values, bound, True)


# A column of one of these rows alone that has no upper limit is never worth taking: else nothing would be a bound.
def _within_reach(model: ArrayModel, tying: IntArray, price: FloatArray) -> FloatArray:
    """Return prices no higher than what another unit of a row costs where there is no end of them."""
    endless = np.isinf(model.upper) & (np.diff(model.matrix.indptr) == 1)
    offers = model.matrix[:, np.flatnonzero(endless)].tocsr()[tying].tocoo()
    given = offers.data < 0
    most = np.full(len(tying), np.inf)
    np.minimum.at(most, offers.row[given], model.costs[endless][offers.col[given]] / -offers.data[given])
    return np.asarray(np.minimum(price, most))


def _parts(rows: csr_array, free: BoolArray) -> Iterator[tuple[IntArray, IntArray, csc_array]]:
    """Yield rows, columns and entries of each part.

    Args:
        rows: entries of all rows.
        free: columns that are in any of them.
    """
    from scipy.sparse import coo_array, csc_array
    from scipy.sparse.csgraph import connected_components

    entries, (count, columns) = rows.tocoo(), rows.shape
    ties = coo_array((np.ones(entries.nnz), (entries.row, count + entries.col)), shape=(count + columns,) * 2)
    number, part = connected_components(ties, directed=False)
    row_order, column_order = np.argsort(part[:count], kind="stable"), np.argsort(part[count:], kind="stable")
    row_ends, column_ends = (
        np.searchsorted(part[half][order], np.arange(number + 1))
        for half, order in ((slice(count), row_order), (slice(count, None), column_order))
    )
    sorted_ = rows[row_order].tocsc()[:, column_order]
    for one in range(number):
        (top, bottom), (left, right) = row_ends[one : one + 2], column_ends[one : one + 2]
        if right > left and free[column_order[left]]:
            first, last = sorted_.indptr[left], sorted_.indptr[right]
            inside = (
                sorted_.data[first:last],
                sorted_.indices[first:last] - top,
                sorted_.indptr[left : right + 1] - first,
            )
            yield row_order[top:bottom], column_order[left:right], csc_array(inside, shape=(bottom - top, right - left))
