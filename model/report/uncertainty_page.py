"""How ensembles work as a document that can be cited: what is uncertain, how far, how it is drawn and answered.

`python -m model.report.uncertainty_page` writes `docs/uncertainty.md` and `docs/uncertainty.ja.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from model.language import Language, Text
from model.paths import scenarios_folder, written_at_once
from model.report.wording import percent
from model.sampling import DESIGNS
from model.schema import QUALITIES
from model.uncertain_factors import Factor, Uncertainty, factors
from model.uncertainty import Ranges, ranges

PAGES: Final[dict[Language, str]] = {"en": "uncertainty.md", "ja": "uncertainty.ja.md"}

_HEAD: Final = Text(
    """\
# Uncertainty

Generated from `scenarios/data/uncertainty` and `classification/uncertain_factors.csv` by
`python -m model.report.uncertainty_page`; do not edit.

    python run.py ensemble carbon_half --samples 1024                      fans, quantiles, how likely targets are met
    python run.py ensemble carbon_half --samples 256 --design saltelli     with first-order and total Sobol indices
    python run.py ensemble carbon_half --resume                            after any stop, without computing again

## What a member is

A member is the run of the scenario with Tokyo as one place, at one point of the ranges below. It has the bits of that
run alone, whatever computes it, before or after a stop: where years follow one another, samples are an axis of the
arrays; their blocks are computed by this process (`--workers 1`), by several (the default), or by Dask, on a cluster
started here (`--scheduler`) or one that runs already (`--scheduler tcp://…`). Tokyo as one place agrees with the 62
municipalities to rounding while no stock falls; where one falls, a surplus in one municipality meets the demand of
another, so a little less is built.

Each factor stands at u from −1 to 1, every value as likely. An input v of half-range h becomes v · (1 + u · h):

- rows of data have the half-range of their own quality, unless the factor has one of its own;
- levers are judgement and have that of an estimate; their range opens evenly from nothing in FY2022 to its full width
  in the year given;
- *effect*: the distance from 1 is multiplied, so that a level that saves more or less still saves nothing at 1;
- *odds*: the odds of the labels named are multiplied, then all shares of the set are scaled back to their former sum;
- *together*: all rows move by the half-range of the weakest quality among them, so that their order stays;
- what leaves the range that a table or a lever allows is held at its end; panels that find no room on roofs wait.

Factors are independent, and history is fitted anew in each member. Two things follow. Known sums, such as all
greenhouse gases of FY2022, spread more than their own publication would let them. And what is not in the list, such as
the form of the equations, is not in the spread.
""",
    """\
# 不確実性

`scenarios/data/uncertainty` と `classification/uncertain_factors.csv` から
`python -m model.report.uncertainty_page` で生成。手で編集しないこと。

    python run.py ensemble carbon_half --samples 1024                      ファン図、分位点、目標達成の割合
    python run.py ensemble carbon_half --samples 256 --design saltelli     1次・全次ソボル指標も計算
    python run.py ensemble carbon_half --resume                            中断後、完了分を再計算せずに再開

## メンバーとは

メンバーは、都全体を1地域として、次の幅の中の1点でシナリオを計算したものである。何で計算しても、中断の前後でも、
単独の計算とビット単位で同じ結果になる。年を追う計算では標本を配列の軸とし、そのブロックを1プロセス(`--workers 1`)、
複数プロセス(既定)、またはDaskで計算する。Daskはこの計算機に起動するクラスタ(`--scheduler`)か、稼働中のクラスタ
(`--scheduler tcp://…`)である。ストックが減少しない限り、62区市町村の計算と丸め誤差の範囲で一致する。減少する場合は、ある地域の余剰が他の地域の需要を満たすため新築がわずかに減る。

各要因は −1 から 1 の u をとり、その中は一様である。幅(片側)h の入力 v は v · (1 + u · h) となる。

- データの幅は行ごとの品質区分による(要因固有の幅がある場合はそれによる)。
- レバーは判断であり、推計(estimate)の幅とする。幅は2022年度の0から、示した年度に全開となるまで直線的に広がる。
- effect: 1からの距離に掛ける。
- odds: 指定した区分のオッズに掛け、その後、組全体を元の合計に合わせる。
- together: 全行を最も弱い品質の幅で一緒に動かす(大小関係を保つ)。
- 表やレバーの許容範囲を超えた値は端に固定する。屋根に余地のないパネルは設置を待つ。

