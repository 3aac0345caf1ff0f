"""The tables that officers and suppliers fill in for a joint purchase: one row model each."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import create_model, model_validator

from model.language import Text
from model.optimise.joint_purchase.rules import Rule
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.optimise.procurement_data import FACILITY_CLASSES
from model.ordinance.columns import columns_of
from model.ordinance.municipalities import MunicipalityCode, municipality_names
from model.ordinance.programme import Row, column, row_fault

Voltage = Literal["low", "high", "extra_high"]
FacilityClass = Literal["hall", "office", "school_primary", "school_secondary", "community_centre", "hospital"]
BidKind = Literal["single", "package"]

VOLTAGES = {
    "low": Text("low voltage", "低圧"),
    "high": Text("high voltage", "高圧"),
    "extra_high": Text("extra-high voltage", "特別高圧"),
}
_KINDS = {
    "single": Text("each facility by itself", "施設単位"),
    "package": Text("all or none", "一括（全部又は無し）"),
}


class _Facility(Row):
    """A facility of a ward, without its months."""

    id: str = column("facility", "施設ID", min_length=1)
    name: str = column("facility name", "施設名", default="")
    ward: MunicipalityCode = column("ward", "区", choices=municipality_names())
    facility_class: FacilityClass = column("class", "施設区分", choices=FACILITY_CLASSES)
    voltage: Voltage = column("voltage", "電圧", default="high", choices=VOLTAGES)
    contract_kw: float | None = column(
        "contract power", "契約電力", "kW", default=None, gt=0,
        meaning=Text("below 500 kW leave it empty: the highest of the twelve monthly peaks counts; from 500 kW on "
                     "fill in what was agreed",
                     "500kW未満は空欄（12か月の最大需要電力の最大値による）。500kW以上は協議で決まった値を記入"),
    )  # fmt: skip
    power_factor: float = column("power factor", "力率", "%", default=100.0, ge=0, le=100)
    renewable_share: float = column(
        "renewable share needed", "必要な再エネ比率", "%", default=0.0, ge=0, le=100,
        meaning=Text("bids with a lower share cannot win this facility", "これを下回る再エネ比率の入札は落札不可"),
    )  # fmt: skip
    contract_end: datetime.date | None = column(
        "present contract ends", "現契約の終了日", default=None,
        meaning=Text("must lie before the start of supply", "供給開始日より前であること"),
    )  # fmt: skip
    present_base: float | None = column(
        "present base charge", "現契約の基本料金", "JPY/kW/month", default=None, ge=0,
        meaning=Text("to compare bills by month: all three charges or none, without fuel adjustment and levy",
                     "月別料金比較用。3項目すべて記入するか空欄。燃料費調整・再エネ賦課金を含まない単価"),
    )  # fmt: skip
    present_summer: float | None = column(
        "present energy charge, summer", "現契約の夏季料金", "JPY/kWh", default=None, ge=0
    )
    present_other: float | None = column(
        "present energy charge, other seasons", "現契約のその他季料金", "JPY/kWh", default=None, ge=0
    )
    load_file: str = column(
        "half-hourly file", "30分値ファイル", default="",
        meaning=Text("a CSV or Excel file in the folder of this list, in kWh: 365 lines of 48 values from 1 April, or "
                     "a date and 48 values a line; it stands for the 24 monthly cells",
                     "この一覧と同じフォルダーのCSV又はExcel（kWh）。4月1日からの365行×48列、又は各行に日付＋48列。"
                     "記入すると月別の24項目は不要"),
    )  # fmt: skip

    @model_validator(mode="after")
    def _has_a_whole_tariff(self) -> Self:
        """Refuse a present contract of which only some charges are known."""
        known = [one is not None for one in (self.present_base, self.present_summer, self.present_other)]
        if any(known) and not all(known):
            raise row_fault(Text("fill in all three charges of the present contract, or none",
                                 "現契約の3つの単価はすべて記入するか空欄にしてください"))  # fmt: skip
        return self

    def monthly(self, what: str) -> list[float | None]:
        """Return twelve values of `kwh` or `kw`, April first; None where the cell is empty."""
        return [getattr(self, f"{what}_{month:02d}") for month in FISCAL_MONTHS]

    def missing_months(self) -> list[Text]:
        """Return the headings of the months without a value."""
        months = {f"{what}_{month:02d}" for what in ("kwh", "kw") for month in FISCAL_MONTHS}
        return [one.title for one in columns_of(type(self)) if one.name in months and getattr(self, one.name) is None]


def _months() -> dict[str, Any]:
    """Return the columns of monthly energy and monthly peak."""
    columns: dict[str, Any] = {}
    for name, unit, en, ja in (("kwh", "kWh", "energy", "電力量"), ("kw", "kW", "peak", "最大需要電力")):
        for month in FISCAL_MONTHS:
            columns[f"{name}_{month:02d}"] = (
                float | None,
                column(f"{en} in month {month}", f"{month}月{ja}", unit, default=None, ge=0),
            )
    return columns


#: A facility with twelve months of energy and peaks, or a half-hourly file in their place.
Facility: type[_Facility] = create_model("Facility", __base__=_Facility, **_months())


class Supplier(Row):
    """A bidder: what he can serve and what the overall evaluation gives him."""

    id: str = column("supplier", "小売事業者ID", min_length=1)
    name: str = column("supplier name", "小売事業者名", default="")
    capacity_kw: float | None = column(
        "capacity", "供給可能な契約電力", "kW", default=None, gt=0,
        meaning=Text("most contract power together; empty: no limit", "契約電力合計の上限。空欄は制限なし"),
    )  # fmt: skip
    emission_factor: float | None = column("emission factor", "CO2排出係数", "kg/kWh", default=None, ge=0)
    environmental_points: float | None = column(
        "environmental points", "環境評価点（裾切り）", "points", default=None, ge=0
    )
    emission_factor_points: float = column("points for emission factor", "排出係数の点数", "points", default=0.0, ge=0)
    renewable_share_points: float = column(
        "points for renewable share", "再エネ比率の点数", "points", default=0.0, ge=0
    )
    unused_energy_points: float = column(
        "points for unused energy", "未利用エネルギーの点数", "points", default=0.0, ge=0
    )
    improvement_points: float = column("points for improvement", "再エネ導入努力の点数", "points", default=0.0, ge=0)
    local_points: float = column("points for local contribution", "地域貢献の点数", "points", default=0.0, ge=0)

    #: Columns of points that the overall evaluation adds to those for the price.
    POINTS: ClassVar[tuple[str, ...]] = (
        "emission_factor_points",
        "renewable_share_points",
        "unused_energy_points",
        "improvement_points",
        "local_points",
    )


class Bid(Row):
    """A tariff of a supplier for some facilities, each by itself or all together."""

    id: str = column("bid", "入札ID", min_length=1)
    supplier: str = column("supplier", "小売事業者ID", min_length=1)
    received: int = column(
        "order of receipt", "受付順", default=0, ge=0,
        meaning=Text("settles ties: the supplier whose first bid came earlier",
                     "同額の場合は最初の入札の受付が早い事業者"),
    )  # fmt: skip
    kind: BidKind = column("kind", "入札方式", default="single", choices=_KINDS)
    wards: str = column(
        "wards (empty: all)", "対象区（空欄は全区）", default="",
        meaning=Text("several names are separated by semicolons; so for classes, voltages and facilities",
                     "複数は「、」又は「;」で区切る。施設区分・電圧・施設IDも同じ"),
    )  # fmt: skip
    classes: str = column("classes (empty: all)", "対象施設区分（空欄は全区分）", default="")
    voltages: str = column("voltages (empty: all)", "対象電圧（空欄は全て）", default="")
    facilities: str = column(
        "facilities (empty: by ward, class and voltage)", "対象施設ID（空欄は区・区分・電圧で決定）", default=""
    )
    except_facilities: str = column("except facilities", "除外施設ID", default="")
    base: float = column("base charge", "基本料金単価", "JPY/kW/month", ge=0)
    energy_summer: float = column("energy charge, summer", "夏季電力量料金単価", "JPY/kWh", ge=0)
    energy_other: float = column("energy charge, other seasons", "その他季電力量料金単価", "JPY/kWh", ge=0)
    power_factor: bool = column("power factor counts", "力率割引の適用", default=True)
    fuel_included: bool = column("fuel adjustment included", "燃料費調整を含む", default=False)
    levy_included: bool = column("levy included", "再エネ賦課金を含む", default=False)
    discount: float = column(
        "discount on the bill", "請求額の割引率", "%", default=0.0, ge=0, lt=100,
        meaning=Text("taken off every monthly bill", "毎月の請求額から割引"),
    )  # fmt: skip
    renewable_share: float = column("renewable share", "再エネ比率", "%", default=100.0, ge=0, le=100)
    group: str = column(
        "exclusive group", "択一グループ", default="",
        meaning=Text("of the packages of a supplier with the same word at most one wins",
                     "同じ事業者で同じ語を記した一括入札は、一つだけ落札"),
    )  # fmt: skip


class VolumeStep(Row):
    """A step of a supplier's price schedule over all energy he is awarded."""

    unique = ("supplier", "from_kwh")

    supplier: str = column("supplier", "小売事業者ID", min_length=1)
    from_kwh: float = column("from", "以上", "kWh/year", ge=0)
    to_kwh: float | None = column("up to", "以下", "kWh/year", default=None, gt=0)
    setup_jpy: float | None = column("fixed amount", "固定額", "JPY/year", default=None)
    change: float = column("change of price", "単価の増減", "JPY/kWh")


