"""Which factor the spread of an answer comes from: Sobol indices of Saltelli's design, squared correlations of others.

With V the variance of an answer y over the ranges of all factors:
    first order  S_i = V(E(y | factor i)) / V          what would go if factor i alone were known
    total        T_i = 1 − V(E(y | all but i)) / V     what would stay if all but factor i were known
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from model.survival_families import Array

#: Bootstrap of the indices: level of the interval, how often the samples are drawn again, and the seed of it.
LEVEL: Final = 0.95
_DRAWS: Final = 200
_SEED: Final = 0


class Indices(NamedTuple):
    """Sobol indices of answers, each [answer, factor], with the ends of their intervals."""

    first: Array
    first_low: Array
    first_high: Array
    total: Array
    total_low: Array
    total_high: Array


def sobol(answers: Array, samples: int, factors: int) -> Indices:
    """Return the Sobol indices of answers at the points of Saltelli's design.

    Args:
        answers: [answer, member], members in the order of `model.sampling.points`; none may be missing.
        samples: base points of the design.
        factors: factors of the design.

    Returns:
        indices; not a number where an answer does not vary.

    Source: Saltelli et al. 2010 for the first order, Jansen 1999 for the total.
    """
    blocks = answers.reshape(len(answers), factors + 2, samples)
    first, second, mixed = blocks[:, 0], blocks[:, 1], blocks[:, 2:]
    value = _indices(first, second, mixed)
    random, draws = np.random.default_rng(_SEED), []
    for _ in range(_DRAWS):
        rows = random.integers(samples, size=samples)
        draws.append(_indices(first[:, rows], second[:, rows], mixed[:, :, rows]))
    low, high = np.quantile(draws, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0], axis=0)
    return Indices(value[0], low[0], high[0], value[1], low[1], high[1])


def _indices(first: Array, second: Array, mixed: Array) -> Array:
    """Return first-order and total indices [2, answer, factor]; not a number where an answer does not vary.

    S = ⟨(y_B − m) · (y_AB − y_A)⟩ / V,  T = ⟨(y_A − y_AB)²⟩ / 2V, with mean m and variance V of y_A and y_B together.

    Args:
        first: y_A [answer, sample].
        second: y_B [answer, sample].
        mixed: y_AB, y at A with one factor from B [answer, factor, sample].
    """
    both = np.concatenate([first, second], axis=1)
    step = mixed - first[:, None]
    top = np.stack([
        np.einsum("as,afs->af", second - both.mean(axis=1, keepdims=True), step), 0.5 * (step**2).sum(axis=2)
    ])  # fmt: skip
    variance = np.broadcast_to(both.var(axis=1)[:, None], top.shape[1:])
    return np.asarray(np.divide(top / first.shape[1], variance, out=np.full(top.shape, np.nan), where=variance > 0))


def linear_shares(answers: Array, points: Array) -> Array:
    """Return the squared correlation of each answer with each factor [answer, factor].

    Where answers are nearly linear in independent factors this is their first-order index.

    Args:
        answers: [answer, member].
        points: [member, factor].
    """
    y = answers - answers.mean(axis=1, keepdims=True)
    x = points - points.mean(axis=0)
    both = np.outer((y**2).sum(axis=1), (x**2).sum(axis=0))
    return np.asarray(np.divide((y @ x) ** 2, both, out=np.full(both.shape, np.nan), where=both > 0))
