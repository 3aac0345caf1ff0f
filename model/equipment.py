"""Equipment: it ages on its own life, what leaves is replaced by choice, new buildings bring their own.

Shares are of a segment's floor area: which part of it is served by which technology of which year of installation, for
each end use. Demolition takes all equipment alike, since a building's age says little about that of its boiler, so it
leaves the shares as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model.faults import BadInput, Fault
from model.language import Text
from model.survival_families import Array


class Turnover(NamedTuple):
    """Equipment at the end of every year."""

    share: Array
    """Share of floor area served by each technology of its end use [..., year, segment, technology]."""
    final_per_useful: Array
    """Final energy per useful energy of the end use, the technology's share taken in, with the same dims."""
    installed: Array
    """Share of floor area that equipment of the year serves, 0 in the first year, with the same dims."""


# Units of each year of installation leave by their own survival curve; what leaves is replaced by choice; then the new
# buildings of the year thin out all there was and add their own.
def turnover(
    base: Array,
    standing: Array,
    efficiency: Array,
    end_use: npt.NDArray[np.intp],
    replaced: Array,
    new: Array,
    new_share: Array,
) -> Turnover:
    """Return the equipment of every year.

    In year y, with n of that year:
        left[s, t] = Σ_{v<y} units[s, t, v] · S[t, y, v] / S[t, first year of v, v]
        entered[s, t] = replaced[y, s, t] · Σ_{t of the end use} (left in the year before − left[s, t])
        units[s, t, v] ← units[s, t, v] · (1 − n);  units[s, t, y] = (1 − n) · entered + n · new[y, s, t]
    What fails within the half year after its installation is made good by the same technology.

    Args:
        base: shares at the end of the first year by year of installation, the last being the first year
            [..., segment, technology, vintage up to the first year]. Leading dims, the same of all arguments but
            `end_use`, are samples.
        standing: S at the end of each year [..., year, technology, vintage], as `survival_table` gives it.
        efficiency: useful per final energy of units of each year of installation [..., technology, vintage].
        end_use: number of the end use that each technology serves [technology].
        replaced: shares of the technologies of an end use in replacements [..., year, segment, technology].
        new: the same in new buildings [..., year, segment, technology].
        new_share: n, floor area built in the year over all floor area at its end [..., year, segment].
    """
    *samples, years, technologies, vintages = standing.shape
    segments, first = base.shape[-3], base.shape[-1] - 1
    entry = np.maximum(np.arange(vintages) - first, 0)
    at_entry = np.take_along_axis(standing, entry[(None,) * (standing.ndim - 1)], axis=-3)
    kept = np.divide(standing, at_entry, out=np.zeros_like(standing), where=at_entry > 0)
    weights = np.stack([kept, kept / efficiency[..., None, :, :]], axis=-2)
    serves = np.equal.outer(end_use, end_use).astype(np.float64)
    units = np.zeros((*samples, technologies, vintages, segments))
    units[..., : first + 1, :] = np.moveaxis(base, -3, -1)
    result = np.empty((years, *samples, technologies, 2, segments))
    result[0] = np.matmul(weights[..., 0, :, :, :], units)
    of_end_use = serves @ result[0, ..., 0, :]
    installed = np.zeros((*samples, years, segments, technologies))
    # Units stand in the array as if no building had ever been added; one factor a segment says what is left of them.
    thinned = np.ones((*samples, 1, segments))
    for index in range(1, years):
        position = first + index
        left = np.matmul(weights[..., index, :, :, :position], units[..., :position, :]) * thinned[..., None, :, :]
        built, chosen = new_share[..., index, None, :], np.swapaxes(replaced[..., index, :, :], -1, -2)
        failed = of_end_use - serves @ left[..., 0, :]
        entered = chosen * failed * (1.0 - built) + built * np.swapaxes(new[..., index, :, :], -1, -2)
        thinned = thinned * (1.0 - built)
        if (anew := thinned == 0.0).any():
            units *= ~anew[..., None, :, :]
            thinned[anew] = 1.0
        units[..., position, :] = entered / thinned
        of_year = weights[..., index, :, :, position]
        result[index] = left * (1.0 - built)[..., None, :, :] + entered[..., None, :] * of_year[..., None]
        of_end_use = of_end_use * (1.0 - built) + built
        installed[..., index, :, :] = np.swapaxes(entered, -1, -2)
    share, final = (np.ascontiguousarray(np.moveaxis(result[..., part, :], (0, -1), (-3, -2))) for part in (0, 1))
    return Turnover(share, final, installed)


def choice_shares(
    annual_cost: Array,
    sensitivity: npt.ArrayLike,
    calibration_constants: Array,
    allowed: npt.ArrayLike = True,
) -> Array:
    """Return the shares in which technologies are chosen.

    share[t] = exp(constant[t] − sensitivity · cost[t]) / Σ over the technologies allowed

    Args:
        annual_cost: cost of owning and running, subsidies taken off [JPY/year] [..., technology].
        sensitivity: how sharply choice responds to cost, at least 0 [year/JPY], broadcasts against `annual_cost`.
        calibration_constants: what else decides, without unit [..., technology]; −inf for what nobody chooses.
        allowed: False where a technology is banned, broadcasts against `annual_cost`.

    Returns:
        shares [..., technology], summing to 1; 0 where banned.

    Raises:
        BadInput: nothing is left to choose.

    Source: multinomial logit (McFadden 1974).
    """
    utility = np.where(allowed, calibration_constants - np.multiply(sensitivity, annual_cost), -np.inf)
    best = utility.max(axis=-1, keepdims=True)
    if not np.all(np.isfinite(best)):
        nothing_left = Text(
            "every technology is banned or has no share to start from; leave at least one to choose",
            "すべての技術が禁止されているか、基準年のシェアが0です。選べる技術を1つ以上残してください",
        )
        raise BadInput([Fault(place="equipment choice", problem=nothing_left)])
    # Relative to the best one no exponential overflows, and the shares sum to 1 to the last digit.
    weight = np.exp(utility - best)
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def calibration_constants(base_share: Array, annual_cost: Array, sensitivity: npt.ArrayLike) -> Array:
    """Return the constants with which the logit gives back the shares of the base year.

    constant[t] = ln share[t] + sensitivity · cost[t]

    Args:
        base_share: shares of the base year [..., technology]; what has share 0 is never chosen at any cost.
        annual_cost: cost of the base year [JPY/year] [..., technology].
        sensitivity: as in `choice_shares` [year/JPY].

    Returns:
        constants without unit [..., technology].
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(base_share) + np.multiply(sensitivity, annual_cost))
