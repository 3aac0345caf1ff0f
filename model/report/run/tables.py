"""The tables of a run for people: key figures, targets, what moves emissions, buildings, misses, costs, programmes.

Each is rows of cells, numbers as numbers, so that the page and the workbook show the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import xarray as xr

from model.decomposition import CO2_FACTORS, co2_change
from model.labels import classification
from model.language import Language, Text, fiscal_year
from model.report.contribution.factors import FACTORS
from model.report.key_figures import (
    emission_targets,
    key_years,
    largest_residuals,
    last_published_year,
    new_share,
    reference_year,
    shown_year,
)
from model.report.run.cap_table import cap_table
from model.report.waypoints import Waypoint, waypoints
from model.report.wording import HUNDREDS, QUALITY_WORDS, signs, unit_words
from model.schema import VARIABLES
from model.spreadsheet import Cell, Table
from model.targets import BASE_YEAR, base_emissions

_UNIT: Final = Text("unit", "単位")
_TOGETHER: Final = Text("together", "合計")
_QUALITY: Final = Text("quality", "質")
_SOURCE: Final = Text("source", "出典")
_MET: Final = {True: Text("met", "達成"), False: Text("missed", "未達"), None: Text("not in the model", "モデル対象外")}

#: Numbers of a table keep so many digits that count, more than pages show, where they would be rounded twice otherwise;
#: tables by year show every so many years.
_DIGITS: Final = 6
_STEP: Final = 5

#: How many yen make one of the unit in which costs are shown.
MONEY: Final[dict[Language, tuple[float, str]]] = {"en": (1e9, "billion JPY/year"), "ja": (1e8, "億円／年")}


def rounded(value: float) -> float:
    """Return a number with as many digits as a reader needs."""
    if value == 0 or not np.isfinite(value):
        return value
    return round(value, max(0, _DIGITS - 1 - int(np.floor(np.log10(abs(value))))))


def run_tables(dataset: xr.Dataset, language: Language) -> dict[str, Table]:
    """Return every table of a run by a name for programs; one that the run has nothing for is empty.

    Args:
        dataset: a result of `assemble`.
        language: language of every word.
    """
    return {
        "key": key_table(dataset, language),
        "targets": waypoint_table(dataset, language),
        "factors": factor_table(dataset, language),
        "building_types": building_table(dataset, language),
        "programmes": programme_table(dataset, language),
        "cap": cap_table(dataset, language),
        "load": load_table(dataset, language),
        "payer": cost_table(dataset, "payer", language),
        "cost_item": cost_table(dataset, "cost_item", language),
    }


def in_words(unit: str, language: Language) -> tuple[float, str]:
    """Return a unit as readers of a language count in it, and how many of it make one of the given."""
    for ours, japanese in (("Mt", "万t"), ("GW", "万kW")):
        if language == "ja" and unit.startswith(ours):
            return HUNDREDS[language], unit_words(unit.replace(ours, japanese, 1), language)
    return 1.0, unit_words(unit, language)


def _row(label: Text, unit: str, values: Sequence[float | None], language: Language) -> list[Cell]:
    scale, words = in_words(unit, language)
    return [label(language), words, *(None if value is None else rounded(scale * value) for value in values)]


def key_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return emissions, energy, electricity, solar and turnover in the years a reader asks for."""
    years = key_years(dataset)
    at = dataset.sel(year=years)
    base = base_emissions().value
    gases, energy = at["greenhouse_gas"], at["sector_energy"]
    all_gases = at["greenhouse_gas_total"].to_numpy()
    rows: list[list[Cell]] = [
        [Text("figure", "項目")(language), _UNIT(language), *(fiscal_year(year, language) for year in years)],
        _row(Text("greenhouse gases", "温室効果ガス排出量"), "Mt/year", all_gases.tolist(), language),
        _row(Text(f"  against {base} Mt of FY{BASE_YEAR}", f"  {BASE_YEAR}年度({100 * base:,.0f}万t)比"), "%",
             (100 * (all_gases / base - 1)).tolist(), language),
    ]  # fmt: skip
    for sector, en, ja in zip(*(at[name].to_numpy() for name in ("sector", "sector_en", "sector_ja")), strict=True):
        values = gases.sel(sector=sector).to_numpy()
        rows.append(_row(Text(f"  {en}", f"  {ja}"), "Mt/year", values.tolist(), language))
    rows.append(
        _row(Text("final energy", "最終エネルギー消費"), "PJ/year", energy.sum("sector").values.tolist(), language)
    )
    for sector in ("residential", "commercial"):
        names = energy.sel(sector=sector)
        label = Text(f"  {names['sector_en'].item()}", f"  {names['sector_ja'].item()}")
        rows.append(_row(label, "PJ/year", names.values.tolist(), language))
    solar = at["solar_capacity"].sum(["segment", "region"]).to_numpy() / 1e6
    factor = at["electricity_factor"].sel(factor_view="real").to_numpy()
    last = last_published_year(dataset)
    new = [100 * float(share) if year > last else None
           for share, year in zip(new_share(dataset, "buildings").sel(year=years), years, strict=True)]  # fmt: skip
    rows += [
        _row(Text("renewable share of electricity", "再エネ電力割合"), "%",
             (100 * at["renewable_share"].to_numpy()).tolist(), language),
        _row(Text("CO2 factor of electricity", "電力の排出係数"), "kg/kWh", factor.tolist(), language),
        _row(Text("solar on roofs", "太陽光発電設備容量"), "GW", solar.tolist(), language),
        _row(Text(f"buildings built after FY{last}", f"{last}年度より後に新築した建物"), "%", new, language),
    ]  # fmt: skip
    return rows


