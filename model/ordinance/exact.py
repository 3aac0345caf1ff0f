"""Arithmetic that does not miss a threshold: decimals from the rulebook stay exact until one last rounding."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import fsum, prod
from typing import Any, overload

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Relative resolution of a comparison with a threshold; sums of 1,000,000 decimals stay well inside it.
_RESOLUTION = 1e-9
#: Whole numbers up to here are exact as float64; a factor with more digits than that is taken as its nearest double.
_EXACT_WHOLE = 2**53


def exact(number: float | Fraction | str) -> Fraction:
    """Return the decimal that a person wrote as a fraction: 0.85 becomes 17/20, not its binary neighbour."""
    return Fraction(repr(number) if isinstance(number, float) else str(number))


@overload
def scaled(values: float, *factors: float | Fraction) -> float: ...
@overload
def scaled(values: npt.NDArray[Any], *factors: float | Fraction) -> FloatArray: ...
def scaled(values: float | npt.NDArray[Any], *factors: float | Fraction) -> float | FloatArray:
    """Return values times decimal factors with a single rounding, so that 500 × 0.85 × 2 is 850 and nothing else.

    Args:
        values: one number or an array [any unit].
        factors: rates and unit amounts as printed in the rulebook.

    Returns:
        the product, a float for a number and float64 for an array.
    """
    factor = prod((exact(one) for one in factors), start=Fraction(1))
    if max(abs(factor.numerator), factor.denominator) <= _EXACT_WHOLE:
        product = np.asarray(values, dtype=np.float64) * factor.numerator / factor.denominator
    else:
        product = np.asarray(values, dtype=np.float64) * float(factor)
    return product if isinstance(values, np.ndarray) else float(product)


@overload
def reaches(value: float, threshold: float) -> bool: ...
@overload
def reaches(value: npt.NDArray[Any], threshold: float | npt.NDArray[Any]) -> BoolArray: ...
@overload
def reaches(value: float, threshold: npt.NDArray[Any]) -> BoolArray: ...
def reaches(value: float | npt.NDArray[Any], threshold: float | npt.NDArray[Any]) -> bool | BoolArray:
    """Say whether value ≥ threshold, with a value on the line counted as reaching it in spite of binary error."""
    slack = _RESOLUTION * np.maximum(1.0, np.abs(threshold))
    outcome = np.asarray(np.asarray(value) >= np.asarray(threshold) - slack)
    return outcome if outcome.ndim else bool(outcome)


@overload
def within(value: float, limit: float) -> bool: ...
@overload
def within(value: npt.NDArray[Any], limit: float | npt.NDArray[Any]) -> BoolArray: ...
@overload
def within(value: float, limit: npt.NDArray[Any]) -> BoolArray: ...
def within(value: float | npt.NDArray[Any], limit: float | npt.NDArray[Any]) -> bool | BoolArray:
    """Say whether value ≤ limit, with a value on the line counted as within it in spite of binary error."""
    slack = _RESOLUTION * np.maximum(1.0, np.abs(limit))
    outcome = np.asarray(np.asarray(value) <= np.asarray(limit) + slack)
    return outcome if outcome.ndim else bool(outcome)


def beyond(amount: FloatArray, line: FloatArray) -> FloatArray:
    """Return by how much an amount exceeds a line, exactly zero on the line in spite of binary error."""
    return np.asarray(np.where(np.asarray(reaches(line, amount)), 0.0, amount - line))


def half_up(value: float, digits: int = 0) -> float:
    """Return the number rounded as on paper: halves away from zero, judged on the decimal a person sees.

    Args:
        value: the number; binary noise beyond 12 significant digits is dropped first.
        digits: decimals to keep; negative for tens, hundreds, …

    Returns:
        the rounded number.
    """
    seen = Decimal(f"{value:.12g}")
    return float(seen.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def share_up(count: npt.ArrayLike, share: float) -> npt.NDArray[np.int64]:
    """Return a share of a whole count, rounded up in whole-number arithmetic: 20 % of 15 spaces is 3, of 16 is 4.

    Args:
        count: whole numbers, a scalar or an array.
        share: the share as printed [1].

    Returns:
        whole numbers of the same shape.
    """
    part = exact(share)
    return np.asarray(-(-np.asarray(count, dtype=np.int64) * part.numerator // part.denominator), dtype=np.int64)


def total(values: Iterable[float]) -> float:
    """Return a sum without accumulated rounding."""
    return fsum(values)


def ratio(part: float, whole: float) -> float:
    """Return part ÷ whole, of the decimals as written and with one rounding."""
    return float(exact(part) / exact(whole))


def percentage(part: float, whole: float) -> float:
    """Return part ÷ whole in per cent."""
    return float(100 * exact(part) / exact(whole))
