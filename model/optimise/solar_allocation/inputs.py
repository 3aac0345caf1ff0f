"""The list of houses that a supplier fills in for the allocation of panels: columns, their meaning and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from model.language import Language, Text
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES, HouseType
from model.ordinance.municipalities import MunicipalityCode, municipality_names
from model.ordinance.programme import Row, column, in_english
from model.ordinance.solar_economics.facts import FINANCING_NAMES

Role = Literal["new_building", "existing_house"]
State = Literal["planned", "ordered", "started", "done"]
Claim = Literal["decide", "claim", "never"]
Paid = Literal["decide", "purchase", "lease", "power_purchase"]

ROLE_NAMES = {
    "new_building": Text("new building", "新築"),
    "existing_house": Text("existing house (substitute)", "既存住宅への設置（代替措置）"),
}
STATE_NAMES = {
    "planned": Text("planned", "計画"),
    "ordered": Text("ordered", "受注"),
    "started": Text("started", "着工"),
    "done": Text("done", "完成"),
}
CLAIM_NAMES = {
    "decide": Text("decide", "計画で判断"),
    "claim": Text("claim", "除外を申し出る"),
    "never": Text("never", "申し出ない"),
}
#: Ways to pay that can be offered, and what a list may say of a house: one of them, or that the plan decides.
WAYS_TO_PAY = ("purchase", "lease", "power_purchase")
PAID_NAMES = {"decide": CLAIM_NAMES["decide"], **{way: FINANCING_NAMES[way] for way in WAYS_TO_PAY}}
#: States in which the panels of a house can no longer change.
FIXED_STATES = ("started", "done")
#: Faces of a roof that have columns of their own.
FACES = (1, 2, 3, 4)

_AREA = "usable area, horizontal projection"
_AREA_JA = "使用可能面積（水平投影）"


class House(Row):
    """One house of a supplier's year, or one existing house whose panels may stand in for others."""

    unique: ClassVar[tuple[str, ...]] = ("supplier", "id")

    id: str = column("house", "住宅番号", min_length=1, max_length=100)
    supplier: str = column("supplier", "供給事業者", default="", max_length=100)
    role: Role = column("role", "区分", default="new_building", choices=ROLE_NAMES,
        meaning=Text("panels on an existing house stand in for those of new buildings, up to the limit of the rules",
                     "既存住宅に設置した容量は、規定の上限まで新築の代替として算入できる"),
    )  # fmt: skip
    municipality: MunicipalityCode = column("municipality", "区市町村", choices=municipality_names())
    house_type: HouseType = column("house type", "建物種別", default="custom_detached", choices=HOUSE_TYPE_NAMES)
    floor_area_m2: float = column("total floor area", "延床面積", "m²", default=0.0, ge=0, le=1e6)
    delivered_on: date | None = column("day of delivery", "供給日", default=None,
        meaning=Text("decides the fiscal year and the quarter of the installers",
                     "年度と施工の四半期を決める"),
    )  # fmt: skip
    state: State = column("state", "進捗", default="planned", choices=STATE_NAMES,
        meaning=Text("panels of houses started or done stay as they are; ordered ones can change",
                     "着工・完成の住宅の容量は変更しない。受注は変更できる"),
    )  # fmt: skip
    kw: float | None = column(
        "panels decided or planned so far", "決定・計画済みの容量", "kW", default=None, ge=0, le=2000,
        meaning=Text("needed for houses started or done",
                     "着工・完成の住宅では必須"),
    )  # fmt: skip
    max_kw: float | None = column(
        "largest capacity (empty: by the roof faces)",
        "最大容量（空欄は屋根面から算定）",
        "kW",
        default=None,
        ge=0,
        le=2000,
    )
    face1_m2: float | None = column(f"face 1: {_AREA}", f"屋根面1：{_AREA_JA}", "m²", default=None, ge=0, le=20000)
    face1_azimuth: float = column(
        "face 1: azimuth (0 south, 90 west, −90 east)",
        "屋根面1：方位角（南0・西90・東-90）",
        "°",
        default=0.0,
        ge=-180,
        le=180,
    )
    face1_tilt: float = column("face 1: tilt", "屋根面1：傾斜", "°", default=30.0, ge=0, le=90)
    face1_shade: float = column("face 1: share lost to shade", "屋根面1：日影による損失", "1", default=0.0, ge=0, le=1)
    face2_m2: float | None = column(f"face 2: {_AREA}", f"屋根面2：{_AREA_JA}", "m²", default=None, ge=0, le=20000)
    face2_azimuth: float = column("face 2: azimuth", "屋根面2：方位角", "°", default=0.0, ge=-180, le=180)
    face2_tilt: float = column("face 2: tilt", "屋根面2：傾斜", "°", default=30.0, ge=0, le=90)
    face2_shade: float = column("face 2: share lost to shade", "屋根面2：日影による損失", "1", default=0.0, ge=0, le=1)
    face3_m2: float | None = column(f"face 3: {_AREA}", f"屋根面3：{_AREA_JA}", "m²", default=None, ge=0, le=20000)
    face3_azimuth: float = column("face 3: azimuth", "屋根面3：方位角", "°", default=0.0, ge=-180, le=180)
    face3_tilt: float = column("face 3: tilt", "屋根面3：傾斜", "°", default=30.0, ge=0, le=90)
    face3_shade: float = column("face 3: share lost to shade", "屋根面3：日影による損失", "1", default=0.0, ge=0, le=1)
    face4_m2: float | None = column(f"face 4: {_AREA}", f"屋根面4：{_AREA_JA}", "m²", default=None, ge=0, le=20000)
    face4_azimuth: float = column("face 4: azimuth", "屋根面4：方位角", "°", default=0.0, ge=-180, le=180)
    face4_tilt: float = column("face 4: tilt", "屋根面4：傾斜", "°", default=30.0, ge=0, le=90)
    face4_shade: float = column("face 4: share lost to shade", "屋根面4：日影による損失", "1", default=0.0, ge=0, le=1)
    restricted: bool = column("local building limits rule panels out", "建築制限等により設置不可", default=False,
        meaning=Text("no panels are planned on such a house, and it may be left out of the count",
                     "該当する住宅には設置を計画せず、算定から除外できる"),
    )  # fmt: skip
    exclusion: Claim = column(
        "leave it out of the count (where the rules allow)",
        "算定除外の申出（要件を満たす場合）",
        default="decide",
        choices=CLAIM_NAMES,
        meaning=Text("where rules allow it: decide lets the plan choose, claim leaves it out; never: it always counts",
                     "計画で判断：要件を満たす場合に計画が選ぶ。除外を申し出る：要件を満たせば除外する。申し出ない：必ず算定する"),
    )  # fmt: skip
    solar_heat_gj: float = column(
        "solar heat, primary energy saved", "太陽熱利用（一次エネルギー）", "GJ/yr", default=0.0, ge=0, le=1e5
    )
    ground_heat_gj: float = column(
        "ground-source heat, primary energy saved", "地中熱利用（一次エネルギー）", "GJ/yr", default=0.0, ge=0, le=1e5
    )
    solar_heat_option_gj: float | None = column(
        "solar heat that could be added, primary energy saved",
        "追加できる太陽熱利用（一次エネルギー）",
        "GJ/yr",
        default=None,
        gt=0,
        le=1e5,
    )
    solar_heat_option_jpy: float | None = column(
        "initial cost of the solar heat (empty: by the rule data)",
        "追加する太陽熱利用の初期費用（空欄は規定データ）",
        "JPY",
        default=None,
        ge=0,
        le=1e9,
    )
    ground_heat_option_gj: float | None = column(
        "ground-source heat that could be added, primary energy saved",
        "追加できる地中熱利用（一次エネルギー）",
        "GJ/yr",
        default=None,
        gt=0,
        le=1e5,
    )
    ground_heat_option_jpy: float | None = column(
        "initial cost of the ground-source heat (empty: by the rule data)",
        "追加する地中熱利用の初期費用（空欄は規定データ）",
        "JPY",
        default=None,
        ge=0,
        le=1e9,
    )
    ua: float | None = column(
        "UA of the weakest dwelling", "UA値（最も低い性能の住戸）", "W/(m²K)", default=None, gt=0, le=10
    )
    bei: float | None = column("BEI without panels", "BEI値（太陽光を除く）", "1", default=None, gt=0, le=10)
    standard_gj: float | None = column(
        "standard primary energy (empty: by floor area)",
        "基準一次エネルギー（空欄は床面積から算定）",
        "GJ/yr",
        default=None,
        gt=0,
        le=1e6,
    )
    cost_fixed_jpy: float | None = column(
        "cost of any system (empty: by the rule data)",
        "容量によらない費用（空欄は規定データ）",
        "JPY",
        default=None,
        ge=0,
        le=1e9,
    )
    cost_jpy_per_kw: float | None = column(
        "cost by capacity (empty: by the rule data)",
        "容量当たり費用（空欄は規定データ）",
        "JPY/kW",
        default=None,
        ge=0,
        le=1e8,
    )
    consent: float = column(
        "probability that the owner accepts panels", "施主が設置に同意する確率", "1", default=1.0, ge=0, le=1,
        meaning=Text("below 1 the plan counts on the mean, or with --certainty on the chance that enough owners accept",
                     "1未満の場合は期待値で算定し、--certainty 指定時は達成確率で算定する"),
    )  # fmt: skip
    slip: float = column(
        "probability that delivery slips into the next year", "供給が翌年度にずれる確率", "1", default=0.0, ge=0, le=1,
        meaning=Text("used for the years drawn at random, not for the plan",
                     "年度の模擬試算に用い、計画の算定には用いない"),
    )  # fmt: skip
    way_to_pay: Paid = column("way to pay for panels", "調達方法", default="decide", choices=PAID_NAMES,
        meaning=Text("decide: the plan chooses among the ways of --financing, the first of them where panels are "
                     "started or done; any other stays as stated",
                     "計画で判断：--financing で指定した方法から計画が選ぶ（着工・完成は最初に指定した方法）。"
                     "ほかは記載のとおり"),
    )  # fmt: skip
    parking_spaces: int = column("parking spaces", "駐車区画数", default=0, ge=0, le=100000)
    chargers: int = column("chargers installed", "充電設備（実装）", default=0, ge=0, le=100000)
    conduits: int = column("further spaces with conduit", "配管等のみ整備した区画", default=0, ge=0, le=100000)
    explained: bool = column("environmental performance explained", "環境性能の説明実施", default=False)


