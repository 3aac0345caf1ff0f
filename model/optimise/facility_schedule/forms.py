"""Templates of the tables that `schedule` reads, with worked rows."""

from __future__ import annotations

from typing import Final

from model.language import Text
from model.optimise.facility_schedule.rows import FacilityRow, LimitRow, MeasureRow, PathRow
from model.optimise.joint_purchase.forms import TableForm

#: Name of each template → its form.
FORMS: Final[dict[str, TableForm]] = {
    "facilities": TableForm(
        Text("facilities for a schedule of reductions", "削減計画の事業所一覧"),
        FacilityRow,
        (
            FacilityRow(
                id="見本ビル", owner="見本不動産", floor_area_m2=80000, roof_area_m2=1500, base_t=8200,
                electricity_mwh=11000, city_gas_1000m3=600, lighting_from=2009, air_conditioning_from=2012,
                heat_source_from=2010, shutdown_years="2028;2033;2038", done="bems_and_tuning",
            ),
            FacilityRow(
                id="見本モール", owner="見本不動産", building_use="shop", floor_area_m2=60000, roof_area_m2=6000,
                base_2004_t=9000, base_2005_t=9300, base_2006_t=9150, electricity_mwh=13000, city_gas_1000m3=350,
                lighting_from=2014, air_conditioning_from=2016, recognition="top_level",
            ),
            FacilityRow(
                id="見本工場", building_use="factory", kind="factory", floor_area_m2=30000, base_t=12000,
                electricity_mwh=14000, city_gas_1000m3=900, heavy_oil_a_kl=200, bank_t=1500,
            ),
        ),
    ),
    "measures": TableForm(
        Text("measures for a schedule of reductions", "削減計画の対策一覧"),
        MeasureRow,
        (
            MeasureRow(id="heat_recovery", name="排熱回収", building_use="factory", saving_fuel=0.12, unit_cost=4000,
                       life=15, lead_time=1, shutdown=True),
            MeasureRow(id="night_setback", name="夜間設定の見直し", saving_electricity=0.02, saving_fuel=0.02,
                       unit_cost=100, life=5, excludes="commissioning"),
        ),
    ),
    "schedule_paths": TableForm(
        Text("assumptions by year for a schedule of reductions", "削減計画の年度別前提"),
        PathRow,
        (
            PathRow(year=2025, electricity_price=25, excess_price=1500, excess_sale_price=1200, certificate_price=0.4,
                    budget=900_000_000),
            PathRow(year=2030, excess_price=4300, excess_sale_price=3440, certificate_price=0.9, rate_offices=0.6,
                    rate_factories=0.58),
            PathRow(year=2040, electricity_price=27, excess_price=10000, excess_sale_price=8000, rate_offices=0.8,
                    rate_factories=0.78),
        ),
    ),
    "owner_limits": TableForm(
        Text("budgets and works of owner groups for a schedule", "削減計画の所有者グループ別予算・施工件数"),
        LimitRow,
        (
            LimitRow(owner="見本不動産", year=2025, budget_jpy=600_000_000, works=2),
            LimitRow(owner="見本不動産", year=2030, budget_jpy=900_000_000),
            LimitRow(owner="見本工場", year=2025, works=1),
        ),
    ),
}  # fmt: skip
