"""Supply: district networks, and the suppliers of electricity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.axes import LAST_PUBLISHED_YEAR
from model.policy.acting import Energy, Scene
from model.survival_families import Array


def district_energy(state: Energy, scene: Scene) -> Energy:
    """Lower the factor of district heat by what supply plans are expected to bring, on what levers left."""
    ahead = scene.from_year(0)
    return replace(
        state,
        heat_factor=np.where(ahead, state.heat_factor * scene.path("district_heat_factor"), state.heat_factor),
    )


def supplied_energy(state: Energy, scene: Scene) -> Energy:
    """Raise the renewable share of supply towards the levels set for suppliers.

    The duty is to set, plan and report targets, not to reach them: suppliers go a share of the way from the supply
    of the last published year to each level. Where the levers have more, more stays.
    """
    now = float(state.grid_share[scene.axes.year_index(LAST_PUBLISHED_YEAR)])
    years, levels = zip(*_levels(scene).items(), strict=True)
    reached = [now + scene.parameter("reported_share_of_supply") * max(level - now, 0.0) for level in levels]
    path = np.interp(scene.years, [LAST_PUBLISHED_YEAR, *years], [now, *reached])
    share = np.where(scene.from_year(0), np.maximum(state.grid_share, path), state.grid_share)
    return replace(state, grid_share=share)


def with_purchases(state: Energy, scene: Scene, electricity: Array, supplied: Array) -> Array:
    """Return the renewable share of the grid once green purchases are counted [1] [year].

    A purchase beyond what the grid brings anyway adds only a part of its kWh; and what it adds counts towards the
    suppliers' levels, not on top of them: share = max(share of supply, share before programmes + added / supply).

    Args:
        state: supply and purchases.
        scene: what may be looked at.
        electricity: bought by buildings [TWh/year] [year, segment].
        supplied: bought by all sectors [TWh/year] [year].
    """
    beyond = np.maximum(state.purchased_share - state.grid_share[:, None], 0.0) * electricity
    added = scene.parameter("additionality") * beyond.sum(axis=1)
    share = np.minimum(state.base_grid_share + added / supplied, 1.0)
    return np.asarray(np.where(added > 0.0, np.maximum(state.grid_share, share), state.grid_share))


def _levels(scene: Scene) -> dict[int, float]:
    """Return the levels set for supply by year [1]; the one of 2035 stands in the adopted rules only."""
    rules = scene.rules("electricity_suppliers")
    levels = {2030: rules.number("target_level_2030")}
    if rules.stated("target_share_2035"):
        levels[2035] = rules.number("target_share_2035")
    return levels
