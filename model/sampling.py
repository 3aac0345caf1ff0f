"""Where the members of an ensemble stand in the ranges of their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.survival_families import Array

DesignName = Literal["sobol", "latin_hypercube", "saltelli"]

#: Designs by name, for help and faults.
DESIGNS: Final[dict[DesignName, Text]] = {
    "sobol": Text("Sobol sequence, scrambled", "ソボル列(スクランブル付き)"),
    "latin_hypercube": Text("Latin hypercube", "ラテン超方格"),
    "saltelli": Text(
        "Saltelli's design for Sobol indices: samples × (factors + 2) members",
        "ソボル指標用のサルテリ計画: 標本数×(要因数+2)メンバー",
    ),
}

#: More members than this are a mistake of the keyboard.
MOST_SAMPLES: Final = 1_000_000


@dataclass(frozen=True)
class Design:
    """How the points of an ensemble are drawn.

    Args:
        name: the method.
        samples: points drawn; Saltelli's design has so many base points, and many more members.
        seed: of the scrambling or the hypercube.
    """

    name: DesignName
    samples: int
    seed: int


def check_design(design: Design, factors: int) -> None:
    """Raise `BadInput` with what is wrong with a design."""
    faults = FaultList()
    if not 1 <= design.samples <= MOST_SAMPLES:
        faults.add("--samples", Text("how many samples cannot be this", "標本数が不正です"), design.samples,
                   f"1-{MOST_SAMPLES}")  # fmt: skip
    elif design.name == "saltelli" and (design.samples & (design.samples - 1) or design.samples < 2):
        near = 2 ** max(1, round(float(np.log2(design.samples))))
        faults.add("--samples", Text("Saltelli's design needs a power of two", "サルテリ計画の標本数は2のべき乗です"),
                   design.samples, str(near))  # fmt: skip
    if design.name == "saltelli" and not factors:
        faults.add("uncertainty", Text("no factor has a range, so there is nothing to share the spread among",
                                       "幅を持つ要因がないため、指標を計算できません"))  # fmt: skip
    faults.raise_if_any()


def points(design: Design, factors: int) -> Array:
    """Return the points of a design, u from −1 to 1, uniform and independent [member, factor].

    Saltelli's design stands in blocks of `samples` members: A, B, then for each factor A with that factor from B.

    Args:
        design: the design.
        factors: how many factors there are.

    Raises:
        BadInput: the design cannot be.

    Source: Saltelli et al. 2010.
    """
    check_design(design, factors)
    if not factors:
        return np.zeros((design.samples, 0))
    if design.name == "latin_hypercube":
        # Only an ensemble draws points, and its library takes longer to load than a run to compute.
        from scipy.stats import qmc

        return 2.0 * qmc.LatinHypercube(factors, rng=np.random.default_rng(design.seed)).random(design.samples) - 1.0
    if design.name == "sobol":
        return _sobol(design, factors)
    both = _sobol(design, 2 * factors)
    first, second = both[:, :factors], both[:, factors:]
    mixed = np.broadcast_to(first, (factors, *first.shape)).copy()
    for factor in range(factors):
        mixed[factor, :, factor] = second[:, factor]
    return np.concatenate([first, second, *mixed])


def _sobol(design: Design, dimensions: int) -> Array:
    """Return the first points of a scrambled Sobol sequence; drawn to a power of two, as its balance asks."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(design.seed))
    power = int(np.ceil(np.log2(design.samples)))
    return np.asarray(2.0 * sequence.random_base2(power)[: design.samples] - 1.0)
