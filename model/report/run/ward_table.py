"""The municipalities as a table: stock, starts, solar, energy, emissions and obligations, with how each was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import pandas as pd
import xarray as xr

from model.labels import classification
from model.language import Language, Text
from model.report.key_figures import reference_year
from model.report.wording import QUALITY_WORDS, unit_words
from model.spreadsheet import Cell, Table

#: [year, region]
Series = Callable[[xr.Dataset], xr.DataArray]


@dataclass(frozen=True)
class WardQuantity:
    """A figure of every municipality.

    Args:
        name: for machines.
        words: for people.
        unit: of its values.
        rests_on: result variables that it is worked out from, the downscaled one that decides its quality first.
        series: its values [unit] [year, region].
        adds_up: whether the municipalities' values sum to that of Tokyo; ratios do not.
    """

    name: str
    words: Text
    unit: str
    rests_on: tuple[str, ...]
    series: Series
    adds_up: bool = True


def _summed(variable: str, dataset: xr.Dataset) -> xr.DataArray:
    """Return a variable summed over everything but year and municipality."""
    array = dataset[variable]
    return array.sum([dim for dim in array.dims if dim not in ("year", "region")])


def _energy(sector: str | None, dataset: xr.Dataset) -> xr.DataArray:
    energy = dataset["purchased_energy_by_region"]
    chosen = energy if sector is None else energy.sel(building_sector=[sector])
    return chosen.sum(["building_sector", "carrier"])


def _co2(view: str, classes: tuple[str, ...], dataset: xr.Dataset) -> xr.DataArray:
    emitted = dataset["co2_by_region"].sel(factor_view=view, drop=True)
    chosen = emitted.sel(building_class=list(classes)) if classes else emitted
    return chosen.sum("building_class")


def _ratio(above: Series, below: Series, scale: float, dataset: xr.Dataset) -> xr.DataArray:
    return scale * above(dataset) / below(dataset)


def _change(series: Series, dataset: xr.Dataset) -> xr.DataArray:
    """Return the change against the last published year [%]; before it there is none to speak of."""
    values = series(dataset)
    start = reference_year(dataset)
    return (100 * (values / values.sel(year=start) - 1)).where(values["year"] >= start)


_BUILDINGS: Final = partial(_summed, "buildings")
_FLOOR: Final = partial(_summed, "floor_area")
_ALL_CO2: Final = partial(_co2, "real", ())

#: Every figure of a municipality, in the order of the table.
WARD_QUANTITIES: Final = (
    WardQuantity("floor_area", Text("floor area", "床面積"), "m^2", ("floor_area",), _FLOOR),
    WardQuantity("buildings", Text("buildings", "棟数"), "building", ("buildings",), _BUILDINGS),
    WardQuantity("dwellings", Text("dwellings", "住宅戸数"), "dwelling", ("dwellings",), partial(_summed, "dwellings")),
    WardQuantity("built_buildings", Text("buildings started", "新築棟数"), "building/year", ("built_buildings",),
                 partial(_summed, "built_buildings")),
    WardQuantity("built_dwellings", Text("dwellings started", "新築戸数"), "dwelling/year", ("built_dwellings",),
                 partial(_summed, "built_dwellings")),
    WardQuantity("solar_capacity", Text("solar on roofs", "太陽光発電設備容量"), "kW", ("solar_capacity",),
                 partial(_summed, "solar_capacity")),
    WardQuantity("solar_installed", Text("solar installed in the year", "太陽光の年間設置容量"), "kW/year",
                 ("solar_installed",), partial(_summed, "solar_installed")),
    WardQuantity("solar_per_building", Text("solar per building", "1棟当たり太陽光容量"), "kW/building",
                 ("solar_capacity", "buildings"), partial(_ratio, partial(_summed, "solar_capacity"), _BUILDINGS, 1.0),
                 adds_up=False),
    WardQuantity("energy_dwellings", Text("energy bought by dwellings", "購入エネルギー(家庭)"), "TJ/year",
                 ("purchased_energy_by_region",), partial(_energy, "residential")),
    WardQuantity("energy_commercial", Text("energy bought by commercial buildings", "購入エネルギー(業務)"), "TJ/year",
                 ("purchased_energy_by_region",), partial(_energy, "commercial")),
    WardQuantity("energy_per_floor_area", Text("energy bought per floor area", "床面積当たり購入エネルギー"),
                 "MJ/m^2/year", ("purchased_energy_by_region", "floor_area"),
                 partial(_ratio, partial(_energy, None), _FLOOR, 1e6), adds_up=False),
    WardQuantity("co2", Text("CO2 of buildings", "建物のCO2"), "kilotonne/year", ("co2_by_region",), _ALL_CO2),
    WardQuantity("co2_dwellings", Text("CO2 of dwellings", "住宅のCO2"), "kilotonne/year", ("co2_by_region",),
                 partial(_co2, "real", ("dwellings",))),
    WardQuantity("co2_commercial", Text("CO2 of commercial buildings", "業務建築物のCO2"), "kilotonne/year",
                 ("co2_by_region",), partial(_co2, "real", ("small_and_mid", "large", "capped", "public"))),
    WardQuantity("co2_per_floor_area", Text("CO2 per floor area", "床面積当たりCO2"), "kg/m^2/year",
                 ("co2_by_region", "floor_area"), partial(_ratio, _ALL_CO2, _FLOOR, 1e6), adds_up=False),
    WardQuantity("co2_change", Text("change of CO2 since the last published year", "CO2の増減率(実績最終年度比)"), "%",
                 ("co2_by_region",), partial(_change, _ALL_CO2), adds_up=False),
    WardQuantity("capped_co2",
                 Text("duty: CO2 under cap-and-trade, fixed factor", "義務対象: 総量削減義務の排出量(固定係数)"),
                 "kilotonne/year", ("co2_by_region",), partial(_co2, "fixed", ("capped",))),
    WardQuantity("reporting_co2",
                 Text("duty: CO2 of small and mid buildings, of which reporting companies have a part unknown by place",
                      "義務対象: 中小規模事業所の排出量(うち報告書提出事業者分の区市町村別内訳は不明)"),
                 "kilotonne/year", ("co2_by_region",), partial(_co2, "real", ("small_and_mid",))),
    WardQuantity("public_co2",
                 Text("duty as owner: CO2 of municipal and metropolitan buildings", "率先行動: 公共施設の排出量"),
                 "kilotonne/year", ("co2_by_region",), partial(_co2, "real", ("public",))),
    WardQuantity("solar_required",
                 Text("duty: solar owed by suppliers of new buildings", "義務対象: 供給事業者の設置基準容量"),
                 "kW/year", ("solar_required",), partial(_summed, "solar_required")),
    WardQuantity("solar_of_obliged_suppliers", Text("solar of suppliers under the duty", "義務対象事業者の設置容量"),
                 "kW/year", ("solar_of_obliged_suppliers",), partial(_summed, "solar_of_obliged_suppliers")),
)  # fmt: skip

#: Tokyo as a row of the table: national code and names.
_TOKYO: Final = ("13000", Text("Tokyo", "東京都"))

#: Columns of the long table before those of the years.
COLUMNS: Final = ("code", "name_ja", "name_en", "kind", "quantity", "quantity_ja", "quantity_en", "unit", "quality",
                  "method_ja", "method_en", "municipal_figures")  # fmt: skip


def ward_quantities(dataset: xr.Dataset) -> list[WardQuantity]:
    """Return the figures of municipalities that a result has the variables for."""
    return [one for one in WARD_QUANTITIES if all(name in dataset for name in one.rests_on)]


def values_of(one: WardQuantity, dataset: xr.Dataset) -> xr.DataArray:
    """Return a figure of every municipality [its unit] [year, region]."""
    return one.series(dataset).reset_coords(drop=True).transpose("year", "region")


def method(one: WardQuantity) -> tuple[str, Text]:
    """Return how sure the downscaling of a figure is, and how it was done."""
    known = classification("downscaling")
    row = known.get(one.name) or known[one.rests_on[0]]
    return row["quality"], Text(row["method_en"], row["method_ja"])


def ward_rows(dataset: xr.Dataset) -> pd.DataFrame:
    """Return every figure of every municipality, a column a year, those of Tokyo below where they add up.

    Args:
        dataset: a result of `assemble`.

    Returns:
        `COLUMNS`, then a column for each year, values in the unit of the row. `municipal_figures` says what was known
        of the municipality alone; everything else comes from figures of its area or of all Tokyo.
    """
    return pd.concat([_rows(one, dataset) for one in ward_quantities(dataset)], ignore_index=True)


def _rows(one: WardQuantity, dataset: xr.Dataset) -> pd.DataFrame:
    """Return the rows of one figure."""
    values = values_of(one, dataset)
    quality, how = method(one)
    table = pd.DataFrame(values.to_numpy().T, columns=[str(year) for year in values["year"].to_numpy()])
    about = {
        "code": dataset["region"].to_numpy(),
        "name_ja": dataset["region_ja"].to_numpy(),
        "name_en": dataset["region_en"].to_numpy(),
        "kind": dataset["region_kind"].to_numpy(),
        "municipal_figures": dataset["region_basis"].to_numpy(),
    }
    table = pd.concat([pd.DataFrame(about), table], axis=1)
    if one.adds_up:
        code, name = _TOKYO
        total = {"code": code, "name_ja": name.ja, "name_en": name.en, "kind": "metropolis", "municipal_figures": ""}
        sums = {str(year): value for year, value in values.sum("region").to_series().items()}
        table = pd.concat([table, pd.DataFrame([total | sums])], ignore_index=True)
    same = {
        "quantity": one.name, "quantity_ja": one.words.ja, "quantity_en": one.words.en, "unit": one.unit,
        "quality": quality, "method_ja": how.ja, "method_en": how.en,
    }  # fmt: skip
    return table.assign(**same)[[*COLUMNS, *(column for column in table.columns if column.isdigit())]]


def ward_sheet(dataset: xr.Dataset, year: int, language: Language) -> Table:
    """Return the municipalities in one year, a column a figure, with Tokyo, quality and method in the last rows.

    Args:
        dataset: a result of `assemble`.
        year: a year of the result.
        language: language of every word.
    """
    chosen = ward_quantities(dataset)
    at = dataset.sel(year=[reference_year(dataset), year])
    columns = [values_of(one, at).isel(year=1).to_numpy().tolist() for one in chosen]
    head = [Text("code", "コード")(language), Text("municipality", "区市町村")(language)]
    rows: list[list[Cell]] = [[*head, *(f"{one.words(language)} [{unit_words(one.unit, language)}]" for one in chosen)]]
    names = dataset[f"region_{language}"].to_numpy().tolist()
    for code, name, *cells in zip(dataset["region"].to_numpy().tolist(), names, *columns, strict=True):
        rows.append([code, name, *(_rounded(value) for value in cells)])
    code, tokyo = _TOKYO
    sums = [_rounded(sum(column)) if one.adds_up else None for one, column in zip(chosen, columns, strict=True)]
    rows.append([code, tokyo(language), *sums])
    ways = [method(one) for one in chosen]
    quality, how = Text("quality of the sharing out", "配分の質"), Text("how it was shared out", "配分方法")
    rows.append(["", quality(language), *(QUALITY_WORDS[word](language) for word, _ in ways)])
    rows.append(["", how(language), *(words(language) for _, words in ways)])
    return rows


def _rounded(value: float) -> float:
    """Return a value with the digits that a reader of a table needs."""
    return round(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3)
