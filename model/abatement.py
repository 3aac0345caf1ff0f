"""What each group of levers avoids, and at what cost: marginal runs between a base and a scenario.

First-in moves one group alone from the base to the scenario; last-in takes it alone out of the scenario. Groups act on
what others leave, so the two differ, and neither sums to the whole: the remainder is interaction, and it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import xarray as xr

from model.axes import PROJECTION_FROM, Axes, Resolution
from model.costs import present_value
from model.inputs import Data
from model.lever_groups import differing_groups, lever_groups, switched
from model.levers import Levers
from model.pathway import Pathway, run_pathway
from model.survival_families import Array

#: Where a group stands in the order: alone before all others, or alone after them.
ORDERS: Final = ("first_in", "last_in")
#: Label of all groups at once, levers outside them included.
TOGETHER: Final = "together"
_TONNES_PER_MT = 1e6

#: Name, unit and meaning in English and Japanese of each variable of the answer.
_VARIABLES: Final = {
    "avoided": ("tonne/year", "greenhouse gases avoided", "温室効果ガス削減量"),
    "cost": ("JPY/year", "additional yearly cost, savings taken off", "追加年間費用(節減額を差引き)"),
    "avoided_discounted": ("tonne", "tonnes avoided in all years of the projection, discounted like money",
                           "将来推計期間の割引後削減量"),
    "cost_discounted": ("JPY", "additional cost in all years of the projection, discounted",
                        "将来推計期間の割引後追加費用"),
    "cost_per_tonne": ("JPY/tonne", "discounted cost over discounted tonnes", "削減1t当たり費用(割引後)"),
}  # fmt: skip


def marginal_abatement(
    base: Levers,
    scenario: Levers,
    data: Data,
    resolution: Resolution = "metropolis",
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Return tonnes avoided and their cost for each group of levers that differs between two scenarios.

    Args:
        base: where levers start.
        scenario: where they go; its years, demand and stock hold for all runs.
        data: input tables.
        resolution: how finely the runs see places.
        progress: told after every run.

    Returns:
        variables of `avoided`, `cost` (lever_group, order, year) and of `avoided_discounted`, `cost_discounted`,
        `cost_per_tonne` (lever_group, order), the label `together` for all at once; `interaction` (order) is what all
        avoid together less the sum of the groups [tonne]. A group that avoids nothing has no cost per tonne (NaN).
    """
    frame = _framed(base, scenario)
    groups = differing_groups(frame, scenario)
    runs = 2 * len(groups) + 2
    done = 0

    def run(levers: Levers) -> Pathway:
        nonlocal done
        result = run_pathway(levers, data, resolution=resolution)
        done += 1
        if progress is not None:
            progress(done, runs)
        return result

    start, end = run(frame), run(scenario)
    first = [_gain(start, run(switched(frame, scenario, [group]))) for group in groups]
    last = [_gain(run(switched(scenario, frame, [group])), end) for group in groups]
    both = _gain(start, end)
    avoided, cost = (
        np.array([[one[i] for one in pair] for pair in [*zip(first, last, strict=True), (both, both)]]) for i in (0, 1)
    )
    return _dataset(data, end.axes, [*groups, TOGETHER], avoided, cost)


def _framed(base: Levers, scenario: Levers) -> Levers:
    """Return the base in the frame of the scenario: its years, demand and stock, which are no measures."""
    return switched(scenario, base, differing_groups(scenario, base))


def _gain(without: Pathway, having: Pathway) -> tuple[Array, Array]:
    """Return tonnes avoided [tonne/year] [year] and their cost [JPY/year] [year] of one run against another."""
    gas = (without.values["greenhouse_gas_total"] - having.values["greenhouse_gas_total"]) * _TONNES_PER_MT
    cost = (having.values["annual_cost"] - without.values["annual_cost"]).sum(axis=(1, 2))
    return gas, cost


def _dataset(data: Data, axes: Axes, labels: Sequence[str], avoided: Array, cost: Array) -> xr.Dataset:
    """Return the answer with labels, units and meanings; `avoided` and `cost` are [lever_group, order, year]."""
    ahead = axes.years >= PROJECTION_FROM
    tonnes, money = (present_value(data, axes, np.moveaxis(each, 2, 0)) for each in (avoided, cost))
    # A thousandth of the whole is as good as nothing: its cost per tonne would be noise.
    counts = np.abs(tonnes) > 1e-3 * np.abs(tonnes[-1])
    unit = np.divide(money, tonnes, out=np.full_like(money, np.nan), where=counts)
    cells, totals = ("lever_group", "order", "year"), ("lever_group", "order")
    values = {
        "avoided": (cells, avoided[:, :, ahead]),
        "cost": (cells, cost[:, :, ahead]),
        "avoided_discounted": (totals, tonnes),
        "cost_discounted": (totals, money),
        "cost_per_tonne": (totals, unit),
    }
    titles = [lever_groups()[label].title if label != TOGETHER else None for label in labels]
    answer = xr.Dataset(
        values | {"interaction": ("order", tonnes[-1] - tonnes[:-1].sum(axis=0))},
        coords={
            "lever_group": list(labels),
            "order": list(ORDERS),
            "year": axes.years[ahead],
            "lever_group_en": ("lever_group", ["all together" if title is None else title.en for title in titles]),
            "lever_group_ja": ("lever_group", ["全体" if title is None else title.ja for title in titles]),
        },
        attrs={
            "discount_rate": data.number("economics/parameters", "discount_rate"),
            "price_year": int(data.number("economics/parameters", "price_year")),
            "discounted_to": PROJECTION_FROM,
        },
    )
    for name, (unit_of, english, japanese) in _VARIABLES.items():
        answer[name].attrs = {"units": unit_of, "long_name": english, "long_name_ja": japanese}
    answer["interaction"].attrs = {
        "units": "tonne",
        "long_name": "discounted tonnes of all together less the sum of the groups",
        "long_name_ja": "全体の割引後削減量と各グループ合計との差(相互作用)",
    }
    return answer
