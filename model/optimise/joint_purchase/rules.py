"""The rules of an auction: what the officers decide before bids come in, with defaults from the data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from model.faults import FaultList
from model.language import Language, Text
from model.optimise.procurement_data import MARKETS, procurement
from model.ordinance.columns import Column, columns_of
from model.ordinance.programme import Row, column
from model.ordinance.row_reader import RowReader
from model.record_files import Record, Records

_UNKNOWN = Text("there is no such rule", "この規則はありません")
_EVALUATIONS = {"price": Text("lowest price", "価格のみ"), "overall": Text("overall evaluation", "総合評価")}
_OVERLAPS = {
    "refuse": Text("refuse them", "受け付けない"),
    "disjoint": Text("let any win that do not overlap", "重複しない組合せで落札可"),
}


def _parameter(quantity: str) -> Any:
    return lambda: procurement().parameter(quantity)


class AuctionRules(Row):
    """Rules of an auction; a rule that is not given has the default of `data/procurement/`."""

    unique: ClassVar[tuple[str, ...]] = ()

    evaluation: Literal["price", "overall"] = column(
        "evaluation", "落札方式", default="price", choices=_EVALUATIONS,
        meaning=Text("the lowest price wins, or the most points of the ward formula",
                     "最低価格か、区の総合評価の点数が最大の案か"),
    )  # fmt: skip
    overlapping_packages: Literal["refuse", "disjoint"] = column(
        "overlapping packages", "重複する一括入札", default="refuse", choices=_OVERLAPS,
        meaning=Text("packages of one supplier that share facilities outside an exclusive group",
                     "同じ事業者の一括入札が択一グループ以外で同じ施設を含む場合の扱い"),
    )  # fmt: skip
    supplier_share_cap: float = column(
        "share cap of a supplier", "1事業者の上限割合", "1", default_factory=_parameter("supplier_share_cap"), gt=0,
        le=1,
        meaning=Text("most of all contract power that one supplier may win; 1: no cap",
                     "1事業者が落札できる契約電力合計の割合。1は上限なし"),
    )  # fmt: skip
    emission_factor_cutoff: float | None = column(
        "cut-off of the emission factor", "排出係数の裾切り", "kg/kWh", default=None, ge=0,
        meaning=Text("suppliers above it, or who state none, are not admitted",
                     "これを超える、又は未記入の事業者は参加不可"),
    )  # fmt: skip
    environmental_points_cutoff: float | None = column(
        "cut-off of environmental points", "環境評価点の裾切り", "points", default=None, ge=0,
        meaning=Text("suppliers below it, or who state none, are not admitted",
                     "これを下回る、又は未記入の事業者は参加不可"),
    )  # fmt: skip
    reserve_unit_price: float | None = column(
        "reserve unit price", "予定単価", "JPY/kWh", default=None, gt=0,
        meaning=Text("bids for single facilities must stay below it", "施設単位の入札はこの単価を下回ること"),
    )  # fmt: skip
    last_resort_multiple: float = column(
        "last-resort multiple", "最終保障供給の倍率", "1", default_factory=_parameter("last_resort_multiple"), ge=0,
        meaning=Text("price of last-resort supply against the reference tariff",
                     "参照料金に対する最終保障供給の料金の倍率"),
    )  # fmt: skip
    market: Literal["before_crisis", "crisis"] = column(
        "market of the reference tariff", "参照料金の市場", default="crisis", choices=MARKETS,
        meaning=Text("whose prices the reference tariff has", "参照料金をどの時期の価格で算定するか"),
    )  # fmt: skip
    fuel_adjustment: float = column(
        "fuel adjustment", "燃料費調整単価", "JPY/kWh", default_factory=_parameter("fuel_adjustment"),
        meaning=Text("added to energy charges that do not contain it; may be negative",
                     "燃料費調整を含まない単価に加算。負の値も可"),
    )  # fmt: skip
    levy: float = column(
        "renewable levy", "再エネ賦課金", "JPY/kWh", default_factory=_parameter("levy"), ge=0,
        meaning=Text("added to energy charges that do not contain it", "賦課金を含まない単価に加算"),
    )  # fmt: skip
    stage_one: bool = column(
        "own offers of stage 1", "第1段階提示額の採用", default=True,
        meaning=Text("whether a ward may stay with its own offer", "区が自らの第1段階提示額にとどまれるか"),
    )  # fmt: skip
    supply_start: datetime.date = column(
        "start of supply", "供給開始日", default=datetime.date(2027, 4, 1),
        meaning=Text("facilities still under contract on that day are not taken", "この日に現契約が残る施設は対象外"),
    )  # fmt: skip
    fiscal_year: int = column(
        "fiscal year of loads", "30分値の年度", default=2025, ge=2000, le=2060,
        meaning=Text("the year that half-hourly files without dates stand for", "日付のない30分値ファイルの年度"),
    )  # fmt: skip


_RULES: Mapping[str, Column] = {rule.name: rule for rule in columns_of(AuctionRules)}
#: Rules by name, as people call them.
RULE_TITLES: Mapping[str, Text] = {name: rule.title for name, rule in _RULES.items()}


class Rule(Row):
    """A rule of the auction and its value, as people write them."""

    explains: ClassVar[type[Row] | None] = AuctionRules

    id: str = column(
        "rule", "規則", min_length=1, choices=RULE_TITLES,
        meaning=Text("rules that are not given have the defaults below", "記入しない規則は下記の既定値による"),
    )  # fmt: skip
    value: str = column("value", "値", min_length=1, meaning=Text("see the rules below", "下記の各規則を参照"))


def rule_rows(rules: AuctionRules, language: Language) -> tuple[Rule, ...]:
    """Return rules as rows of the table; those without a value are left out."""
    shown = {name: rule.shown(getattr(rules, name), language) for name, rule in _RULES.items()}
    return tuple(Rule(id=name, value=str(value)) for name, value in shown.items() if value is not None)


def rules_of(rows: Sequence[Rule], place: str, faults: FaultList) -> AuctionRules:
    """Return the rules that rows state; every unknown rule and every value that does not suit is recorded.

    Args:
        rows: the table, whatever its order.
        place: the file, for the faults.
        faults: where faults are recorded; the rules that are right stand nevertheless.
    """
    given: dict[str, Any] = {}
    for row in rows:
        if row.id not in _RULES:
            names = [name for key, title in RULE_TITLES.items() for name in (key, title.en, title.ja)]
            faults.add_name(place, _UNKNOWN, row.id, names)
            continue
        reader = RowReader(AuctionRules)
        reader.add(Records((row.id,), (Record(place, {row.id: row.value}),)), place)
        faults.faults.extend(reader.faults.faults)
        for right in reader.rows:
            given[row.id] = getattr(right, row.id)
    return AuctionRules.model_validate(given)
