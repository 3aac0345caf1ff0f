"""The page of a run: the first ten questions of a policy person, answered with words, figures and tables.

One file with everything in it, so that it opens without a network and can be sent on; Japanese and English in it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

import xarray as xr

from model.language import Language, Text, fiscal_year
from model.paths import written_at_once
from model.report.fan import chance_rows, fan_sentence
from model.report.key_figures import emission_targets, energy_targets, energy_verdict, shown_year, verdict
from model.report.run.tables import miss_table
from model.report.run.ward_table import WARD_QUANTITIES, values_of
from model.report.wording import (
    QUALITY_WORDS,
    emissions_verdict,
    energy_verdict_words,
    number,
    scenario_title,
    unit_words,
)
from model.schema import QUALITIES
from model.spreadsheet import Cell, Table

#: The file inside a result folder.
PAGE_FILE: Final = "report.html"

#: How many of the largest misses, and of the municipalities at either end, the page shows.
_MISSES: Final = 8
_ENDS: Final = 5
_RANKED: Final = ("solar_per_building", "co2_per_floor_area", "co2", "solar_required")

_STYLE: Final = """body{font-family:"Hiragino Sans","Yu Gothic",Meiryo,"Noto Sans CJK JP",sans-serif;margin:1.5rem auto;
max-width:58rem;padding:0 1rem;color:#222;line-height:1.55}h1{font-size:1.6rem}h2{margin-top:2.4rem;font-size:1.2rem;
border-bottom:2px solid #0072B2}nav ol{columns:2}table{border-collapse:collapse;margin:1rem 0;font-size:.82rem}
th,td{border-bottom:1px solid #ddd;padding:.2rem .5rem;text-align:left;vertical-align:top}th{background:#f3f3f3}
td.n{text-align:right;white-space:nowrap}td:first-child{white-space:pre-wrap}.wide{overflow-x:auto}img{width:100%;max-width:50rem}.note{color:#555;font-size:.85rem}
.yes{color:#00674b}.no{color:#a33b00}label{margin-right:1rem;cursor:pointer}
#ja:checked~main section[lang=en],#en:checked~main section[lang=ja]{display:none}
@media print{label,input,nav{display:none}h2{break-after:avoid}img,table{break-inside:avoid}}"""

#: Shows the reader's language first; without scripts the Japanese one.
_SCRIPT: Final = "if(!navigator.language.startsWith('ja'))document.getElementById('en').checked=true"

_WHERE = Text("Where is Tokyo against the halving?", "カーボンハーフに対してどこにいるか")
_TARGETS = Text("Which published targets are met, and by how much?", "公表された目標をどこまで達成するか")
_MEASURES = Text("What moves the emissions of buildings?", "建物のCO₂は何によって変わるか")
_PROGRAMMES = Text("What do the programmes of the ordinance come to?", "条例の各制度は何をもたらすか")
_CAP = Text("Cap-and-trade by compliance period", "総量削減義務(計画期間別)")
_BUILDINGS = Text("Which buildings?", "どの建物か")
_ENERGY = Text("Where does the energy go?", "エネルギーは何に使われるか")
_SOLAR = Text("How much solar goes on roofs?", "屋根の太陽光はどこまで増えるか")
_LOAD = Text("What panels take off the peak", "太陽光による最大電力の低減")
_WARDS = Text("Which ward?", "どの区市町村か")
_TURNOVER = Text("How fast does the stock turn over?", "ストックはどの速さで入れ替わるか")
_COST = Text("What does it cost, and who pays?", "費用はいくらで、誰が負担するか")
_SURE = Text("How sure is this?", "どこまで確かか")
_ASSUMED = Text("What must come true?", "何が前提か")

_CHANCE = Text("Probability of each target", "目標達成の確率")
_NO_COST = Text("This run holds no costs.", "この計算には費用が含まれません。")
_COST_NOTE = Text(
    "Yearly costs: works spread over their life with interest, bills, and service forgone; what a policy adds is the "
    "difference to another run (run.py compare). Subsidies pass between payers and sum to zero.",
    "年間費用は、投資の年価、料金、抑制した利用の価値の合計。施策による増分は他の計算との差(run.py compare)で見る。"
    "補助金は負担者間の移転で、合計は0。",
)
_FACTOR_NOTE = Text(
    "Logarithmic mean Divisia index: the parts make the whole change, without remainder.",
    "対数平均ディビジア指数(LMDI)による分解。残差はない。",
)
_PROGRAMME_NOTE = Text(
    "Programmes act in their order, each on what those before it left. Tonnes of each programme, alone, last in and "
    "shared fairly: run.py contributions; cost of a tonne of each group of measures: run.py abatement.",
    "各制度は順に、前の制度の後に残るものに作用する。制度ごとの削減量(単独・最後・シャープレイ値)は "
    "run.py contributions、対策群ごとのトン当たり費用は run.py abatement で求める。",
)
_WARD_NOTE = Text(
    "Shared out from figures of Tokyo and its parts: weak estimates, for comparing places. All figures with their "
    "methods: wards.csv and results.xlsx.",
    "都全体・地域別の値を配分した推計・参考値。全項目と配分方法は wards.csv と results.xlsx に記載。",
)
_LOAD_NOTE = Text(
    "Load at four hours that stand for the peaks, from estimates of what each end use draws then: levels are rough, "
    "changes say more. Panels lower the summer afternoon, not the winter evening.",
    "負荷が最大となる4時刻の値。用途別の負荷の推計によるため水準は粗く、変化を見るもの。太陽光は夏の午後の負荷を下げるが、冬の夕方は下げない。",
)
_TARGET_NOTE = Text(
    "Quality says how sure the target's own figure is. Reductions of a sector count from the run's FY2000.",
    "「質」は目標値の確かさ。部門別の削減率はモデルの2000年度値を基準とする。",
)

#: A section: heading, paragraphs, figure, tables with a heading each.
_Section = tuple[Text, Sequence[str], str | None, Sequence[tuple[str, Table]], str]


def write_run_page(
    dataset: xr.Dataset,
    tables: Mapping[Language, Mapping[str, Table]],
    folder: Path,
    because: Mapping[str, Text] | None = None,
) -> None:
    """Write the page of a run as `report.html`, with the figures that lie in `figures/` inside it.

    Args:
        dataset: a result of `assemble`.
        tables: those of `tables` in each language.
        folder: the folder of results; figures that are not there are left out.
        because: reason of each lever of the scenario.
    """
    languages: tuple[Language, ...] = ("ja", "en")
    with written_at_once(folder / PAGE_FILE) as target:
        bodies = {one: _body(dataset, tables[one], folder, because or {}, one) for one in languages}
        target.write_text(_page(bodies, dataset), "utf-8")


def _page(bodies: Mapping[Language, str], dataset: xr.Dataset) -> str:
    """Return the page from its body in each language."""
    names = {"ja": "日本語", "en": "English"}
    switches = "".join(
        f'<input type="radio" name="language" id="{one}"{" checked" if one == "ja" else ""}>'
        f'<label for="{one}">{names[one]}</label>'
        for one in bodies
    )
    sections = "\n".join(f'<section lang="{one}">\n{body}\n</section>' for one, body in bodies.items())
    title = escape(str(dataset.attrs["scenario"]))
    return (
        f'<!doctype html>\n<html lang="ja"><head><meta charset="utf-8"><title>Carbon Half: {title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n{switches}\n'
        f"<main>\n{sections}\n</main>\n<script>{_SCRIPT}</script>\n</body></html>\n"
    )


def _body(
    dataset: xr.Dataset, tables: Mapping[str, Table], folder: Path, because: Mapping[str, Text], language: Language
) -> str:
    """Return the whole page in one language."""
    sections = [
        one for one in _sections(dataset, tables, because, language) if one[1] or one[2] or any(t for _, t in one[3])
    ]
    title = f"{Text('Carbon Half: report of a run', 'カーボンハーフ 計算結果報告')(language)}"
    parts = [f"<h1>{escape(title)}</h1>", f"<p><b>{escape(scenario_title(dataset, language))}</b></p>"]
    links = "".join(
        f'<li><a href="#{language}{place}">{escape(heading(language))}</a></li>'
        for place, (heading, *_) in enumerate(sections, start=1)
    )
    parts.append(f"<nav><ol>{links}</ol></nav>")
    for place, (heading, words, figure, shown, note) in enumerate(sections, start=1):
        parts.append(f'<h2 id="{language}{place}">{place}. {escape(heading(language))}</h2>')
        parts += [f"<p>{escape(line)}</p>" for line in words]
        parts.append(_figure(folder, figure, heading(language), language) if figure else "")
        parts += [_titled(name, table) for name, table in shown if table]
        parts.append(f'<p class="note">{escape(note)}</p>' if note else "")
    chain = f"{dataset.attrs['scenario_chain']} ({dataset.attrs['scenario_hash']})"
    made = Text("Scenario chain and hash of its levers", "シナリオの構成と設定値のハッシュ")(language)
    parts.append(f'<p class="note">{escape(made)}: {escape(chain)}</p>')
    return "\n".join(part for part in parts if part)


def _sections(
    dataset: xr.Dataset, tables: Mapping[str, Table], because: Mapping[str, Text], language: Language
) -> list[_Section]:
    """Return every section; those without content are left out later."""
    items, payers = tables["cost_item"], tables["payer"]
    no_cost = [] if payers else [_NO_COST(language)]
    reasons: Table = [[Text("lever", "設定項目")(language), Text("why, with sources", "理由と出典")(language)]]
    reasons = [*reasons, *([name, words(language)] for name, words in because.items())] if because else []
    misses = Text("Largest misses, one a quantity", "差の大きい項目(項目ごとに最大)")(language)
    return [
        (_WHERE, _verdicts(dataset, language), "emissions", [("", tables["key"])], ""),
        (_TARGETS, [], None, [("", tables["targets"])], _TARGET_NOTE(language)),
        (_MEASURES, [], None, [("", tables["factors"])], _FACTOR_NOTE(language)),
        (
            _PROGRAMMES,
            [],
            None,
            [("", tables["programmes"]), (_CAP(language), tables["cap"])],
            _PROGRAMME_NOTE(language),
        ),
        (_BUILDINGS, [], "floor_area", [("", tables["building_types"])], ""),
        (_ENERGY, [], "energy", [], ""),
        (_SOLAR, [], "solar", [(_LOAD(language), tables["load"])], _LOAD_NOTE(language)),
        (_WARDS, [], "wards", _ward_ends(dataset, language), _WARD_NOTE(language)),
        (_TURNOVER, [], "turnover", [], ""),
        (_COST, no_cost, None, [("", payers), ("", items)], _COST_NOTE(language) if payers else ""),
        (
            _SURE,
            _sure(dataset, language),
            "hindcast",
            [(_CHANCE(language), chance_rows(dataset, language)), (misses, miss_table(dataset, language, _MISSES))],
            "",
        ),
        (_ASSUMED, [], None, [("", reasons)], ""),
    ]


def _verdicts(dataset: xr.Dataset, language: Language) -> list[str]:
    """Return a sentence for each target of all emissions and all energy."""
    years = dataset["year"].to_numpy()
    lines = [emissions_verdict(verdict(dataset, year), language) for year in emission_targets() if year in years]
    return lines + [energy_verdict_words(energy_verdict(dataset, year), language) for year in energy_targets(dataset)]


def _sure(dataset: xr.Dataset, language: Language) -> list[str]:
    """Return how much of what the model is compared with is weak, and what the quality words mean."""
    met = [str(quality) for quality in dataset["quality"].to_numpy()]
    counted = ", ".join(f"{QUALITY_WORDS[name](language)} {met.count(name)}" for name in QUALITIES if name in met)
    meanings = "; ".join(f"{QUALITY_WORDS[name](language)}: {meaning(language)}" for name, meaning in QUALITIES.items())
    compared = Text(f"Compared with {len(met)} figures: {counted}.", f"{len(met)}件の数値と比較: {counted}。")
    return [compared(language), meanings, fan_sentence(dataset, language)]


def _ward_ends(dataset: xr.Dataset, language: Language) -> list[tuple[str, Table]]:
    """Return the municipalities at either end of the figures that the map shows."""
    year = shown_year(dataset)
    at = dataset.sel(year=[year])
    names = dataset[f"region_{language}"].to_numpy()
    head: list[Cell] = [Text("figure", "項目")(language), Text("highest", "高い順")(language)]
    head.append(Text("lowest", "低い順")(language))
    rows: list[list[Cell]] = [head]
    for one in WARD_QUANTITIES:
        if one.name in _RANKED and all(name in at and float(at[name].sum()) > 0 for name in one.rests_on):
            values = values_of(one, at).isel(year=0).to_numpy()
            order = values.argsort(kind="stable")
            ends = [", ".join(f"{names[i]} {shown_number(float(values[i]))}" for i in chosen)
                    for chosen in (order[::-1][:_ENDS], order[:_ENDS])]  # fmt: skip
            rows.append([f"{one.words(language)} [{unit_words(one.unit, language)}]", *ends])
    return [(fiscal_year(year, language), rows)]


def _figure(folder: Path, name: str, alt: str, language: Language) -> str:
    """Return a figure as part of the page, or nothing where it was not drawn."""
    file = folder / "figures" / f"{name}_{language}.svg"
    if not file.is_file():
        return ""
    data = b64encode(file.read_bytes()).decode("ascii")
    return f'<p><img src="data:image/svg+xml;base64,{data}" alt="{escape(alt, quote=True)}"></p>'


def _titled(name: str, table: Table) -> str:
    """Return a table with its heading, numbers to the right."""
    head = "".join(f"<th>{escape(_text(cell))}</th>" for cell in table[0])
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table[1:])
    title = f"<h3>{escape(name)}</h3>" if name else ""
    return f'{title}<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _cell(cell: Cell) -> str:
    kind = ' class="n"' if isinstance(cell, (int, float)) and not isinstance(cell, bool) else ""
    return f"<td{kind}>{escape(_text(cell))}</td>"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return shown_number(cell) if isinstance(cell, float) else str(cell)


def shown_number(value: float) -> str:
    """Return a number with as many decimals as it needs for four digits at most."""
    size = abs(value)
    return number(value, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 or size == 0 else 3)
