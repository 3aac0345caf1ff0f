"""Economics of panels on a home: each question, answered with its working and every assumption behind it."""

from __future__ import annotations

from math import isfinite

from model.language import Text
from model.ordinance.derivation import Finding, Verdict, Working, number
from model.ordinance.exact import ratio
from model.ordinance.joint_purchase.equations import co2_saving_t
from model.ordinance.rulebook import Rules
from model.ordinance.solar_economics.equations import (
    PURCHASE,
    Assumptions,
    benefit,
    cost_of_system,
    expense,
    generation_kwh,
    income_per_kwh,
    payback_years,
    sale_per_kwh,
    saving_per_kwh,
)
from model.ordinance.solar_economics.facts import FINANCING_NAMES, System, assumptions_of, financing_of
from model.ordinance.subsidies.equations import PanelGrant, panel_grant_jpy


def grant_of(system: System, rules: Rules) -> float:
    """Return the grant for a system [JPY]: as given, or by the rules of subsidies under the same rule set and day."""
    if system.grant_jpy is not None:
        return system.grant_jpy
    return float(panel_grant_jpy(system.kw, PanelGrant.read(rules.beside("subsidies"), system.new)))


def cost(system: System, rules: Rules) -> Finding:
    """Return what the household pays at the start when it buys the system [JPY]."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    fixed, per_kw = assumptions.cost_fixed_jpy, assumptions.cost_jpy_per_kw
    price = sheet.step(
        Text("initial cost", "初期費用"),
        f"{number(fixed)} + {number(system.kw)} × {number(per_kw)}"
        if fixed
        else f"{number(system.kw)} × {number(per_kw)}",
        float(cost_of_system(system.kw, assumptions)),
        "JPY",
    )
    grant = sheet.step(Text("grant", "補助額"), "", grant_of(system, sheet.rules), "JPY")
    net = sheet.step(
        Text("cost after the grant", "補助後の初期費用"),
        f"{number(price)} − {number(grant)}",
        max(price - grant, 0.0),
        "JPY",
    )
    question = Text("What does the system cost?", "初期費用はいくらか")
    return sheet.finding("cost", question, Verdict.FOR_INFORMATION, net, "JPY")


def income(system: System, rules: Rules) -> Finding:
    """Return the income of a year with the fixed price, and of a later year [JPY]; loss of yield left aside."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    generation = sheet.step(
        Text("generation", "年間発電量"),
        f"{number(system.kw)} × {number(assumptions.yield_kwh_per_kw)}",
        float(generation_kwh(system.kw, assumptions.yield_kwh_per_kw)),
        "kWh",
    )
    use = sheet.rules.number("household_consumption")
    sheet.step(
        Text("against the electricity of an average household", "一般家庭の年間電力消費量との比"),
        f"{number(generation)} ÷ {number(use)}",
        100 * ratio(generation, use),
        "%",
    )
    used = f"{number(generation)} × {number(assumptions.self_use_share)}"
    sold = f"{number(generation)} × {number(1 - assumptions.self_use_share)}"
    saving = sheet.step(
        Text("saved by use at home", "自家消費による節約"),
        f"{used} × {number(assumptions.retail_jpy_per_kwh)}",
        generation * saving_per_kwh(assumptions),
        "JPY",
    )
    early = sheet.step(
        Text(f"sold in years 1 to {assumptions.fit_years}", f"売電収入（1～{assumptions.fit_years}年目）"),
        f"{sold} × {number(assumptions.fit_jpy_per_kwh)}",
        generation * sale_per_kwh(assumptions, fixed_price=True),
        "JPY",
    )
    late = sheet.step(
        Text("sold in later years", f"売電収入（{assumptions.fit_years + 1}年目以降）"),
        f"{sold} × {number(assumptions.post_fit_jpy_per_kwh)}",
        generation * sale_per_kwh(assumptions, fixed_price=False),
        "JPY",
    )
    sheet.step(Text("income of a later year", "固定価格終了後の年間収入"), "", saving + late, "JPY")
    question = Text("Income of a year with the fixed price", "固定価格期間の年間収入")
    return sheet.finding("income", question, Verdict.FOR_INFORMATION, saving + early, "JPY")


