"""Existing large facilities (キャップ&トレード制度): the facts of one facility, year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from model.language import Text
from model.ordinance.energy_facts import EnergyColumns
from model.ordinance.programme import Row, column, row_fault

Kind = Literal["office", "district_plant", "factory"]
Recognition = Literal["none", "near_top_level", "top_level", "carbon_half"]
PowerLawRelief = Literal["none", "first_step", "second_step"]
RenewableSource = Literal["solar", "wind", "geothermal", "small_hydro", "other"]

KIND_NAMES = {
    "office": Text("office or the like", "オフィスビル等"),
    "district_plant": Text("district heating and cooling plant", "地域冷暖房施設"),
    "factory": Text("factory or the like", "工場等"),
}
RECOGNITION_NAMES = {
    "none": Text("none", "なし"),
    "near_top_level": Text("near top level", "準トップレベル事業所"),
    "top_level": Text("top level", "トップレベル事業所"),
    "carbon_half": Text("carbon half", "カーボンハーフ事業所"),
}
POWER_LAW_NAMES = {
    "none": Text("none", "なし"),
    "first_step": Text("first step", "緩和（小）"),
    "second_step": Text("second step", "緩和（大）"),
}
SOURCE_NAMES = {
    "solar": Text("solar", "太陽光"),
    "wind": Text("wind", "風力"),
    "geothermal": Text("geothermal", "地熱"),
    "small_hydro": Text("small hydro", "小水力"),
    "other": Text("other", "その他"),
}
#: Kinds of bought credits, their columns and names.
CREDIT_COLUMNS = {
    "excess_reduction": "excess_bought_t",
    "tokyo_small_mid": "tokyo_small_mid_t",
    "renewable": "renewable_t",
    "outside_tokyo": "outside_tokyo_t",
    "saitama_link": "saitama_t",
    "other_gas": "other_gas_t",
}
CREDIT_NAMES = {
    "excess_reduction": Text("excess reductions", "超過削減量"),
    "tokyo_small_mid": Text("small and mid facilities in Tokyo", "都内中小クレジット"),
    "renewable": Text("renewable energy", "再エネクレジット"),
    "outside_tokyo": Text("outside Tokyo", "都外クレジット"),
    "saitama_link": Text("Saitama", "埼玉連携クレジット"),
    "other_gas": Text("other gases", "その他ガス削減量"),
}


class _Identity(Row):
    """Whose year a row is about, and how the programme sees the facility."""

    facility: str = column("facility", "事業所", min_length=1)
    fiscal_year: int = column("fiscal year", "年度", ge=2000, le=2100)
    kind: Kind = column("kind of facility", "事業所の区分", default="office", choices=KIND_NAMES)
    district_share: float = column(
        "share of energy from district heating and cooling", "地域冷暖房等からの受入割合", default=0.0, ge=0, le=1
    )
    full_year: bool = column("ran all year", "通年稼働", default=True)
    sme_owned_share: float = column(
        "share owned by small and mid-size enterprises", "中小企業等の所有割合", default=0.0, ge=0, le=1
    )
    obliged_since: int | None = column(
        "first fiscal year of the reduction duty, if already determined",
        "削減義務開始年度（決定済みの場合）",
        default=None,
        ge=2010,
        le=2100,
    )
    base_t: float | None = column(
        "base emissions, if already determined (empty: as the year before)",
        "基準排出量（決定済みの場合。空欄は前年度と同じ）",
        "t-CO2",
        default=None,
        ge=0,
    )
    base_from: int | None = column(
        "first of the chosen base years (empty: the highest mean)",
        "基準年度の初年度（空欄は平均が最大の期間）",
        default=None,
        ge=2000,
        le=2100,
    )
    recognition: Recognition = column("recognition", "認定区分", default="none", choices=RECOGNITION_NAMES)
    power_law_relief: PowerLawRelief = column(
        "relief for users exempt from power limits", "電気事業法関連の緩和措置", default="none", choices=POWER_LAW_NAMES
    )
    crude_oil_kl: float | None = column(
        "energy, if already worked out", "原油換算エネルギー使用量（算定済みの場合）", "kL", default=None, ge=0
    )
    emissions_t: float | None = column(
        "emissions, if already worked out", "特定温室効果ガス排出量（算定済みの場合）", "t-CO2", default=None, ge=0
    )


class FacilityYear(EnergyColumns, _Identity):
    """One facility in one fiscal year: its standing, its energy and its credits."""

    unique: ClassVar[tuple[str, ...]] = ("facility", "fiscal_year")

    sold_t: float = column("excess reductions sold", "売却した超過削減量", "t-CO2", default=0.0, ge=0)
    excess_bought_t: float = column("excess reductions bought", "取得した超過削減量", "t-CO2", default=0.0, ge=0)
    tokyo_small_mid_t: float = column(
        "credits of small and mid facilities in Tokyo", "都内中小クレジット", "t-CO2", default=0.0, ge=0
    )
    renewable_t: float = column(
        "renewable energy credits, certified amount", "再エネクレジット（認証量）", "t-CO2", default=0.0, ge=0
    )
    renewable_source: RenewableSource = column(
        "source of the renewable credits", "再エネクレジットの電源", default="other", choices=SOURCE_NAMES
    )
    outside_tokyo_t: float = column("credits from outside Tokyo", "都外クレジット", "t-CO2", default=0.0, ge=0)
    saitama_t: float = column("credits from Saitama", "埼玉連携クレジット", "t-CO2", default=0.0, ge=0)
    other_gas_t: float = column("credits for other gases", "その他ガス削減量", "t-CO2", default=0.0, ge=0)

    @model_validator(mode="after")
    def _offices_only(self) -> Self:
        """Refuse a share of district supply for what is not an office: it would have no meaning."""
        if self.district_share > 0 and self.kind != "office":
            raise row_fault(
                Text(
                    "only offices and the like have a share of district supply",
                    "地域冷暖房等からの受入割合はオフィスビル等のみ記入してください",
                )
            )
        return self


@dataclass(frozen=True)
class Facility:
    """One facility with all its years."""

    name: str
    rows: Mapping[int, FacilityYear]

    @property
    def years(self) -> range:
        """All fiscal years from the first row to the last."""
        return range(min(self.rows), max(self.rows) + 1)

    @property
    def obliged_since(self) -> int | None:
        """First fiscal year of the duty where it has been determined."""
        return next((row.obliged_since for _, row in sorted(self.rows.items()) if row.obliged_since is not None), None)

    @property
    def base_from(self) -> int | None:
        """First of the chosen base years where the facility chose."""
        return next((row.base_from for _, row in sorted(self.rows.items()) if row.base_from is not None), None)

    def standing_in(self, year: int) -> FacilityYear:
        """Return the row that says how the facility stood in a year: its own, else the last before, else the next."""
        before = [one for one in self.rows if one <= year]
        return self.rows[max(before) if before else min(self.rows)]

    def given_base_t(self, year: int) -> float | None:
        """Return the determined base of a year: of the last row up to it that states one."""
        said = [one for one, row in self.rows.items() if one <= year and row.base_t is not None]
        return self.rows[max(said)].base_t if said else None


def facilities(rows: Sequence[FacilityYear]) -> list[Facility]:
    """Return the rows grouped by facility, in the order of first appearance."""
    groups: dict[str, dict[int, FacilityYear]] = {}
    for row in rows:
        groups.setdefault(row.facility, {})[row.fiscal_year] = row
    return [Facility(name, by_year) for name, by_year in groups.items()]