def load_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return the load of buildings at the hours in which it is highest, before and after panels, in the key years."""
    years = key_years(dataset)
    head: list[Cell] = [Text("power of all buildings", "全建物の電力")(language), _UNIT(language)]
    rows: list[list[Cell]] = [head + [fiscal_year(year, language) for year in years]]
    at = dataset.sel(year=years)
    for name, words in (
        ("building_load", Text("drawn", "需要")),
        ("building_load_after_panels", Text("less panels", "太陽光控除後")),
    ):
        for label, values in zip(at[f"load_moment_{language}"].to_numpy(), at[name].to_numpy().T, strict=True):
            rows.append(_row(Text(f"{words.en}, {label}", f"{words.ja}:{label}"), "GW", values.tolist(), language))
        highest = Text(f"{words.en}, highest of these", f"{words.ja}:最大")
        rows.append(_row(highest, "GW", at[name].max("load_moment").values.tolist(), language))
    return rows


def waypoint_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return every published target beside the run, with the residual and how sure the target's figure is."""
    heads = (
        Text("target", "目標"),
        Text("sector", "部門"),
        Text("year", "年度"),
        _UNIT,
        Text("target level", "目標値"),
        Text("this run", "計算結果"),
        Text("residual: run less target", "差(結果－目標)"),
        Text("asked, %", "求める増減率(%)"),
        Text("reached, %", "計算上の増減率(%)"),
        Text("verdict", "判定"),
        _QUALITY,
        _SOURCE,
    )
    found = [one for one in waypoints(dataset) if one.year <= int(dataset["year"][-1])]
    return [[head(language) for head in heads], *(_waypoint_row(one, language) for one in found)]


def _waypoint_row(one: Waypoint, language: Language) -> list[Cell]:
    scale, unit = in_words(one.unit, language)
    numbers = [None if value is None else scale * value for value in (one.target, one.value, one.residual)]
    changes = [None if share is None else 100 * share for share in (one.asked, one.change)]
    cells = [None if value is None else rounded(value) for value in (*numbers, *changes)]
    quality = QUALITY_WORDS[one.quality](language)
    year = fiscal_year(one.year, language)
    return [one.quantity(language), one.sector(language), year, unit, *cells,
            _MET[one.met](language), quality, one.source_id]  # fmt: skip


def factor_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return what moves the CO2 of buildings from the last published year to each target year, factor by factor."""
    start = reference_year(dataset)
    years = [year for year in emission_targets() if year in dataset["year"] and year > start]
    scale, unit = in_words("Mt/year", language)
    head: list[Cell] = [Text("what changes", "要因")(language), _UNIT(language)]
    head += [Text(f"FY{start} → {year}", f"{start}→{fiscal_year(year, 'ja')}")(language) for year in years]
    effects = [co2_change(dataset, start, dataset, year) for year in years]
    rows: list[list[Cell]] = [head]
    for factor in CO2_FACTORS:
        rows.append([FACTORS[factor](language), unit, *(rounded(scale * one[factor] / 1e3) for one in effects)])
    rows.append([_TOGETHER(language), unit, *(rounded(scale * sum(one.values()) / 1e3) for one in effects)])
    return rows


def building_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return floor area, energy and CO2 of each type of building: last published year, first target, last year."""
    start, last = reference_year(dataset), int(dataset["year"][-1])
    years = sorted({start, shown_year(dataset), last})
    at = dataset.sel(year=years)
    types = at["building_type"].to_numpy()
    area = at["floor_area"].sum("region").to_numpy() / 1e6
    energy = at["purchased_energy"].sum("carrier").to_numpy() / 1e3
    co2 = at["co2"].sel(factor_view="real").sum("carrier").to_numpy() / 1e3
    labels = (Text("million m²", "百万m²"), Text("PJ", "PJ"), Text("Mt CO₂", "万t-CO₂"), Text("kg/m²", "kg/m²"))
    large = HUNDREDS[language]
    head: list[Cell] = [Text("type of building", "建物用途")(language)]
    head += [f"{label(language)} {year}" for label in labels for year in years]
    rows: list[list[Cell]] = [head]
    for name in dict.fromkeys(types):
        inside = types == name
        sums = [values[:, inside].sum(axis=1) for values in (area, energy, co2)]
        cells = [sums[0], sums[1], large * sums[2], 1e3 * sums[2] / sums[0]]
        rows.append(
            [
                classification("building_types")[str(name)][f"name_{language}"],
                *(rounded(float(value)) for values in cells for value in values),
            ]
        )
    sums = [values.sum(axis=1) for values in (area, energy, co2)]
    cells = [sums[0], sums[1], large * sums[2], 1e3 * sums[2] / sums[0]]
    rows.append([_TOGETHER(language), *(rounded(float(value)) for values in cells for value in values)])
    return rows