def payback(system: System, rules: Rules) -> Finding:
    """Return the years after which the initial cost, less the grant, is back."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    grant = grant_of(system, sheet.rules)
    question = Text("When is the initial cost back?", "初期費用は何年で回収できるか")
    years = [
        _years_step(sheet, text, float(payback_years(system.kw, assumptions, money)))
        for text, money in (
            (Text("without a grant", "補助なし"), 0.0),
            (Text("with the grant", "補助あり"), grant),
        )
    ]
    if sheet.rules.stated("payback_years_2025"):
        sheet.step(
            Text(
                "printed at the start of the obligation (about; with a grant)",
                "義務化開始時の報道値（補助あり・約）",
            ),
            "",
            sheet.rules.number("payback_years_2025"),
            "years",
        )
    return sheet.finding("payback", question, Verdict.FOR_INFORMATION, years[1], "years" if years[1] else "")


def _years_step(sheet: Working, text: Text, years: float) -> float | None:
    """Write down a number of years, or that the cost does not come back."""
    if isfinite(years):
        return sheet.step(text, "", years, "years")
    sheet.step(text, "", Text("never", "回収できない"))
    return None


def horizons(rules: Rules) -> list[int]:
    """Return the horizons over which the documents state a benefit [years]."""
    return sorted(int(str(key).removesuffix("y")) for key in rules.value("net_benefit"))


def benefit_over(system: System, years: int, rules: Rules) -> Finding:
    """Return the net benefit over a horizon with the grant [JPY]."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    early, late = _incomes(system, assumptions, years)
    fixed, per_kw = expense(assumptions, years)
    upkeep = float(fixed.sum() + system.kw * per_kw.sum())
    grant = grant_of(system, sheet.rules)
    first = min(years, assumptions.fit_years)
    sheet.step(Text(f"income of years 1 to {first}", f"1～{first}年目の収入"), "", early, "JPY")
    sheet.step(Text(f"income of the years to {years}", f"{years}年目までのその後の収入"), "", late, "JPY")
    sheet.step(Text("new inverters and inspections", "パワコン交換・点検"), "", upkeep, "JPY")
    if assumptions.discount_rate > 0:
        sheet.step(Text("discounted at", "割引率"), "", 100 * assumptions.discount_rate, "%")
    bare, granted = (float(benefit(years, system.kw, assumptions, money)) for money in (0.0, grant))
    spent = float(cost_of_system(system.kw, assumptions))
    sheet.step(
        Text("benefit without a grant", "経済的メリット（補助なし）"),
        f"{number(early)} + {number(late)} − {number(spent)} − {number(upkeep)}",
        bare,
        "JPY",
    )
    sheet.step(
        Text("benefit with the grant", "経済的メリット（補助あり）"),
        f"{number(bare)} + {number(granted - bare)}",
        granted,
        "JPY",
    )
    question = Text(f"Benefit over {years} years", f"{years}年間の経済的メリット")
    return sheet.finding(f"benefit_{years}", question, Verdict.FOR_INFORMATION, granted, "JPY")


def _incomes(system: System, assumptions: Assumptions, years: int) -> tuple[float, float]:
    """Return the income of the years with the fixed price and of the years after them [JPY], undiscounted."""
    generation = float(generation_kwh(system.kw, assumptions.yield_kwh_per_kw))
    by_year = generation * income_per_kwh(assumptions, years)
    return float(by_year[: assumptions.fit_years].sum()), float(by_year[assumptions.fit_years :].sum())


def carbon(system: System, rules: Rules) -> Finding:
    """Return the CO2 that a year's generation avoids [t-CO2], and the cedar forest that takes up as much."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    generation = float(generation_kwh(system.kw, assumptions.yield_kwh_per_kw))
    factor = sheet.rules.number("emission_factor_implied")
    avoided = sheet.step(
        Text("generation × factor", "発電量×排出係数"),
        f"{number(generation)} × {number(factor)} ÷ 1,000",
        float(co2_saving_t(generation, factor)),
        "t-CO2",
    )
    same = sheet.rules.value("co2_equivalent_4kw")
    share = system.kw / sheet.rules.number("capacity")
    sheet.step(Text("cedar forest that takes up as much", "同量を吸収するスギ林"), "", share * same["forest_m2"], "m²")
    question = Text("CO₂ avoided in a year", "年間CO₂削減量")
    return sheet.finding("carbon", question, Verdict.FOR_INFORMATION, avoided, "t-CO2")


def financing(system: System, years: int, rules: Rules) -> Finding:
    """Return the benefit over a horizon under the row's contract [JPY], beside that of buying the system."""
    sheet = Working.under(rules)
    assumptions = assumptions_of(system, sheet.rules)
    grant = grant_of(system, sheet.rules)
    contract = financing_of(system, assumptions, grant)
    name = FINANCING_NAMES[system.financing]
    sheet.step(Text(f"contract: {name.en}", f"契約：{name.ja}"), "", contract.years, "years")
    if contract.fee_jpy:
        text = Text("fee a year", "年間リース料") if contract.fee_jpy > 0 else Text("rent a year", "年間屋根賃料")
        sheet.step(text, "", abs(contract.fee_jpy), "JPY")
    if contract.price_jpy_per_kwh:
        sheet.step(Text("price of what is used", "使用電力の単価"), "", contract.price_jpy_per_kwh, "JPY/kWh")
    bought = float(benefit(years, system.kw, assumptions, grant, PURCHASE))
    sheet.step(Text("benefit of buying the system", "自己購入の場合の経済的メリット"), "", bought, "JPY")
    gained = sheet.step(
        Text("benefit under the contract, without initial cost", "契約による経済的メリット（初期費用なし）"),
        "",
        float(benefit(years, system.kw, assumptions, grant, contract)),
        "JPY",
    )
    question = Text(f"{name.en.capitalize()}: benefit over {years} years", f"{name.ja}：{years}年間の経済的メリット")
    return sheet.finding("financing", question, Verdict.FOR_INFORMATION, gained, "JPY")