class Budget(Row):
    """A ward's own offer from stage 1, for the year and all its facilities."""

    unique = ("ward",)

    ward: MunicipalityCode = column("ward", "区", choices=municipality_names())
    offer_jpy: float = column("offer of stage 1", "第1段階の提示額", "JPY/year", gt=0)
    supplier: str = column("supplier of stage 1", "第1段階の事業者", default="")


class Reserve(Row):
    """What offers for a facility must stay below, as the plan spreads the reserve price of its lot."""

    unique = ("facility",)

    facility: str = column("facility", "施設ID", min_length=1)
    lot: int = column("lot", "ロット", default=1, ge=1)
    reserve_jpy: float = column("reserve price", "予定価格", "JPY/year", gt=0)


#: Every table by its kind, in the order in which a person meets them.
KINDS: Mapping[str, tuple[type[Row], Text]] = {
    "auction_facilities": (Facility, Text("joint purchase: facilities", "共同購入：施設一覧")),
    "auction_suppliers": (Supplier, Text("joint purchase: suppliers", "共同購入：小売事業者")),
    "auction_bids": (Bid, Text("joint purchase: bids", "共同購入：入札")),
    "auction_volume_steps": (VolumeStep, Text("joint purchase: volume discounts", "共同購入：数量割引")),
    "auction_budgets": (Budget, Text("joint purchase: stage-1 offers of wards", "共同購入：各区の第1段階提示額")),
    "auction_reserves": (Reserve, Text("joint purchase: reserve prices", "共同購入：予定価格")),
    "auction_rules": (Rule, Text("joint purchase: rules", "共同購入：規則")),
}