要因は互いに独立で、実績への較正はメンバーごとに行う。このため、2022年度の総排出量のような既知の合計は、公表値の
確かさ以上に広がる。また、式の形など、一覧にないものは幅に含まれない。
""",
)
_QUALITY: Final = Text("## Half-ranges by quality", "## 品質区分別の幅(片側)")
_FACTORS: Final = Text("## Factors", "## 要因")
_DESIGNS_HEAD: Final = Text("## Designs", "## 標本の計画")
_ANSWERS: Final = Text(
    """\
## Answers

- Quantiles by year of everything that members keep (`quantiles.nc`, `summary.csv`), fans of the figures with targets.
- Once an ensemble is there, `run.py run` finds it beside its own folder (`results/NAME-ensemble` beside `results/NAME`)
  and draws its fan into every figure over time, with the chance of each target on the page; only where scenario and
  data are the same.
- The share of members that meet each target, with Wilson's interval of 95 % for independent draws (`targets.csv`); a
  Sobol sequence or a hypercube comes nearer than that.
- Sobol indices after Saltelli et al. (2010) and Jansen (1999), with bootstrap intervals of 95 %; without Saltelli's
  design the squared correlation, which is the first-order index of an answer that is nearly linear (`influences.csv`).
- All members in `ensemble.zarr`, which `xarray.open_zarr` opens; `finished` says which are there.
""",
    """\
## 結果

- メンバーが保持する全項目の年度別分位点(`quantiles.nc`、`summary.csv`)と、目標のある項目のファン図。
- アンサンブルがあれば、`run.py run` は出力フォルダの隣(`results/名前` に対する `results/名前-ensemble`)から読み込み、
  すべての時系列の図に幅を描き、報告ページに目標達成の割合を示す。シナリオとデータが同じ場合に限る。
- 各目標を達成するメンバーの割合と、独立標本としてのウィルソンの95%区間(`targets.csv`)。ソボル列やラテン超方格の誤差は
  これより小さい。
- Saltelli et al. (2010)、Jansen (1999) のソボル指標とブートストラップ95%区間。サルテリ計画以外では相関係数の2乗
  (ほぼ線形なら1次指標に等しい)(`influences.csv`)。
- 全メンバーは `ensemble.zarr` にあり、`xarray.open_zarr` で開ける。`finished` が完了分を示す。
""",
)
_COLUMNS: Final = Text(
    "| factor | name | moves | where | form | half-range | full in |",
    "| 要因 | 名称 | 動かすもの | 対象 | 形 | 幅(片側) | 全開 |",
)
_BY_ROW: Final = Text("by quality", "品質による")


def uncertainty_page(language: Language) -> str:
    """Return the whole document in one language, as Markdown."""
    width = ranges(Uncertainty())
    return "\n".join(_lines(width, language)) + "\n"


def _lines(width: Ranges, language: Language) -> Iterator[str]:
    yield _HEAD(language)
    yield f"{_QUALITY(language)}\n"
    for quality, meaning in QUALITIES.items():
        yield f"- `{quality}` ({meaning(language)}): ±{percent(width.by_quality[quality])}"
    yield f"\n{_FACTORS(language)}\n"
    yield _COLUMNS(language)
    yield "|---|---|---|---|---|---|---|"
    for factor in factors().values():
        yield _row(factor, width, language)
    yield f"\n{_DESIGNS_HEAD(language)}\n"
    for name, text in DESIGNS.items():
        yield f"- `{name}`: {text(language)}"
    yield f"\n{_ANSWERS(language).rstrip()}"


def _row(factor: Factor, width: Ranges, language: Language) -> str:
    """Return the row of one factor."""
    where = "; ".join(f"{one.column} {one.sign} {', '.join(one.labels)}" for one in factor.where)
    own = width.by_factor.get(factor.name)
    if own is None:
        half = _BY_ROW(language) if factor.kind == "data" else f"±{percent(width.by_quality['estimate'])}"
    else:
        half = f"±{percent(own, 1)}"
    full = f"{width.full_year[factor.name]:.0f}" if factor.name in width.full_year else ""
    moves = ", ".join(f"`{target}`" for target in factor.targets)
    return f"| `{factor.name}` | {factor.text(language)} | {moves} | {where} | {factor.form} | {half} | {full} |"


def write_pages(folder: Path) -> None:
    """Write the document in both languages into a folder."""
    for language, file in PAGES.items():
        with written_at_once(folder / file) as temporary:
            temporary.write_text(uncertainty_page(language), encoding="utf-8")


if __name__ == "__main__":
    write_pages(scenarios_folder().parent / "docs")