@dataclass(frozen=True)
class PortfolioForm:
    """The form that a supplier fills in."""

    title: Text
    row: type[Row]
    examples: tuple[Row, ...]

    def examples_in(self, language: Language) -> tuple[Row, ...]:
        """Return the worked rows with the names of a language."""
        return self.examples if language == "ja" else tuple(in_english(row) for row in self.examples)


#: Worked rows of the template.
EXAMPLES = (
    House(
        id="A-001",
        supplier="見本住宅",
        municipality="世田谷区",
        floor_area_m2=118,
        delivered_on=date(2025, 6, 30),
        face1_m2=30,
        face2_m2=14,
        face2_azimuth=90,
        ua=0.58,
        bei=0.84,
        parking_spaces=1,
        conduits=1,
        explained=True,
    ),
    House(
        id="A-002",
        supplier="見本住宅",
        municipality="千代田区",
        house_type="for_sale_detached",
        floor_area_m2=82,
        delivered_on=date(2025, 9, 30),
        face1_m2=15,
        solar_heat_option_gj=6,
        ua=0.7,
        bei=0.9,
        explained=True,
    ),
    House(
        id="A-003",
        supplier="見本住宅",
        municipality="町田市",
        house_type="for_sale_detached",
        floor_area_m2=98,
        delivered_on=date(2025, 12, 10),
        state="started",
        kw=4,
        max_kw=5.2,
        way_to_pay="purchase",
        ua=0.66,
        bei=0.88,
    ),
    House(id="A-004", supplier="見本住宅", role="existing_house", municipality="八王子市", max_kw=4),
)

FORM = PortfolioForm(
    Text("houses of a supplier for the allocation of panels", "太陽光パネル配置計画の住宅一覧"), House, EXAMPLES
)
