"""Economics of panels on a home: the facts of one system; an empty assumption is the one of the rule data."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

from pydantic import model_validator

from model.faults import FaultList
from model.language import Text
from model.ordinance.programme import Row, column, row_fault
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics.equations import (
    PURCHASE,
    Assumptions,
    Financing,
    fee_at_cost_jpy,
    lease,
    power_purchase,
    price_at_cost_jpy_per_kwh,
    roof_rent,
    sale_right,
)

FinancingName = Literal["purchase", "lease", "power_purchase", "roof_rent", "sale_right"]

FINANCING_NAMES = {
    "purchase": Text("purchase", "自己購入"),
    "lease": Text("lease", "リース"),
    "power_purchase": Text("power purchase (PPA)", "電力販売（PPA）"),
    "roof_rent": Text("rented roof", "屋根貸し"),
    "sale_right": Text("transfer of the right to sell", "売電権の譲渡"),
}


class System(Row):
    """One home system; money of the year in which it is bought."""

    id: str = column("system", "番号", min_length=1)
    kw: float = column("capacity", "設置容量", "kW", gt=0)
    new: bool = column("on a new home", "新築", default=True)
    grant_jpy: float | None = column(
        "grant (empty: by the subsidy rules)", "補助額（空欄は補助制度により算定）", "JPY", default=None, ge=0
    )
    cost_jpy: float | None = column("initial cost", "初期費用", "JPY", default=None, ge=0)
    inverter_jpy: float | None = column("cost of a new inverter", "パワコン交換費", "JPY", default=None, ge=0)
    inspection_interval: int = column(
        "years between inspections (0: none)", "点検の間隔（0は計上しない）", default=0, ge=0, le=60
    )
    yield_kwh_per_kw: float | None = column("yield", "年間発電量", "kWh/kW", default=None, gt=0)
    self_use_share: float | None = column("share used at home", "自家消費割合", "1", default=None, ge=0, le=1)
    retail_jpy_per_kwh: float | None = column("price of electricity", "電気料金単価", "JPY/kWh", default=None, ge=0)
    fit_fiscal_year: int | None = column(
        "fiscal year of the fixed price (empty: as in the published example)",
        "FIT認定年度（空欄は公表例の年度）",
        default=None,
    )
    fit_jpy_per_kwh: float | None = column("fixed price of sale", "FIT売電単価", "JPY/kWh", default=None, ge=0)
    post_fit_jpy_per_kwh: float | None = column(
        "price of sale after the fixed price", "FIT終了後の売電単価", "JPY/kWh", default=None, ge=0
    )
    degradation: float | None = column("yearly loss of yield", "発電量の年劣化率", "1", default=None, ge=0, lt=1)
    discount_rate: float | None = column("discount rate", "割引率", "1", default=None, ge=0)
    financing: FinancingName = column("financing", "調達方法", default="purchase", choices=FINANCING_NAMES)
    contract_years: int | None = column("years of the contract", "契約年数", default=None, gt=0, le=60)
    yearly_fee_jpy: float | None = column(
        "lease fee a year (empty: at cost)", "年間リース料（空欄は原価相当）", "JPY", default=None, ge=0
    )
    price_jpy_per_kwh: float | None = column(
        "PPA price (empty: at cost)", "PPA単価（空欄は原価相当）", "JPY/kWh", default=None, ge=0
    )
    yearly_rent_jpy: float | None = column("rent of the roof a year", "年間屋根賃料", "JPY", default=None, ge=0)
    provider_return: float = column(
        "return of the provider at cost", "事業者の利回り（原価算定用）", "1", default=0, ge=0
    )
    takes_over: bool = column("system is transferred after the contract", "契約終了後の無償譲渡", default=True)

    @model_validator(mode="after")
    def _contract_is_complete(self) -> Self:
        """Refuse a contract without its length, or a rented roof without rent."""
        if self.financing != "purchase" and self.contract_years is None:
            raise row_fault(Text("fill in the years of the contract", "契約年数を記入してください"))
        if self.financing == "roof_rent" and self.yearly_rent_jpy is None:
            raise row_fault(Text("fill in the rent of the roof", "年間屋根賃料を記入してください"))
        return self


def assumptions_of(system: System, rules: Rules) -> Assumptions:
    """Return the assumptions of a system: those of the rule data, with what the row gives in their place."""
    standard = Assumptions.read(rules)
    given = {
        name: getattr(system, name)
        for name in (
            "yield_kwh_per_kw",
            "self_use_share",
            "retail_jpy_per_kwh",
            "post_fit_jpy_per_kwh",
            "degradation",
            "discount_rate",
        )
        if getattr(system, name) is not None
    }
    if system.fit_jpy_per_kwh is not None:
        given["fit_jpy_per_kwh"] = system.fit_jpy_per_kwh
    elif system.fit_fiscal_year is not None:
        given["fit_jpy_per_kwh"] = fixed_price(system.fit_fiscal_year, rules)
    if system.cost_jpy is not None:
        given |= {"cost_fixed_jpy": system.cost_jpy, "cost_jpy_per_kw": 0.0}
    if system.inverter_jpy is not None:
        given |= {"inverter_fixed_jpy": system.inverter_jpy, "inverter_jpy_per_kw": 0.0}
    return replace(standard, inspection_interval=system.inspection_interval, **given)


def fixed_price(fiscal_year: int, rules: Rules) -> float:
    """Return the fixed price of home systems approved in a fiscal year [JPY/kWh].

    Raises:
        BadInput: the rule data have no price for the year.
    """
    prices = {int(row["fiscal_year"]): float(row["value"]) for row in rules.value("fit_price")}
    if fiscal_year not in prices:
        faults = FaultList()
        faults.add(
            "fit_fiscal_year",
            Text(
                "the rule data have no fixed price for this year; fill in the price itself",
                "この年度のFIT単価は規定データにありません。単価を直接記入してください",
            ),
            fiscal_year,
            ", ".join(str(year) for year in sorted(prices)),
        )
        faults.raise_if_any()
    return prices[fiscal_year]


def financing_of(system: System, assumptions: Assumptions, grant_jpy: float) -> Financing:
    """Return the contract of a system; a fee or price that the row leaves open is the provider's cost and return."""
    years = system.contract_years or 0
    if system.financing == "purchase":
        return PURCHASE
    if system.financing == "lease":
        fee = system.yearly_fee_jpy
        if fee is None:
            fee = float(fee_at_cost_jpy(system.kw, assumptions, years, grant_jpy, system.provider_return))
        contract = lease(years, fee)
    elif system.financing == "power_purchase":
        price = system.price_jpy_per_kwh
        if price is None:
            price = float(price_at_cost_jpy_per_kwh(system.kw, assumptions, years, grant_jpy, system.provider_return))
        contract = power_purchase(years, price)
    elif system.financing == "roof_rent":
        contract = roof_rent(years, system.yearly_rent_jpy or 0.0)
    else:
        contract = sale_right(years)
    return replace(contract, takes_over=system.takes_over)
