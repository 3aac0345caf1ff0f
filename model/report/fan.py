"""Fans on the figures of a run: how far the members of an ensemble of the same run spread around it.

A run looks for its ensemble beside its own folder, under the name that `run.py ensemble` gives it, and takes it only if
scenario and data are the same. The fan then travels with the result to figures and page; no file of numbers holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from model.ensemble import run_identity
from model.ensemble_answers import QUANTILES, quantities
from model.inputs import Data
from model.language import Language, Text
from model.levers import Levers
from model.report.style import BLACK, value_ticks
from model.report.wording import number, percent, unit_words
from model.spreadsheet import Cell, Table

#: File of the quantiles inside the folder of an ensemble, and what that folder's name ends with.
QUANTILES_FILE: Final = "quantiles.nc"
ENSEMBLE_ENDING: Final = "-ensemble"

#: What the names of the fan's variables begin with in the result that figures draw.
_FAN: Final = "fan_"
#: Variables that figures draw fans of.
_DRAWN: Final = ("greenhouse_gas_total", "sector_energy", "solar_capacity", "floor_area", "new_share")


@dataclass(frozen=True)
class FoundEnsemble:
    """The ensemble beside a run.

    Args:
        file: its quantiles.
        quantiles: what the file holds; None where it is of another run.
    """

    file: Path
    quantiles: xr.Dataset | None


def ensemble_folder(folder: Path) -> Path:
    """Return where the ensemble of a run is looked for: beside the folder of the run."""
    return folder.with_name(f"{folder.name}{ENSEMBLE_ENDING}")


def found_ensemble(folder: Path, levers: Levers, data: Data) -> FoundEnsemble | None:
    """Return the ensemble beside the folder of a run; None where there is none that can be read.

    Args:
        folder: of the run.
        levers: of its scenario.
        data: tables it rests on.
    """
    file = ensemble_folder(folder) / QUANTILES_FILE
    if not file.is_file():
        return None
    try:
        with xr.open_dataset(file, engine="h5netcdf") as stored:
            quantiles = stored.load()
    # What is no netCDF file, or a damaged one, raises many kinds of errors; either way there is no fan in it.
    except Exception:
        return FoundEnsemble(file, None)
    same = all(quantiles.attrs.get(name) == value for name, value in run_identity(levers, data).items())
    return FoundEnsemble(file, quantiles if same and all(name in quantiles for name in _DRAWN) else None)


def with_fan(dataset: xr.Dataset, found: FoundEnsemble | None) -> xr.Dataset:
    """Return a result that figures draw with the fan of its ensemble, or as it is where there is none."""
    if found is None or found.quantiles is None:
        return dataset
    quantiles = found.quantiles.reindex(year=dataset["year"])
    fans = {f"{_FAN}{name}": quantiles[name].variable for name in _DRAWN}
    chances = {name: quantiles[name].variable for name in quantiles.data_vars if "chance_of" in quantiles[name].dims}
    labels = {name: quantiles[name].variable for name in ("quantile", "building_sector", "counted")}
    return dataset.assign(fans | chances).assign_coords(labels).assign_attrs(fan_members=quantiles.attrs["members"])


def has_fan(dataset: xr.Dataset) -> bool:
    """Return whether a result carries the fan of its ensemble."""
    return "fan_members" in dataset.attrs


def draw_fan(axes: Axes, dataset: xr.Dataset, name: str, scale: float, ticks: int | None = None, **at: str) -> None:
    """Draw the fan around a total: 90 % of the members pale, half of them darker, the median as a line.

    The axis grows where the fan needs room.

    Args:
        axes: x in years.
        dataset: a result, with a fan or without.
        name: variable of the ensemble.
        scale: units of the axis per unit of the variable.
        ticks: most values on the y axis where it may grow; None where it must not.
        at: labels of further dims.
    """
    if not has_fan(dataset):
        return
    shown = dataset[f"{_FAN}{name}"].sel(at, drop=True).sel(quantile=list(QUANTILES)).transpose("quantile", "year")
    edges, years = scale * shown.to_numpy(), dataset["year"].to_numpy()
    inside = (years >= axes.get_xlim()[0]) & np.isfinite(edges).all(axis=0)
    edges, years = edges[:, inside], years[inside]
    for low, high, strength in ((0, 4, 0.16), (1, 3, 0.26)):
        axes.fill_between(years, edges[low], edges[high], color=BLACK, alpha=strength, linewidth=0, zorder=3.2)
    for line in (0, 4):
        axes.plot(years, edges[line], color=BLACK, linewidth=0.6, zorder=3.3)
    axes.plot(years, edges[2], color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3.3)
    if ticks is not None and len(years):
        axes.set_ylim(0, max(axes.get_ylim()[1], 1.04 * float(edges[4].max())))
        value_ticks(axes, ticks)


def fan_sentence(dataset: xr.Dataset, language: Language) -> str:
    """Return how the fans of a page came about; how to get them where there are none."""
    if not has_fan(dataset):
        return Text(
            "Uncertain inputs together, with the probability of each target: run.py ensemble; the figures then show"
            " its fans.",
            "不確実な入力を同時に動かした場合の幅と目標達成の確率は run.py ensemble で求める。"
            "その後は図にも幅が表示される。",
        )(language)
    count = int(dataset.attrs["fan_members"])
    return Text(
        f"Every figure over time shows the fan of the {count:,} members of this run's ensemble: all uncertain inputs"
        " moved at once within their ranges, Tokyo as one place. It gives the probabilities below.",
        f"時系列の図の灰色の帯は、この計算のアンサンブル{count:,}メンバー(不確実な入力を幅の中で同時に動かし、"
        "都全体で計算)の範囲。下の確率もこれによる。",
    )(language)


def chance_rows(dataset: xr.Dataset, language: Language) -> Table:
    """Return how likely each target is met, a row a target; nothing without an ensemble."""
    if not has_fan(dataset) or not dataset.sizes["chance_of"]:
        return []
    heads = (Text("target", "目標"), Text("fiscal year", "年度"), Text("level", "水準"),
             Text("met by, of the members", "達成したメンバーの割合"), Text("95 % interval", "95%区間"))  # fmt: skip
    columns = (
        dataset[f"chance{name}"].to_numpy() for name in ("_quantity", "_year", "_target", "_unit", "", "_low", "_high")
    )
    rows: list[list[Cell]] = [[head(language) for head in heads]]
    for name, year, level, unit, share, low, high in zip(*columns, strict=True):
        said = percent(float(level)) if unit == "1" else f"{number(float(level), 1)} {unit_words(str(unit), language)}"
        rows.append([quantities()[str(name)].text(language), int(year), said, percent(float(share)),
                     f"{percent(float(low))}–{percent(float(high))}"])  # fmt: skip
    return rows


#: What the fan of a figure stands around where nothing else is said.
_TOTAL: Final = Text("shaded around the total", "灰色の帯(合計)")


def message_with_fan(message: str, dataset: xr.Dataset, language: Language, what: Text = _TOTAL) -> str:
    """Return the message of a figure, with a line on what its shading means where it has a fan."""
    if not has_fan(dataset):
        return message
    count = int(dataset.attrs["fan_members"])
    words = Text(
        f"{what('en')}: 90 % and half of the {count:,} members of the ensemble; dashed: their median",
        f"{what('ja')}: アンサンブル{count:,}メンバーの90%・50%が入る範囲、破線: 中央値",
    )(language)
    return "\n".join(part for part in (message, words) if part)
