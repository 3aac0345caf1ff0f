"""The table of a schedule's studies: rule sets side by side, regret over futures, the market and its past."""

from __future__ import annotations

from model.language import Language, Text
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.studies import Market, PastMarket
from model.report.schedule.tables import Answer, Rows, head
from model.report.schedule.words import RULE_SET_NAMES


def studies(answer: Answer, language: Language) -> Rows:
    """Return rule sets side by side, regret, and the market, as far as they were asked for."""
    rows: Rows = [
        head(language, ("study", "分析"), ("case", "ケース"), ("item", "項目"), ("value", "値"), ("unit", "単位"))
    ]
    compare = Text("rule sets", "ルールセット比較")(language)
    for name, one in answer.compared.items():
        case = RULE_SET_NAMES[name](language)
        rows.append([compare, case, Text("own cost", "計画の費用")(language), float(round(one.cost)), "JPY"])
        rows.append(
            [compare, case, Text("emissions", "排出量")(language), round(float(one.amounts.emissions_t.sum())), "t-CO2"]
        )
        for p, number in enumerate(one.problem.period_numbers):
            item = Text(f"mean rate of reduction, period {number}", f"第{number}計画期間の平均削減義務率")
            rows.append([compare, case, item(language), _mean_rate(one, p), "%"])
    if answer.regret is not None:
        title, found = Text("regret", "リグレット")(language), answer.regret
        for number, (price, points) in enumerate(found.futures):
            case = _future(price, points)(language)
            rows.append(
                [
                    title,
                    case,
                    Text("cost of the plan made for it", "当該前提の計画の費用")(language),
                    float(round(float(found.cost[number, number]))),
                    "JPY",
                ]
            )
            worst = Text("its greatest regret elsewhere", "他の前提での最大リグレット")
            rows.append([title, case, worst(language), float(round(float(found.regret[number].max()))), "JPY"])
        price, points = found.futures[found.steadiest]
        steady = Text("least greatest regret: plan made for this", "最大リグレットが最小となる計画")
        least = float(round(float(found.regret[found.steadiest].max())))
        rows.append([title, _future(price, points)(language), steady(language), least, "JPY"])
        if not found.regret.any():
            same = Text("the same works are best in every future", "どの前提でも同じ対策工事が最良")
            rows.append([title, Text("all", "全て")(language), same(language), None, ""])
    if answer.market is not None:
        title = Text("market of all facilities", "全事業所間の取引市場")(language)
        for p, number in enumerate(answer.market.periods):
            for text, value, unit in (
                (Text("excess", "超過削減量"), float(answer.market.excess_t[p]), "t-CO2"),
                (
                    Text("shortfall before trade and recognition", "取引・認定前の義務不足量"),
                    float(answer.market.short_t[p]),
                    "t-CO2",
                ),
                (Text("price that clears", "需給均衡価格"), float(answer.market.price[p]), "JPY/t-CO2"),
            ):
                rows.append([title, _period(number)(language), text(language), round(value, 1), unit])
            rows.append([title, _period(number)(language), _balance(answer.market, p)(language), None, ""])
    if answer.past is not None:
        rows += _past_rows(answer.past, language)
    return rows


def _period(number: int) -> Text:
    """Return the name of a compliance period."""
    return Text(f"period {number}", f"第{number}計画期間")


def _balance(market: Market, period: int) -> Text:
    """Return whether a period has a shortage or a glut, and what that means for the price."""
    excess, short, price = (float(one[period]) for one in (market.excess_t, market.short_t, market.price))
    if excess < short:
        return Text("shortage: other credits cover the rest and set the price",
                    "不足：残りは他のクレジットで充当し、その価格が均衡価格となる")  # fmt: skip
    if price <= 0:
        return Text("glut: a tonne is worth nothing", "余剰：1トンの価値はゼロ")
    return Text(
        "more excess than shortfall; a tonne keeps its price since excess counts in the next period too and not all of "
        "it may be handed over",
        "超過削減量が不足量を上回るが、次期への繰越と移転の上限があるため価格は残る",
    )


def _mean_rate(found: Schedule, period: int) -> float:
    """Return the mean rate of reduction of a period, weighted by base emissions [%]."""
    years = found.problem.period == period
    base = found.problem.base_t[:, years]
    return round(100 * float((base * found.problem.rate[:, years]).sum() / base.sum()), 2)


def _future(price: float, points: float) -> Text:
    """Return the name of a future."""
    return Text(
        f"{price:,.0f} JPY/t-CO2, rates {100 * points:+g} points",
        f"{price:,.0f}円/t-CO2、義務率{100 * points:+g}ポイント",
    )


def _past_rows(past: PastMarket, language: Language) -> Rows:
    """Return the second period beside what was published."""
    title = Text("second period from published inputs", "第2計画期間の再現（公表値から）")(language)
    ours, theirs = Text("worked out", "試算")(language), Text("published", "公表値")(language)
    return [
        [title, ours, Text("excess", "超過削減量")(language), round(past.excess_kt, 1), "kt-CO2"],
        [title, theirs, Text("excess", "超過削減量")(language), past.published_excess_kt, "kt-CO2"],
        [title, ours, Text("shortfall", "義務不足量")(language), round(past.short_kt, 1), "kt-CO2"],
        [title, theirs, Text("shortfall", "義務不足量")(language), past.published_short_kt, "kt-CO2"],
        [title, ours, Text("facilities short", "不足事業所の割合")(language), round(100 * past.short_share, 1), "%"],
        [title, theirs, Text("facilities that used credits", "クレジット等を利用した事業所の割合")(language),
         round(100 * past.published_short_share, 1), "%"],
        [title, ours, Text("mean rate implied", "示唆される平均義務率")(language), round(100 * past.mean_rate, 2), "%"],
        [title, Text("why", "理由")(language), _why(past)(language), None, ""],
    ]  # fmt: skip


def _why(past: PastMarket) -> Text:
    """Return why the period had so much more excess than shortfall."""
    excess, rate = f"{100 * (1 - past.published_short_share):.0f}", f"{100 * past.mean_rate:.1f}"
    return Text(
        f"published reductions lay far above the mean rate of {rate} % that published totals imply (less than the 17 "
        f"and 15 % of the rules, since many facilities have reliefs): {excess} % of the facilities met their duty by "
        "themselves, and those that fell short were short of little. What is left of a difference comes from the "
        "spread of reductions over facilities, which is not published and is drawn here; excess less shortfall is as "
        "published",
        f"公表された削減率が、公表総量から逆算される平均義務率{rate}％（緩和措置を受ける事業所が多く、規定の17％・15％"
        f"より低い）を大きく上回り、{excess}％の事業所は自らの対策で義務を達成し、不足した事業所の不足量もわずかだった"
        "ため。公表値との残差は、事業所ごとの削減率の分布が未公表で仮定によることから生じる（超過量と不足量の差は公表値"
        "に一致）",
    )
