"""A sheet for every house, one to a leaf when printed: what is planned, what it costs and brings, and why."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.heat import HEAT_BY_BITS, HEAT_NAMES
from model.ordinance.derivation import number
from model.ordinance.municipalities import municipalities
from model.ordinance.solar_economics.facts import FINANCING_NAMES
from model.paths import written_at_once
from model.report.allocation.tables import house_kinds, payback_years
from model.report.allocation.texts import SCHEME_NAMES, why

#: Houses up to which sheets are written: a file of more is none that a browser prints.
MOST_SHEETS = 5_000

_TITLE = Text("Sheets of the houses of", "住宅別説明書：")
_COUNTED, _LEFT_OUT = Text("counted", "算定対象"), Text("left out of the count", "算定除外")
_EXISTING = Text("stands in for new buildings", "新築の代替措置")
_ESTIMATE = Text(
    "Costs, yields and savings are estimates from the values of the plan, not an offer.",
    "費用・発電量・便益は計画の前提値による試算であり、見積りではありません。",
)
_STYLE = """body{font-family:system-ui,"Noto Sans JP",sans-serif;max-width:48rem;margin:1rem auto;line-height:1.5}
section{break-after:page;margin-bottom:3rem}h2{font-size:1.2rem;border-bottom:2px solid #0072b2}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #ccc;padding:.25rem .6rem;text-align:left}
th{background:#f3f3f3;width:45%;font-weight:normal}small{color:#555}"""


def write_house_sheets(found: Answer, path: Path, language: Language) -> None:
    """Write one page with a sheet for every house, each on a leaf of its own when printed.

    Args:
        found: an answer with a plan.
        path: the HTML file.
        language: language of the sheets.
    """
    title = escape(f"{_TITLE(language)} {found.portfolio.supplier}")
    kinds, back = house_kinds(found, language), payback_years(found)
    sheets = [_sheet(found, house, kinds[house], float(back[house]), language) for house in range(found.houses.size)]
    page = f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>\n'
    page += f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n{''.join(sheets)}</body></html>\n"
    with written_at_once(path) as target:
        target.write_text(page, encoding="utf-8")


def _sheet(found: Answer, house: int, kind: str, back: float, language: Language) -> str:
    """Return the sheet of one house."""
    rows = [
        *_building(found, house, kind, language),
        *_system(found, house),
        *(_money(found, house, back) if found.kw[house] > 0 or found.heat[house] else ()),
    ]
    lines = "\n".join(
        f"<tr><th>{escape(name(language))}</th><td>{escape(value(language))}</td></tr>" for name, value in rows
    )
    heading = f"{found.portfolio.supplier} – {found.portfolio.ids[house]}"
    return (
        f"<section><h2>{escape(heading)}</h2><table>{lines}</table>"
        f"<p>{escape(why(found, house)(language))}</p><p><small>{escape(_ESTIMATE(language))}</small></p></section>\n"
    )


def _building(found: Answer, house: int, kind: str, language: Language) -> list[tuple[Text, Text]]:
    """Return what the house is, and what the programme makes of it."""
    houses, cells = found.houses, found.portfolio.cells
    place = municipalities()[cells["municipality"][house]]
    count = _EXISTING if not houses.new[house] else _LEFT_OUT if found.left_out[house] else _COUNTED
    scheme = SCHEME_NAMES[str(found.plan.scheme)]
    rows = [
        (Text("municipality", "区市町村"), Text(place.name_en, place.name_ja)),
        (Text("house type", "建物種別"), Text(kind, kind)),
        (Text("renewable standard", "再エネ設置基準"), Text(f"{count.en} ({scheme.en})", f"{count.ja}（{scheme.ja}）")),
    ]
    facts = (
        (Text("total floor area [m²]", "延床面積 [m²]"), float(cells["floor_area_m2"][house]), 1),
        (Text("UA [W/(m²K)]", "UA値 [W/(m²K)]"), float(houses.ua[house]), 2),
        (Text("BEI without panels", "BEI値（太陽光を除く）"), _bei(found, house, 0.0), 2),
        (Text("BEI with panels and heat", "BEI値（太陽光・熱利用を含む）"), _bei(found, house, 1.0), 2),
    )
    return rows + [(name, _plain(number(value, few))) for name, value, few in facts if value == value and value != 0]


def _bei(found: Answer, house: int, share: float) -> float:
    """Return the BEI of a house with so much of what is planned; NaN where its energies are unknown."""
    houses, gj_per_kw = found.houses, found.setting.rules.number("heat_to_pv_conversion_factor")
    saved = found.kw[house] * gj_per_kw + float(houses.heat_options.saved(found.heat)[house])
    known = houses.new[house] and houses.standard_gj[house] > 0
    return float((houses.design_gj[house] - share * saved) / houses.standard_gj[house]) if known else np.nan


def _system(found: Answer, house: int) -> list[tuple[Text, Text]]:
    """Return what is planned."""
    rows = [
        (Text("panels [kW]", "太陽光パネル [kW]"), _plain(number(float(found.kw[house]), 2))),
        (
            Text("largest that is possible [kW]", "最大容量 [kW]"),
            _plain(number(float(found.houses.largest_kw[house]), 2)),
        ),
    ]
    if found.heat[house]:
        rows.append((Text("heat added", "追加する熱利用"), HEAT_NAMES[HEAT_BY_BITS[found.heat[house]]]))
    if found.kw[house] > 0:
        made = number(float(found.generation[house]), 0)
        rows.append((Text("generation in the first year [kWh]", "初年度の発電量 [kWh]"), _plain(made)))
    if found.co2[house] > 0:
        rows.append((Text("CO₂ avoided [t/yr]", "CO₂削減量 [t/年]"), _plain(number(float(found.co2[house]), 2))))
    return rows


def _money(found: Answer, house: int, back: float) -> list[tuple[Text, Text]]:
    """Return what it costs and brings the owner."""
    years = found.setting.economics.years
    rows = [(Text("way to pay", "調達方法"), FINANCING_NAMES[str(found.way[house])])] if found.way[house] else []
    sums = (
        (Text("paid at the start after the grant [JPY]", "補助後の初期支出 [円]"), found.outlay),
        (Text("grant [JPY]", "補助額 [円]"), found.grant),
        (Text(f"cost over {years} years [JPY]", f"{years}年間の純費用 [円]"), found.cost),
        (Text(f"benefit over {years} years [JPY]", f"{years}年間の便益 [円]"), found.benefit),
    )
    rows += [(name, _plain(number(float(values[house]), 0))) for name, values in sums]
    if np.isfinite(back):
        rows.append((Text("pay-back of the panels [years]", "太陽光パネルの回収年数 [年]"), _plain(number(back, 1))))
    return rows


def _plain(words: str) -> Text:
    """Return words that are the same in both languages."""
    return Text(words, words)
