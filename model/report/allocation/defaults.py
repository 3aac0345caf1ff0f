"""What is taken where a supplier's list is silent: each default with its value and quality, and for how many houses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.heat import HEAT_KINDS
from model.optimise.solar_allocation.inputs import FACES, FIXED_STATES, House
from model.ordinance.columns import Column, columns_of
from model.ordinance.derivation import number
from model.ordinance.rule_words import QUALITY_NAMES
from model.ordinance.rulebook import RULE_SETS, Parameter, rules
from model.spreadsheet import Cell, Table

#: Columns whose empty cells are filled from rule data: what is done, and the book and parameter behind it.
_FROM_RULES: Mapping[str, tuple[Text, str, str]] = {
    "max_kw": (Text("area of the faces × {} kW/m²", "屋根面の面積×{}kW/m²"), "plan_programme", "capacity_per_area"),
    "standard_gj": (
        Text("floor area × {} GJ/m²", "延床面積×{}GJ/m²"), "solar_allocation", "standard_energy_per_floor_area"
    ),
    "cost_fixed_jpy": (
        Text("{} of the cost of the reference system", "標準システム費用の{}倍"), "solar_allocation", "cost_fixed_share"
    ),
    "cost_jpy_per_kw": (
        Text("the rest of the reference system", "標準システム費用の残り"), "solar_allocation", "cost_fixed_share"
    ),
    **{
        f"{kind}_option_jpy": (Text("by the energy saved", "削減エネルギーに比例"), "solar_allocation", "heat_options")
        for kind in HEAT_KINDS
    },
}  # fmt: skip
#: Columns whose default is a choice of the form.
_OF_THE_FORM = ("role", "state", "house_type", "consent", "slip",
                *(f"face{face}_{name}" for face in FACES for name in ("azimuth", "tilt", "shade")))  # fmt: skip


_COLUMN, _TAKEN = Text("column", "列"), Text("taken where the cell is empty", "空欄の場合の値")
_HOUSES, _SOURCE, _QUALITY = Text("houses", "棟数"), Text("source", "出典"), Text("quality", "値の質")
_FORM = Text("form", "様式の既定値")


def defaults_of_form(language: Language) -> Table:
    """Return every default of the form with its source and quality, before anything is filled in."""
    assumed = rules("solar_allocation", RULE_SETS[-1], fallback=True)
    columns = {column.name: column for column in columns_of(House)}
    rows: list[list[Cell]] = [[heading(language) for heading in (_COLUMN, _TAKEN, _SOURCE, _QUALITY)]]
    for name, (text, book, parameter) in _FROM_RULES.items():
        assumed.beside(book).value(parameter)
        behind = next(used.parameter for used in assumed.used if used.parameter.id == parameter)
        column, taken, _, source, quality = _from_rules(columns[name], text, behind, 0, language)
        rows.append([column, taken, source, quality])
    for name in _OF_THE_FORM:
        shown = columns[name].shown(columns[name].default, language)
        rows.append([columns[name].heading(language), shown, _FORM(language), QUALITY_NAMES["estimate"](language)])
    return rows


def defaults_table(found: Answer, language: Language) -> Table:
    """Return every default that some house of the plan rests on."""
    headings = (_COLUMN, _TAKEN, _HOUSES, _SOURCE, _QUALITY)
    rows: list[list[Cell]] = [[heading(language) for heading in headings]]
    known = {used.parameter.id: used.parameter for used in (*found.setting.assumed.used, *found.setting.rules.used)}
    columns = {column.name: column for column in columns_of(House)}
    for name, (text, _, parameter) in _FROM_RULES.items():
        houses = _empty(found, name)
        if houses and parameter in known:
            rows.append(_from_rules(columns[name], text, known[parameter], houses, language))
    rows += _yields(found, known, language)
    estimate = QUALITY_NAMES["estimate"](language)
    form = Text("form (the same value may also be stated)", "様式の既定値（記入された同じ値を含む）")(language)
    for name in _OF_THE_FORM:
        column = columns[name]
        houses = _with_default(found, column)
        if houses:
            shown = column.shown(column.default, language)
            rows.append([column.heading(language), shown, houses, form, estimate])
    return rows


def _from_rules(column: Column, text: Text, behind: Parameter, houses: int, language: Language) -> list[Cell]:
    """Return the row of a default from rule data."""
    value = number(float(behind.value), 5) if isinstance(behind.value, (int, float)) else ""
    quality = QUALITY_NAMES[behind.quality](language)
    return [column.heading(language), text(language).format(value), houses, behind.source_id, quality]


def _empty(found: Answer, name: str) -> int:
    """Return how many houses leave a cell empty where the plan needs it."""
    cells = found.portfolio.cells
    empty = np.isnan(cells[name].astype(np.float64))
    if name == "max_kw":
        return int(np.sum(empty & ~np.isin(cells["state"], FIXED_STATES)))
    if name == "standard_gj":
        return int(np.sum(empty & found.houses.new & ~np.isnan(cells["bei"].astype(np.float64))))
    if name.endswith("_option_jpy"):
        return int(
            np.sum(empty & (found.houses.heat_options.gj[HEAT_KINDS.index(name.removesuffix("_option_jpy"))] > 0))
        )
    return int(np.sum(empty))


def _yields(found: Answer, known: Mapping[str, Parameter], language: Language) -> list[list[Cell]]:
    """Return where the yields of roofs come from."""
    title = Text("yield of roof faces [kWh/kW]", "屋根面の発電量 [kWh/kW]")(language)
    weather = found.setting.weather
    behind = known.get("yield_by_orientation" if weather is None else "weather_model")
    if behind is None:
        return []
    text = Text("table by azimuth and tilt", "方位・傾斜別の表") if weather is None else Text(
        "hourly weather by pvlib", "毎時気象データ（pvlib）")  # fmt: skip
    return [[title, text(language), found.houses.size, behind.source_id, QUALITY_NAMES[behind.quality](language)]]


def _with_default(found: Answer, column: Column) -> int:
    """Return how many houses have the default of a column where it matters."""
    cells = found.portfolio.cells
    same = cells[column.name] == column.default
    if column.name.startswith("face"):
        same = same & ~np.isnan(cells[f"{column.name[:5]}_m2"].astype(np.float64))
    return int(np.sum(same))
