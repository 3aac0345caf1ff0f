"""Tables an energy manager fills in for a schedule of reductions: facilities, measures, and what is assumed by year."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from model.labels import classification
from model.language import Text
from model.ordinance.cap_and_trade.facts import (
    KIND_NAMES,
    POWER_LAW_NAMES,
    RECOGNITION_NAMES,
    Kind,
    PowerLawRelief,
    Recognition,
)
from model.ordinance.programme import Row, column

BuildingUse = Literal["office", "shop", "hotel", "hospital", "school", "public", "district_plant", "factory"]
Equipment = Literal["none", "lighting", "air_conditioning", "heat_source", "roof"]

USE_NAMES: Final = {
    "office": Text("office", "事務所"),
    "shop": Text("shop", "商業施設"),
    "hotel": Text("hotel", "宿泊施設"),
    "hospital": Text("hospital", "医療施設"),
    "school": Text("school", "教育施設"),
    "public": Text("public office", "官公庁"),
    "district_plant": Text("district heating and cooling plant", "地域冷暖房施設"),
    "factory": Text("factory", "工場"),
}
EQUIPMENT_NAMES: Final = {
    "none": Text("none", "なし"),
    "lighting": Text("lighting", "照明"),
    "air_conditioning": Text("air conditioning", "空調機"),
    "heat_source": Text("heat source", "熱源"),
    "roof": Text("roof", "屋根"),
}
#: First and last year of the window in which base years lie; the columns of the template.
BASE_WINDOW: Final = range(2002, 2008)


#: Far above any facility: what is larger was written in another unit [t-CO2, MWh, 1000m³, GJ, kL, m²].
_MOST_T, _MOST_MWH, _MOST_GAS, _MOST_GJ, _MOST_KL, _MOST_M2 = 1e7, 1e7, 1e7, 1e8, 1e7, 1e8


def _measure_ids() -> Text:
    """Return the ids of the catalogue with their names, as a person fills them in."""
    measures = classification("reduction_measures")
    return Text(
        ", ".join(f"{one} ({facts['name_en']})" for one, facts in measures.items()),
        "、".join(f"{one}：{facts['name_ja']}" for one, facts in measures.items()),
    )


class FacilityRow(Row):
    """One facility: its duty, its energy and its equipment at the start of the plan."""

    id: str = column("facility", "事業所", min_length=1)
    owner: str = column("owner", "所有者グループ", default="",
        meaning=Text("facilities of one owner hand excess to each other first and can share budgets",
                     "同じ所有者の事業所間で超過削減量を優先して移転し、予算を共有できる"),
    )  # fmt: skip
    building_use: BuildingUse = column("building use", "建物用途", default="office", choices=USE_NAMES,
        meaning=Text("decides which row of the measures holds",
                     "対策一覧のどの行を使うかを決める"),
    )  # fmt: skip
    kind: Kind = column("kind of facility", "事業所の区分", default="office", choices=KIND_NAMES,
        meaning=Text("with the share below decides the category, on which the rate of reduction hangs",
                     "次の割合とともに区分（Ⅰ-1・Ⅰ-2・Ⅱ）と削減義務率を決める"),
    )  # fmt: skip
    district_share: float = column(
        "share of energy from district heating and cooling", "地域冷暖房等からの受入割合", default=0.0, ge=0, le=1
    )
    floor_area_m2: float = column("floor area", "延床面積", "m²", gt=0, le=_MOST_M2)
    roof_area_m2: float = column(
        "roof area free for solar panels", "太陽光設置可能な屋根面積", "m²", default=0.0, ge=0, le=_MOST_M2
    )
    base_t: float | None = column(
        "base emissions, if determined", "基準排出量（決定済みの場合）", "t-CO2", default=None, gt=0, le=_MOST_T,
        meaning=Text("leave empty if three consecutive years of FY2002–2007 are given: their mean is taken",
                     "2002～2007年度の連続する3か年度を記入する場合は空欄（平均値を使用）"),
    )  # fmt: skip
    base_2002_t: float | None = column("emissions of FY2002", "2002年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    base_2003_t: float | None = column("emissions of FY2003", "2003年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    base_2004_t: float | None = column("emissions of FY2004", "2004年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    base_2005_t: float | None = column("emissions of FY2005", "2005年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    base_2006_t: float | None = column("emissions of FY2006", "2006年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    base_2007_t: float | None = column("emissions of FY2007", "2007年度排出量", "t-CO2", default=None, ge=0, le=_MOST_T)
    electricity_mwh: float = column("electricity bought a year", "年間買電量", "MWh", ge=0, le=_MOST_MWH)
    city_gas_1000m3: float = column("city gas a year", "年間都市ガス使用量", "1000m³", default=0.0, ge=0, le=_MOST_GAS)
    heat_gj: float = column("heat bought a year", "年間購入熱量", "GJ", default=0.0, ge=0, le=_MOST_GJ)
    heavy_oil_a_kl: float = column("heavy oil A a year", "年間Ａ重油使用量", "kL", default=0.0, ge=0, le=_MOST_KL)
    energy_change: float = column(
        "change of energy use a year without measures", "対策なしのエネルギー使用量の年変化率", "1/year",
        default=0.0, ge=-0.2, le=0.2,
        meaning=Text("0.01: one per cent more each year",
                     "0.01は毎年1％の増加"),
    )  # fmt: skip
    supplier_factor: float | None = column(
        "factor of the present electricity supplier (empty: the path's)",
        "現在の電気供給事業者の排出係数（空欄は前提表の値）", "t-CO2/MWh", default=None, ge=0,
    )  # fmt: skip
    lighting_from: int | None = column("lighting installed in", "照明の設置年度", default=None, ge=1950, le=2100,
        meaning=Text("a renewal at the end of life makes a measure cheaper; empty: not known, so never cheaper",
                     "耐用年数到来時の更新に合わせると対策が安くなる。空欄は不明（割引なし）"),
    )  # fmt: skip
    air_conditioning_from: int | None = column(
        "air conditioning installed in", "空調機の設置年度", default=None, ge=1950, le=2100
    )
    heat_source_from: int | None = column("heat source installed in", "熱源の設置年度", default=None, ge=1950, le=2100)
    recognition: Recognition = column("recognition", "認定区分", default="none", choices=RECOGNITION_NAMES,
        meaning=Text("recognised facilities owe less until the recognition ends",
                     "認定期間中は削減義務率が軽減される"),
    )  # fmt: skip
    recognition_until: int | None = column(
        "last year of the recognition (empty: end of the running period)",
        "認定の最終年度（空欄は当計画期間末）", default=None, ge=2010, le=2100,
    )  # fmt: skip
    power_law_relief: PowerLawRelief = column(
        "relief for users exempt from power limits", "電気事業法関連の緩和措置", default="none", choices=POWER_LAW_NAMES
    )
    bank_t: float = column(
        "own excess kept from the period before",
        "前計画期間からの繰越超過削減量",
        "t-CO2",
        default=0.0,
        ge=0,
        le=_MOST_T,
        meaning=Text("counts in the period in which the plan begins and expires with it",
                     "計画を開始する計画期間に充当でき、その期間末に失効する"),
    )  # fmt: skip
    emissions_so_far_t: float | None = column(
        "emissions of the running period before the plan begins",
        "当計画期間の計画開始前までの排出量", "t-CO2", default=None, ge=0, le=_MOST_T,
        meaning=Text("all fiscal years of the running period before the plan begins, added up; needed if there are any",
                     "当計画期間のうち計画開始前の年度の排出量の合計。該当年度がある場合は必須"),
    )  # fmt: skip
    shutdown_years: str = column("years in which it can be shut down (2028;2033; empty: any)",
                                 "休止可能年度（2028;2033 の形。空欄は毎年度）", default="",
        meaning=Text("measures that need a shutdown are done in these years only",
                     "休止を要する対策はこれらの年度にのみ実施する"),
    )  # fmt: skip
    done: str = column("measures already done (ids, with ;)", "実施済みの対策（IDを;で区切る）", default="",
                       meaning=_measure_ids())  # fmt: skip


class MeasureRow(Row):
    """One measure as it works in a building use; a row for all uses leaves the use empty."""

    unique: ClassVar[tuple[str, ...]] = ("id", "building_use")

    id: str = column("measure", "対策ID", min_length=1,
        meaning=Text("an id of the catalogue replaces that measure in all uses",
                     "既存の対策IDを記入すると全用途で置き換える"),
    )  # fmt: skip
    name: str = column("name", "対策名", default="")
    building_use: BuildingUse | None = column(
        "building use (empty: all)", "建物用途（空欄は全用途）", default=None, choices=USE_NAMES
    )
    equipment: Equipment = column("equipment it renews", "更新する設備", default="none", choices=EQUIPMENT_NAMES)
    saving_electricity: float = column("saving of electricity left", "電気の削減率", default=0.0, ge=0, lt=1,
        meaning=Text("acts on what the measures before it leave",
                     "先に実施した対策の後に残る量に作用する"),
    )  # fmt: skip
    saving_fuel: float = column("saving of gas and oil left", "ガス・油の削減率", default=0.0, ge=0, lt=1)
    saving_heat: float = column("saving of bought heat left", "購入熱の削減率", default=0.0, ge=0, lt=1)
    fuel_replaced: float = column(
        "share of gas and oil replaced by electricity", "電化によるガス・油の代替率", default=0.0, ge=0, lt=1
    )
    electricity_per_fuel: float = column(
        "electricity used for fuel replaced", "代替燃料当たり電気使用量", "MWh/GJ", default=0.0, ge=0
    )
    generation: float = column("generation of own panels", "自家発電量", "MWh/m²/year", default=0.0, ge=0)
    off_site_share: float = column(
        "share of bought electricity supplied off site", "オフサイト再エネの割合", default=0.0, ge=0, lt=1
    )
    off_site_premium: float = column(
        "extra price of off-site supply", "オフサイト再エネの割増単価", "JPY/kWh", default=0.0
    )
    unit_cost: float = column("cost (solar: by roof area)", "工事単価（太陽光は屋根面積当たり）", "JPY/m²", ge=0)
    annual_cost: float = column("yearly cost", "年間費用", "JPY/m²/year", default=0.0, ge=0)
    life: int = column("life", "耐用年数", "year", ge=1, le=100)
    lead_time: int = column("lead time", "準備期間", "year", default=0, ge=0, le=30,
        meaning=Text("full years between the start of the plan and the first year in which it can be there",
                     "計画開始から実施可能になるまでの年数"),
    )  # fmt: skip
    renewal_share: float = column(
        "share of the cost that a renewal due anyway would have cost",
        "通常更新でも生じる費用の割合", default=0.0, ge=0, le=1,
        meaning=Text("1: at a renewal due anyway the measure costs nothing more",
                     "1は更新時期に実施すれば追加費用なし"),
    )  # fmt: skip
    shutdown: bool = column("needs a shutdown", "休止を要する", default=False)
    requires: str = column("measure that must be there before", "前提となる対策ID", default="")
    excludes: str = column("measures it excludes (ids, with ;)", "両立しない対策（IDを;で区切る）", default="")


def _price(en: str, ja: str, unit: str, le: float = 1e15, meaning: Text | None = None) -> Any:
    return column(en, ja, unit, default=None, ge=0, le=le, meaning=meaning)


class PathRow(Row):
    """What is assumed in one fiscal year; straight lines between the years given, flat beyond, empty cells skipped."""

    unique: ClassVar[tuple[str, ...]] = ("year",)

    year: int = column("fiscal year", "年度", ge=2000, le=2100)
    electricity_price: float | None = _price("price of electricity", "電気料金", "JPY/kWh")
    city_gas_price: float | None = _price("price of city gas", "都市ガス料金", "JPY/m³")
    heat_price: float | None = _price("price of heat", "熱料金", "JPY/GJ")
    heavy_oil_price: float | None = _price("price of heavy oil A", "Ａ重油価格", "JPY/L")
    electricity_factor: float | None = _price("factor of electricity supplied", "電気の排出係数", "t-CO2/MWh")
    heat_factor: float | None = _price("factor of heat supplied", "熱の排出係数", "t-CO2/GJ")
    gas_factor: float | None = _price("factor of city gas supplied", "都市ガスの排出係数", "t-CO2/1000m³")
    certificate_price: float | None = _price("price of renewable certificates", "再エネ証書価格", "JPY/kWh")
    green_menu_premium: float | None = _price(
        "extra price of a green power menu", "再エネ電力メニューの割増単価", "JPY/kWh"
    )
    excess_price: float | None = _price("price of excess reductions bought", "超過削減量の購入価格", "JPY/t-CO2")
    excess_sale_price: float | None = _price("price of excess reductions sold", "超過削減量の売却価格", "JPY/t-CO2")
    tokyo_small_mid_price: float | None = _price(
        "price of small and mid credits", "都内中小クレジット価格", "JPY/t-CO2"
    )
    renewable_price: float | None = _price("price of renewable credits", "再エネクレジット価格", "JPY/t-CO2")
    outside_tokyo_price: float | None = _price("price of credits from outside Tokyo", "都外クレジット価格", "JPY/t-CO2")
    saitama_link_price: float | None = _price("price of Saitama credits", "埼玉連携クレジット価格", "JPY/t-CO2")
    other_gas_price: float | None = _price("price of other-gas credits", "その他ガス削減量価格", "JPY/t-CO2")
    excess_supply: float | None = _price(
        "excess reductions on offer in the period", "期間内の超過削減量の供給量", "t-CO2",
        meaning=Text("empty: as much as is asked for",
                     "空欄は上限なし"),
    )  # fmt: skip
    tokyo_small_mid_supply: float | None = _price(
        "small and mid credits on offer in the period", "期間内の都内中小クレジットの供給量", "t-CO2"
    )
    renewable_supply: float | None = _price(
        "renewable credits on offer in the period", "期間内の再エネクレジットの供給量", "t-CO2"
    )
    outside_tokyo_supply: float | None = _price(
        "outside credits on offer in the period", "期間内の都外クレジットの供給量", "t-CO2"
    )
    saitama_link_supply: float | None = _price(
        "Saitama credits on offer in the period", "期間内の埼玉連携クレジットの供給量", "t-CO2"
    )
    other_gas_supply: float | None = _price(
        "other-gas credits on offer in the period", "期間内のその他ガス削減量の供給量", "t-CO2"
    )
    order_price: float | None = _price(
        "price of a tonne under an order (empty: an order is no option)",
        "削減命令時の調達単価（空欄は命令を選択肢としない）",
        "JPY/t-CO2",
    )
    rate_offices: float | None = _price(
        "rate of reduction, category I-1, after the last period known",
        "区分Ⅰ-1の削減義務率（規定のある計画期間より後）",
        "1",
        le=1,
        meaning=Text("an assumption: no rate after FY2029 has been published",
                     "2030年度以降の義務率は未公表のため利用者の想定値"),
    )  # fmt: skip
    rate_factories: float | None = _price(
        "rate of reduction, categories I-2 and II, after the last period known",
        "区分Ⅰ-2・Ⅱの削減義務率（規定のある計画期間より後）",
        "1",
        le=1,
    )
    carbon_half_level: float | None = _price(
        "emissions against the base at or below which a facility can be recognised as carbon half (0: none)",
        "カーボンハーフ認定を受けられる基準排出量比の排出量（0は認定なし）",
        "1",
        le=1,
    )
    discount_rate: float | None = _price(
        "discount rate (that of the first year holds)", "割引率（計画開始年度の値）", "1/year", le=1
    )
    change_charge: float | None = _price(
        "charge of a change against the plan before (that of the first year holds)",
        "前回計画からの変更1件の負担（計画開始年度の値）",
        "JPY",
        meaning=Text("weighed with the cost of a plan made anew, so that little changes; nobody pays it",
                     "再計画で変更を抑えるために費用と合わせて評価する。支払は生じない"),
    )  # fmt: skip
    budget: float | None = _price("budget for works (empty: no limit)", "対策工事予算（空欄は上限なし）", "JPY",
        meaning=Text("money for works of all facilities, each year until another row changes it",
                     "全事業所の対策工事費の年間上限。次の行で変更するまで有効"),
    )  # fmt: skip
    works: float | None = _price(
        "works that contractors can do (empty: no limit)", "施工可能件数（空欄は上限なし）", "works",
        meaning=Text("works of all facilities, each year until another row changes it",
                     "全事業所の年間施工件数の上限。次の行で変更するまで有効"),
    )  # fmt: skip


class LimitRow(Row):
    """Money and works of one owner group from a fiscal year on, until a later row changes them."""

    unique: ClassVar[tuple[str, ...]] = ("owner", "year")

    owner: str = column("owner", "所有者グループ", min_length=1)
    year: int = column("fiscal year from which it holds", "適用開始年度", ge=2000, le=2100)
    budget_jpy: float | None = _price("budget for works (empty: as before)", "対策工事予算（空欄は前行のまま）", "JPY")
    works: float | None = _price(
        "works that can be done (empty: as before)", "施工可能件数（空欄は前行のまま）", "works"
    )
