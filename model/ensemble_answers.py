"""What an ensemble says: quantiles by year, how likely each target is met, and which factors the spread comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from model.ensemble import OUTPUTS
from model.ensemble_store import OF_BASE
from model.language import Text
from model.sensitivity import linear_shares, sobol
from model.survival_families import Array
from model.targets import BASE_YEAR, base_emissions, published_final_energy, targets_of

#: Quantiles that are reported, and the pairs of them that figures draw as bands.
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

#: Quantile of the normal distribution of a two-sided interval of 95 %.
_NORMAL_95: Final = 1.959963984540054


@dataclass(frozen=True)
class Quantity:
    """A yearly figure that people ask for.

    Args:
        name: identifier, in tables.
        text: its name.
        unit: its unit.
        at_most: whether a target is a ceiling.
        targets: year → level [unit].
    """

    name: str
    text: Text
    unit: str
    at_most: bool
    targets: Mapping[int, float]


def quantities() -> dict[str, Quantity]:
    """Return the figures with targets, in the order in which they are reported."""
    gas, energy = base_emissions().value, published_final_energy()[BASE_YEAR].value
    rows = (
        Quantity("greenhouse_gas", Text("Greenhouse gases", "温室効果ガス排出量"), "Mt/year", True,
                 {year: gas * (1 + row.value) for year, row in targets_of("greenhouse_gas_change").items()}),
        Quantity("final_energy", Text("Final energy, all sectors", "最終エネルギー消費(全部門)"), "PJ/year", True,
                 {year: energy * (1 + row.value) for year, row in targets_of("final_energy_change").items()}),
        Quantity("solar_capacity", Text("Solar on roofs", "太陽光発電設備容量"), "GW", False,
                 {year: row.value for year, row in targets_of("solar_capacity").items()}),
        Quantity("renewable_share", Text("Renewable electricity", "再エネ電力割合"), "1", False,
                 {year: row.value for year, row in targets_of("renewable_share").items()}),
    )  # fmt: skip
    return {row.name: row for row in rows}


def figures_of(dataset: xr.Dataset, ending: str = "") -> dict[str, xr.DataArray]:
    """Return the figures of `quantities` of every member, or with the ending `OF_BASE` those of the scenario itself."""
    return {
        "greenhouse_gas": dataset[f"greenhouse_gas_total{ending}"],
        "final_energy": dataset[f"sector_energy{ending}"].sum("sector"),
        "solar_capacity": dataset[f"solar_capacity{ending}"] / 1e6,
        "renewable_share": dataset[f"renewable_share{ending}"],
    }


def valid_members(dataset: xr.Dataset) -> xr.Dataset:
    """Return the members whose point could be."""
    return dataset.isel(member=np.flatnonzero(dataset["valid"].to_numpy()))


def quantile_dataset(dataset: xr.Dataset) -> xr.Dataset:
    """Return quantiles, mean and the scenario itself of everything that members keep, and the chance of each target."""
    members = valid_members(dataset)
    names = list(OUTPUTS)
    summary = members[names].quantile(list(QUANTILES), dim="member", keep_attrs=True)
    means = {f"{name}_mean": members[name].mean("member", keep_attrs=True) for name in names}
    base = {f"{name}{OF_BASE}": dataset[f"{name}{OF_BASE}"] for name in names}
    attributes = {name: value for name, value in dataset.attrs.items() if name != "factors"}
    found = chance_table(chances(dataset))
    shown = {"quantity": "chance_quantity", "year": "chance_year", "target": "chance_target", "unit": "chance_unit",
             "probability": "chance", "low_95": "chance_low", "high_95": "chance_high"}  # fmt: skip
    chance = {new: ("chance_of", np.array(found[old].tolist() or np.empty(0))) for old, new in shown.items()}
    return summary.assign(means | base | chance).assign_attrs(attributes, members=members.sizes["member"])


@dataclass(frozen=True)
class Chance:
    """How likely a target is met.

    Args:
        quantity: which figure.
        year: the target's year.
        target: its level [unit of the quantity].
        share: of the members that meet it.
        low, high: interval of 95 % of that share as an estimate of the probability.
        base: the scenario itself [unit of the quantity].
    """

    quantity: Quantity
    year: int
    target: float
    share: float
    low: float
    high: float
    base: float


def chances(dataset: xr.Dataset) -> list[Chance]:
    """Return how likely each target of a year of the run is met.

    The interval is that of independent draws; a Sobol sequence or a hypercube comes nearer than it says.
    """
    members, years = valid_members(dataset), set(dataset["year"].to_numpy().tolist())
    every, base = figures_of(members), figures_of(dataset, OF_BASE)
    found = []
    for name, quantity in quantities().items():
        for year, target in quantity.targets.items():
            if year in years:
                values = every[name].sel(year=year).to_numpy()
                met = int((values <= target).sum() if quantity.at_most else (values >= target).sum())
                own = float(base[name].sel(year=year))
                found.append(Chance(quantity, year, target, met / len(values), *wilson(met, len(values)), own))
    return found


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the interval of 95 % of a probability from so many successes.

    Source: Wilson 1927; unlike the normal approximation it holds near 0 and 1.
    """
    z2 = _NORMAL_95**2
    middle = (successes + z2 / 2) / (trials + z2)
    half = _NORMAL_95 / (trials + z2) * math.sqrt(successes * (trials - successes) / trials + z2 / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def influences(dataset: xr.Dataset) -> xr.Dataset | None:
    """Return which factors the spread of the answers with targets comes from; None where nothing is uncertain.

    Saltelli's design gives first-order and total Sobol indices with intervals of 95 %, other designs the squared
    correlation, which is the first-order index of an answer that is nearly linear.
    """
    answers = [(name, year) for name, quantity in quantities().items() for year in quantity.targets]
    answers = [(name, year) for name, year in answers if year in dataset["year"]]
    saltelli = dataset.attrs["design"] == "saltelli"
    members = dataset if saltelli else valid_members(dataset)
    factors = dataset.sizes["factor"]
    # An index needs every point of the design.
    if not factors or not answers or (saltelli and not (dataset["valid"].all() and _complete(dataset))):
        return None
    every = figures_of(members)
    values = np.stack([every[name].sel(year=year).to_numpy() for name, year in answers])
    dims = ("answer", "factor")
    if saltelli:
        found = sobol(values, int(dataset.attrs["samples"]), factors)
        variables = {name: (dims, array) for name, array in found._asdict().items()}
    else:
        variables = {"linear": (dims, linear_shares(values, members["point"].to_numpy()))}
    return xr.Dataset(
        variables,
        {"answer": [f"{name} {year}" for name, year in answers], "answer_quantity": ("answer", [a for a, _ in answers]),
         "answer_year": ("answer", [year for _, year in answers]),
         **{name: dataset[name] for name in ("factor", "factor_en", "factor_ja")}},
    )  # fmt: skip


def _complete(dataset: xr.Dataset) -> bool:
    return dataset.sizes["member"] == int(dataset.attrs["samples"]) * (dataset.sizes["factor"] + 2)


def main_index(found: xr.Dataset) -> str:
    """Return the index that answers "what matters": the total where there is one."""
    return "total" if "total" in found else "linear"


# -- tables ------------------------------------------------------------------------------------------------------------


def quantile_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Return quantiles of the figures with targets, a row a figure, year and statistic."""
    members = valid_members(dataset)
    every, base = figures_of(members), figures_of(dataset, OF_BASE)
    tables = []
    for name, quantity in quantities().items():
        statistics: dict[str, Array] = {
            f"p{round(100 * q):02d}": np.quantile(every[name].to_numpy(), q, axis=0) for q in QUANTILES
        }
        statistics |= {"mean": every[name].mean("member").to_numpy(), "scenario": base[name].to_numpy()}
        tables += [
            pd.DataFrame({
                "quantity": name, "name_en": quantity.text.en, "name_ja": quantity.text.ja,
                "year": dataset["year"].to_numpy(), "statistic": statistic, "value": values, "unit": quantity.unit,
            })
            for statistic, values in statistics.items()
        ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


_CHANCE_COLUMNS: Final = (
    "quantity", "name_en", "name_ja", "year", "target", "unit", "scenario", "probability", "low_95", "high_95",
)  # fmt: skip


def chance_table(found: Sequence[Chance]) -> pd.DataFrame:
    """Return how likely each target is met, a row a target."""
    rows = [
        {"quantity": one.quantity.name, "name_en": one.quantity.text.en, "name_ja": one.quantity.text.ja,
         "year": one.year, "target": one.target, "unit": one.quantity.unit, "scenario": one.base,
         "probability": one.share, "low_95": one.low, "high_95": one.high}
        for one in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(_CHANCE_COLUMNS))


def influence_table(found: xr.Dataset) -> pd.DataFrame:
    """Return the indices, a row an answer and factor, the largest of each answer first."""
    frame = found.reset_coords(drop=False).to_dataframe().reset_index()
    frame = frame.sort_values(["answer_quantity", "answer_year", main_index(found)], ascending=[True, True, False])
    first = ["answer_quantity", "answer_year", "factor", "factor_en", "factor_ja"]
    return frame[[*first, *map(str, found.data_vars)]]
