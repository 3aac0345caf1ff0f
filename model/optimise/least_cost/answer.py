"""The least-cost pathway as others use it: a Dataset with everything, and a scenario file that runs again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr
import yaml

from model.axes import PROJECTION_FROM
from model.cost_equations import discount_factors
from model.costs import present_value
from model.labels import classification_coordinates
from model.language import Text
from model.lever_groups import flat
from model.levers import Levers
from model.optimise.least_cost.pathway import Answer
from model.optimise.solver import solver_version
from model.pathway import Pathway

#: Position of a group from which on its ceiling is said to bind.
AT_CEILING: Final = 0.999
#: Label of the answer among the runs.
LEAST_COST: Final = "least_cost"

_TITLE = Text("{}: least cost", "{}(費用最小)")
_DESCRIPTION = Text(
    "The cheapest way to {} that `optimise` found between the levers of {}.",
    "{}を最小の費用で達成する経路。`optimise` が {} のレバーの間で選んだもの。",
)

#: Name, unit and meaning in English and Japanese of each variable of the answer.
_VARIABLES: Final = {
    "weight": ("1", "weight of each scenario's levers in a group from a year on",
               "各年度における、グループごとの各シナリオのレバーの重み"),
    "greenhouse_gas_total": ("Mt/year", "all greenhouse gases", "温室効果ガス総排出量"),
    "cap": ("Mt/year", "most gases that the targets allow; empty where none holds", "目標による排出上限(ない年度は空)"),
    "price_of_tonne": ("JPY/tonne", "what one tonne more of the cap would save, in money of the year",
                       "上限を1t緩めると節約できる額(当該年度の価値)"),
    "annual_cost": ("JPY/year", "yearly cost by payer and item", "負担者別・費目別の年間費用"),
    "transfer": ("JPY/year", "subsidies received, or paid where below zero", "補助金の受取(負の値は支払)"),
    "cost_discounted": ("JPY", "cost of all years of the projection, discounted", "将来推計期間の割引後費用"),
}  # fmt: skip


def prices(answer: Answer) -> np.ndarray:
    """Return the shadow price of a tonne in money of each year [JPY/t] [year].

    0 where nothing binds; NaN throughout where the targets are out of reach.
    """
    rate = answer.problem.data.number("economics/parameters", "discount_rate")
    if not answer.reached:
        return np.full(len(answer.problem.years), np.nan)
    return answer.prices(discount_factors(rate, answer.problem.years - PROJECTION_FROM))


def at_ceiling(answer: Answer) -> dict[str, tuple[int, ...]]:
    """Return the groups that can go no further, with the years (0 for all) from which they cannot."""
    result = {}
    for name, weights in answer.problem.weights(answer.found.position).items():
        full = weights.values[:, 1:].sum(axis=1) >= AT_CEILING
        if full.any():
            steady = len(weights.years) == 1
            years = zip(weights.years, full, strict=True)
            result[name] = tuple(0 if steady else year for year, bound in years if bound)
    return result


def answer_dataset(answer: Answer, runs: Mapping[str, Pathway]) -> xr.Dataset:
    """Return the answer beside other runs by municipality.

    Args:
        answer: the least-cost pathway.
        runs: further runs by name, such as the base and the scenario.
    """
    problem, axes = answer.problem, answer.run.axes
    shown = {LEAST_COST: answer.run, **runs}
    ahead = axes.years >= PROJECTION_FROM
    weights = problem.weights(answer.found.position)
    by_group = np.stack([weights[group.name].at(problem.knots) for group in problem.groups])
    labels = {"payer": list(axes.payers), "cost_item": list(axes.cost_items)}
    cost = np.stack([run.values["annual_cost"] for run in shown.values()])
    in_all = [float(present_value(problem.data, axes, one.sum(axis=(1, 2)))) for one in cost]
    dataset = xr.Dataset(
        {
            "weight": (("lever_group", "knot", "scenario"), by_group),
            "greenhouse_gas_total": (
                ("run", "year"), np.stack([run.values["greenhouse_gas_total"][ahead] for run in shown.values()])
            ),
            "cap": ("year", np.where(np.isfinite(problem.caps), problem.caps, np.nan)),
            "price_of_tonne": ("year", prices(answer)),
            "annual_cost": (("run", "year", "payer", "cost_item"), cost[:, ahead]),
            "transfer": (("run", "year", "payer"), np.stack([r.values["transfer"][ahead] for r in shown.values()])),
            "cost_discounted": ("run", in_all),
        },
        coords={
            "run": list(shown), "year": axes.years[ahead], "knot": list(problem.knots), "scenario": list(problem.names),
            "lever_group": [group.name for group in problem.groups],
            "lever_group_en": ("lever_group", [group.title.en for group in problem.groups]),
            "lever_group_ja": ("lever_group", [group.title.ja for group in problem.groups]),
            **labels,
            **{
                name: (name.rpartition("_")[0], values)
                for name, values in classification_coordinates(labels).items()
            },
        },
        attrs=_facts(answer),
    )  # fmt: skip
    for name, (unit, english, japanese) in _VARIABLES.items():
        dataset[name].attrs = {"units": unit, "long_name": english, "long_name_ja": japanese}
    return dataset


def _facts(answer: Answer) -> dict[str, Any]:
    number = answer.problem.data.number
    return {
        "reached": int(answer.reached),
        "tolerance": answer.problem.tolerance(),
        "largest_miss": float(answer.missed.max()),
        "targets": ", ".join(f"{one.year}: {one.change:+.4g}" for one in answer.problem.targets),
        "frame": answer.frame_name,
        "runs": answer.runs,
        "steps": answer.found.steps,
        "settled": int(answer.found.settled),
        "solver": solver_version(),
        "discount_rate": number("economics/parameters", "discount_rate"),
        "price_year": int(number("economics/parameters", "price_year")),
        "discounted_to": PROJECTION_FROM,
    }


def scenario_text(answer: Answer, name: str, title: Text, based_on: str | None, base: Levers | None) -> str:
    """Return a scenario file that reproduces the pathway to the last bit.

    Args:
        answer: the least-cost pathway.
        name: of the scenario, the stem of the file.
        title: of the scenario that was optimised.
        based_on: name of a shipped scenario to build on; None: every lever is set.
        base: levers of that scenario.
    """
    chosen, before = flat(answer.levers), {} if base is None else flat(base)
    targets = ", ".join(f"{one.year}: {100 * one.change:+.4g} %" for one in answer.problem.targets)
    between = ", ".join(answer.problem.names)
    lines = [
        f"name: {name}",
        f"title: {_inline({'en': _TITLE.en.format(title.en), 'ja': _TITLE.ja.format(title.ja)})}",
        "description:",
        f"  en: {_inline(_DESCRIPTION.en.format(targets, between))}",
        f"  ja: {_inline(_DESCRIPTION.ja.format(targets, between))}",
    ]
    if based_on is not None:
        lines.append(f"based_on: {based_on}")
    changed = {key: value for key, value in chosen.items() if key not in before or before[key] != value}
    lines += ["", "set:" if changed else "set: {}", *(f"  {key}: {_inline(_years(v))}" for key, v in changed.items())]
    return "\n".join([*lines, ""])


def _years(value: Any) -> Any:
    """Return a plain lever value with years as numbers, as a person writes them."""
    if isinstance(value, Mapping):
        return {int(key) if str(key).isdecimal() else key: _years(item) for key, item in value.items()}
    return value


def _inline(value: Any) -> str:
    """Return a value as one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