def miss_table(dataset: xr.Dataset, language: Language, count: int | None = None) -> Table:
    """Return the published figures that the model is compared with, all of them or the largest misses.

    Args:
        dataset: a result of `assemble`.
        language: language of every word.
        count: how many, one a quantity, largest first; None for all in order.
    """
    heads = (
        Text("quantity", "項目"),
        Text("year", "年度"),
        _UNIT,
        Text("published", "公表値等"),
        Text("model", "モデル値"),
        Text("residual, %", "差(%)"),
        _QUALITY,
        _SOURCE,
        Text("remark", "備考"),
    )
    shown = range(dataset.sizes["observation"]) if count is None else largest_residuals(dataset, count)
    columns = [dataset[name].to_numpy() for name in (f"quantity_{language}", "observation_year", "unit", "published",
               "modelled", "residual", "quality", "source_id", f"remark_{language}")]  # fmt: skip
    rows: list[list[Cell]] = [[head(language) for head in heads]]
    for i in shown:
        name, year, unit, published, modelled, residual, quality, source, remark = (column[i] for column in columns)
        numbers = [rounded(float(value)) for value in (published, modelled, 100 * residual)]
        rows.append([signs(str(name)), fiscal_year(int(year), language), unit_words(str(unit), language), *numbers,
                     QUALITY_WORDS[str(quality)](language), str(source), str(remark)])  # fmt: skip
    return rows


#: What programmes came to, in the order of the table.
_PROGRAMMES: Final = (
    "solar_required", "solar_of_obliged_suppliers", "capped_emissions", "capped_allowance", "renewable_purchases",
    "forest_absorption",
)  # fmt: skip


def programme_table(dataset: xr.Dataset, language: Language) -> Table:
    """Return what the programmes came to by year, those that act; empty where the result knows of none."""
    rows: list[list[Cell]] = [_yearly_head(dataset, language)]
    at = dataset.sel(year=_later_years(dataset))
    for name in _PROGRAMMES:
        if name in dataset and float(dataset[name].sum()) > 0:
            values = at[name].sum([dim for dim in at[name].dims if dim != "year"]).to_numpy()
            rows.append(_row(VARIABLES[name].meaning, VARIABLES[name].unit, values.tolist(), language))
    return rows if len(rows) > 1 else []


def cost_table(dataset: xr.Dataset, by: str, language: Language) -> Table:
    """Return the yearly cost by payer or by item with what passes between payers; empty where the run has none.

    Args:
        dataset: a result of `assemble`.
        by: `payer` or `cost_item`.
        language: language of every word.
    """
    if "annual_cost" not in dataset:
        return []
    scale, unit = MONEY[language]
    at = dataset.sel(year=_later_years(dataset))
    other = "cost_item" if by == "payer" else "payer"
    cost = at["annual_cost"].sum(other).transpose("year", by)
    head = _yearly_head(dataset, language)
    rows: list[list[Cell]] = [head]
    for name, values in zip(cost[f"{by}_{language}"].to_numpy(), cost.to_numpy().T, strict=True):
        rows.append([str(name), unit, *(rounded(float(value) / scale) for value in values)])
    rows.append([_TOGETHER(language), unit, *(rounded(float(value) / scale) for value in cost.sum(by).to_numpy())])
    if by == "payer":
        received = Text("subsidies received by", "補助金の受取")(language)
        transfers = at["transfer"].transpose("year", "payer").to_numpy().T
        for name, values in zip(at[f"payer_{language}"].to_numpy(), transfers, strict=True):
            rows.append([f"{received}: {name}", unit, *(rounded(float(value) / scale) for value in values)])
    return rows


def _later_years(dataset: xr.Dataset) -> list[int]:
    """Return the first year of the projection, the key years after it, and the round years between."""
    years = [int(year) for year in dataset["year"].to_numpy() if int(year) > last_published_year(dataset)]
    return [year for year in years if year == years[0] or year == years[-1] or year % _STEP == 0]


def _yearly_head(dataset: xr.Dataset, language: Language) -> list[Cell]:
    head: list[Cell] = [Text("figure", "項目")(language), _UNIT(language)]
    return head + [fiscal_year(year, language) for year in _later_years(dataset)]
