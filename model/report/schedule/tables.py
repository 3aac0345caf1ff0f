"""Tables of a schedule: summary, the plan by facility and year, periods, works, credits, worth, warnings, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from model.language import Language, Text, fiscal_year
from model.optimise.facility_schedule.abatement import abatement
from model.optimise.facility_schedule.inputs import Settings, Tables
from model.optimise.facility_schedule.ledger import whole_kilograms
from model.optimise.facility_schedule.problem import RENEWABLES, FloatArray
from model.optimise.facility_schedule.remedy import Remedy
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.studies import Market, PastMarket, Regret
from model.optimise.facility_schedule.tables import measure_name
from model.optimise.facility_schedule.verify import Certificate
from model.ordinance.cap_and_trade.facts import CREDIT_NAMES
from model.ordinance.rule_sources import rule_sources
from model.ordinance.rule_words import QUALITY_NAMES, rule_words, value_lines
from model.ordinance.rulebook import Parameter, RuleSet
from model.report.schedule.words import RULE_SET_NAMES, rule_term
from model.spreadsheet import Cell

Rows = list[list[Cell]]

#: Excess from which on it is worth a warning that it expires: less is what rounding to kilograms leaves [t-CO2].
_WORTH_A_WARNING_T = 0.01
COST_NAMES = {
    "works": Text("works, renewals, value left", "対策工事・更新・残存価値"),
    "energy": Text("energy and yearly costs against no measures", "エネルギー費等の増減（対策なし比）"),
    "renewables": Text("certificates and green menus", "再エネ証書・メニュー"),
    "credits": Text("credits bought", "クレジット購入"),
    "orders": Text("left to an order", "削減命令への対応"),
    "sales": Text("excess sold", "超過削減量の売却"),
}
RENEWABLE_NAMES = dict(
    zip(RENEWABLES, (Text("certificates", "再エネ証書"), Text("green menu", "再エネメニュー")), strict=True)
)
STATUS_NAMES = {
    "optimal": Text("proven within the gap asked", "要求精度で最適性を証明"),
    "feasible": Text("found, gap larger than asked", "実行可能解（要求精度に未達）"),
    "infeasible": Text("a duty cannot be met", "義務を履行できない計画期間あり"),
}


@dataclass(frozen=True)
class Answer:
    """Everything that is told about a schedule.

    Args:
        schedule: the schedule.
        tables: what it was made from.
        settings: the user's decisions.
        certificate: the second look.
        compared: own cost and emissions under each rule set, if asked for.
        regret: plans in other futures, if asked for.
        market: the market of all facilities, if asked for; past: the second period from published inputs.
        remedy: the fewest credits, the least money or the least limit that mend what cannot be, if anything cannot.
    """

    schedule: Schedule
    tables: Tables
    settings: Settings
    certificate: Certificate
    compared: Mapping[RuleSet, Schedule] = field(default_factory=dict)
    regret: Regret | None = None
    market: Market | None = None
    past: PastMarket | None = None
    remedy: Remedy | None = None


def head(language: Language, *names: tuple[str, str]) -> list[Cell]:
    """Return the headings of a table."""
    return [Text(en, ja)(language) for en, ja in names]


def summary(answer: Answer, language: Language) -> Rows:
    """Return the answer in a few lines."""
    found, proof = answer.schedule, answer.schedule.proof
    problem = found.problem
    rows: Rows = [head(language, ("item", "項目"), ("value", "値"), ("unit", "単位"))]

    def add(en: str, ja: str, value: Cell, unit: str = "") -> None:
        rows.append([Text(en, ja)(language), value, unit])

    add("facilities", "事業所数", problem.facilities)
    years = f"{fiscal_year(int(problem.years[0]), language)} – {fiscal_year(int(problem.years[-1]), language)}"
    add("years", "対象年度", years)
    add("status", "状態", status_of(answer)(language))
    add("own cost, present value", "計画の費用（現在価値）", float(round(found.cost)), "JPY")
    for name, value in found.costs.items():
        rows.append([f"  {COST_NAMES[name](language)}", float(round(value)), "JPY"])
    unit, charged = "t-CO2" if problem.aim == "emissions" else "JPY", changes_charged(found)
    if charged:
        add("charges for changes against the plan before, not paid", "前回計画からの変更に対する負担（支払なし）",
            float(round(found.charged_for_changes)), "JPY")  # fmt: skip
        add("cost and charges", "費用と変更負担の計", float(round(found.cost + found.charged_for_changes)), "JPY")
    if np.isfinite(proof.gap):
        if charged:
            add("no plan can have lower cost and charges than", "費用と変更負担の計の証明された下限",
                float(round(float(proof.bound))), unit)  # fmt: skip
        else:
            add("no plan can be better than", "証明された下限", float(round(float(proof.bound))), unit)
        add("gap", "差", round(100 * float(proof.gap), 4), "%")
    rate = float(answer.tables.paths.at("discount_rate", problem.years[0]))
    add("discount rate", "割引率", round(100 * rate, 4), "%/year")
    add("seconds", "計算時間", round(proof.seconds, 1), "s")
    add("emissions over all years", "全年度の排出量", round(float(found.amounts.emissions_t.sum())), "t-CO2")
    first = problem.base_t.sum(axis=0)
    last = 1.0 - found.amounts.emissions_t.sum(axis=0)[-1] / first[-1]
    add("reduction against the base in the last year", "最終年度の基準排出量比削減率", round(100 * float(last), 2), "%")
    add("works", "対策件数", int(sum((starts >= 0).sum() for starts in found.starts)))
    if any(work.planned is not None for own in problem.works for work in own):
        add("changes against the plan before", "前回計画からの変更件数", found.changes)
    add("second look by the programme's own rules", "制度の算定式による検証", _second_look(answer)(language))
    if answer.settings.fallback:
        add("rules taken from another rule set", "他のルールセットから引用した規定",
            len(_taken_over(answer)))  # fmt: skip
    missing = float(found.amounts.missing_t.sum())
    if missing > 0:
        add("not covered in this plan", "この計画で充足されない量", round(missing, 3), "t-CO2")
    return rows


def _second_look(answer: Answer) -> Text:
    """Return what the second look found; a plan that says what it does not cover is right and still no compliance."""
    if not answer.certificate.holds:
        return Text("does not agree", "不一致あり")
    if (answer.certificate.uncovered_t > 0).any():
        return Text("agrees; duties are not met as stated", "一致（記載のとおり義務の未充足あり）")
    return Text("agrees; every duty is met", "一致（全計画期間で義務を履行）")


def changes_charged(found: Schedule) -> bool:
    """Say whether changes against a plan before are charged."""
    return any(work.planned is not None and work.change > 0 for own in found.problem.works for work in own)


def status_of(answer: Answer) -> Text:
    """Return what is known of the schedule, in words."""
    status = answer.schedule.proof.status
    if status == "infeasible" and answer.remedy is not None and answer.remedy.cost is not None:
        return Text(
            "the limit on cost cannot be kept; this is the cheapest plan",
            "費用の上限を守れない（最小費用の計画を表示）",
        )
    return STATUS_NAMES.get(status, Text(status, status))


def plan_form(answer: Answer, language: Language) -> Rows:
    """Return the plan in the shape of the form that facilities file: a row a facility and year."""
    found, problem = answer.schedule, answer.schedule.problem
    rows: Rows = [head(
        language, ("facility", "事業所"), ("fiscal year", "年度"), ("compliance period", "計画期間"),
        ("base emissions [t-CO2]", "基準排出量 [t-CO2]"), ("rate of reduction [1]", "削減義務率 [1]"),
        ("emissions allowed [t-CO2]", "排出上限量 [t-CO2]"),
        ("emissions before renewables [t-CO2]", "再エネ調達前排出量 [t-CO2]"),
        ("certificates [MWh]", "再エネ証書 [MWh]"), ("green menu [MWh]", "再エネメニュー [MWh]"),
        ("emissions [t-CO2]", "排出量 [t-CO2]"), ("reduction [t-CO2]", "削減量 [t-CO2]"),
        ("reduction against the base [1]", "基準排出量比削減率 [1]"), ("works of the year", "当年度の対策"),
        ("paid for works [JPY]", "対策工事費 [JPY]"), ("carbon half", "カーボンハーフ認定"),
    )]  # fmt: skip
    names = _names(answer, language)
    comma, renewal = Text(", ", "、")(language), Text(" (renewal)", "（更新）")(language)
    before = [whole_kilograms(plan.raw_emissions_t) for plan in found.plans]
    for f, facility in enumerate(problem.names):
        own = list(zip(problem.works[f], found.starts[f].tolist(), strict=True))
        for y, year in enumerate(problem.years):
            base, emitted = float(problem.base_t[f, y]), float(found.amounts.emissions_t[f, y])
            works = [names[w.measure] for w, s in own if s == y]
            works += [f"{names[w.measure]}{renewal}" for w, s in own if 0 <= s < y and (y - s) % w.life == 0]
            rate = float(problem.rate[f, y])
            rows.append([
                facility, int(year), problem.period_numbers[problem.period[y]], base, rate, base * (1 - rate),
                float(before[f][y]),
                *(float(found.amounts.renewable_mwh[o, f, y]) for o in range(len(RENEWABLES))),
                emitted, round(base - emitted, 3), round(1 - emitted / base, 4), comma.join(works),
                float(round(found.plans[f].paid[y])),
                Text("chosen", "選択")(language) if found.amounts.recognised[f, y] else "",
            ])  # fmt: skip
    return rows


def periods(answer: Answer, language: Language) -> Rows:
    """Return the balance of each facility and period: duty, excess, bank and expiry, credits, what is left."""
    found, problem, amounts = answer.schedule, answer.schedule.problem, answer.schedule.amounts
    columns = (
        (Text("reduction owed", "削減義務量"), problem.required_t()),
        (Text("excess", "超過削減量"), amounts.excess_t),
        (Text("shortfall", "義務不足量"), amounts.short_t),
        (Text("forgiven by recognition as carbon half", "カーボンハーフ認定による免除"), amounts.forgiven_t),
        (Text("kept from the period before, used", "前期繰越の充当"), amounts.kept_t),
        (Text("kept from the period before, expired", "前期繰越の失効"), amounts.expired_t),
        (Text("received from own facilities", "自社他事業所から受入"), amounts.received_t),
        (Text("given to own facilities", "自社他事業所へ移転"), amounts.given_t),
        (Text("sold", "売却"), amounts.sold_by_period(problem)),
        (Text("credits of the period", "当期クレジット"), amounts.bought_t),
        (Text("credits kept", "繰越クレジット"), amounts.bought_kept_t),
        (Text("credits from outside Tokyo", "都外クレジット"), amounts.outside_t + amounts.outside_kept_t),
        (Text("left to an order", "削減命令"), amounts.ordered_t),
        (Text("not covered", "未充足"), amounts.missing_t),
    )
    rows: Rows = [[*head(language, ("facility", "事業所"), ("compliance period", "計画期間")),
                   *(f"{name(language)} [t-CO2]" for name, _ in columns),
                   Text("worth of a tonne [JPY/t-CO2]", "1トンの価値 [JPY/t-CO2]")(language),
                   Text("met", "履行")(language)]]  # fmt: skip
    for f, facility in enumerate(problem.names):
        for p, number in enumerate(problem.period_numbers):
            worth = float(found.worth[f, p])
            met = answer.certificate.uncovered_t[f, p] <= 0
            rows.append([facility, number, *(round(float(values[f, p]), 3) for _, values in columns),
                         None if np.isnan(worth) else round(worth, 1),
                         (Text("yes", "○") if met else Text("no", "×"))(language)])  # fmt: skip
    return rows


def worth(answer: Answer, language: Language) -> Rows:
    """Return what one tonne less in the last year of each period saves each facility; empty where nothing fixes it."""
    problem, unit = answer.schedule.problem, "JPY/t-CO2"
    named = [(f"period {number} [{unit}]", f"第{number}期 [{unit}]") for number in problem.period_numbers]
    rows: Rows = [head(language, ("facility", "事業所"), *named)]
    for facility, values in zip(problem.names, answer.schedule.worth, strict=True):
        rows.append([facility, *(None if np.isnan(one) else float(round(one)) for one in values.tolist())])
    return rows


def works(answer: Answer, language: Language) -> Rows:
    """Return every work with its year, in the form that `--previous` reads again."""
    found, problem = answer.schedule, answer.schedule.problem
    names = _names(answer, language)
    rows: Rows = [["facility", "measure", "fiscal_year", "name", "cost_jpy"]]
    for f, facility in enumerate(problem.names):
        for work, start in zip(problem.works[f], found.starts[f], strict=True):
            if start >= 0:
                year = int(problem.years[start])
                rows.append([facility, work.measure, year, names[work.measure], round(float(work.cost[start]))])
    return rows


def works_list(answer: Answer, language: Language) -> Rows:
    """Return every work as people read it: what is done where and when, and what it costs; first years first."""
    rows: Rows = [head(language, ("fiscal year", "年度"), ("facility", "事業所"), ("measure", "対策"),
                        ("cost [JPY]", "工事費 [JPY]"), ("life [years]", "耐用年数 [年]"),
                        ("renewed in", "更新年度"))]  # fmt: skip
    found, problem = answer.schedule, answer.schedule.problem
    names, last = _names(answer, language), int(problem.years[-1])
    for f, facility in enumerate(problem.names):
        for work, start in zip(problem.works[f], found.starts[f], strict=True):
            if start >= 0:
                year = int(problem.years[start])
                again = ", ".join(str(one) for one in range(year + work.life, last + 1, work.life))
                cost = float(round(float(work.cost[start])))
                rows.append([year, facility, names[work.measure], cost, work.life, again])
    return [rows[0], *sorted(rows[1:], key=lambda row: (str(row[0]), str(row[1])))]


def credits(answer: Answer, language: Language) -> Rows:
    """Return what credits to buy, by kind and period."""
    problem = answer.schedule.problem
    rows: Rows = [head(language, ("kind of credit", "クレジットの種類"), ("compliance period", "計画期間"),
                        ("tonnes that count [t-CO2]", "充当量 [t-CO2]"),
                        ("certified tonnes to buy [t-CO2]", "購入量（認証量） [t-CO2]"),
                        ("price of a certified tonne [JPY/t-CO2]", "認証量当たり価格 [JPY/t-CO2]"))]  # fmt: skip
    for kind, amount in answer.schedule.amounts.purchase_t.items():
        credit = problem.credits[kind]
        certified, price = credit.certified_t(amount), credit.price * credit.counts
        for p, number in enumerate(problem.period_numbers):
            if amount[p] > 0:
                rows.append([CREDIT_NAMES[kind](language), number, float(amount[p]), float(certified[p]),
                             round(float(price[p]), 1)])  # fmt: skip
    return rows


def warnings(answer: Answer, language: Language) -> Rows:
    """Return warnings: what expires, what is not covered, what the second look found."""
    problem, amounts = answer.schedule.problem, answer.schedule.amounts
    rows: Rows = [head(language, ("warning", "注意"), ("facility", "事業所"), ("compliance period", "計画期間"),
                        ("amount [t-CO2]", "量 [t-CO2]"))]  # fmt: skip
    expires = Text("excess kept from the period before expires unused", "前計画期間からの繰越分が未使用のまま失効")
    missing = Text("duty not covered: money or credits are short", "義務不足が解消されない（予算又はクレジット不足）")

    def greatest_first(text: Text, values: FloatArray) -> Rows:
        places = np.argsort(-values, axis=None, kind="stable")[: int((values > 0).sum())]
        found = [divmod(int(place), problem.periods) for place in places]
        return [[text(language), problem.names[f], problem.period_numbers[p], float(values[f, p])] for f, p in found]

    rows += greatest_first(missing, amounts.missing_t)
    rows += [[fault(language), None, None, None] for fault in answer.certificate.faults]
    rows += [[remark(language), facility or None, None, None] for facility, remark in answer.tables.remarks]
    if taken := _taken_over(answer):
        rows.append([_not_known(answer, taken)(language), None, None, None])
    if (cap := answer.settings.seller_cap) is not None:
        assumed = Text(
            f"that reductions up to {100 * cap:g} % of the base can be sold and given to own facilities is assumed by "
            "you, not taken from a rule",
            f"削減量のうち基準排出量の{100 * cap:g}％までを売却・自社移転可能とする点は、規定ではなく利用者の仮定",
        )
        rows.append([assumed(language), None, None, None])
    expired = greatest_first(expires, amounts.expired_t * (amounts.expired_t >= _WORTH_A_WARNING_T))
    if expired and (closed := _not_saleable(answer)) is not None:
        rows.append([closed(language), None, None, None])
    return rows + expired


def _not_saleable(answer: Answer) -> Text | None:
    """Return a sentence on periods whose rates reach the cap on sale, so that excess can only be kept; None if none."""
    problem = answer.schedule.problem
    cap = problem.practice.seller_cap_share
    if cap is None:
        return None
    closed = [bool((problem.issue_rate[:, problem.period == p] >= cap).all()) for p in range(problem.periods)]
    numbers = [number for number, shut in zip(problem.period_numbers, closed, strict=True) if shut]
    if not numbers:
        return None
    return Text(
        f"reductions beyond {100 * cap:.0f} % of the base can neither be sold nor given to own facilities, so that no "
        f"excess can in periods with rates at or above it: {', '.join(map(str, numbers))}",
        f"基準排出量の{100 * cap:.0f}％を超える削減量は売却・自社他事業所への移転ができないため、義務率がこれ以上の"
        f"計画期間の超過削減量は繰越のみ可能：第{'・'.join(map(str, numbers))}期",
    )


def _taken_over(answer: Answer) -> list[Parameter]:
    """Return the rules that the rule set does not give and that another one had to supply."""
    taken = {used.parameter.id: used.parameter for used in answer.schedule.problem.notes["used"] if used.fallback}
    return list(taken.values())


def _not_known(answer: Answer, taken: Sequence[Parameter]) -> Text:
    """Return a sentence on the rules that another rule set had to supply."""
    ours = RULE_SET_NAMES[answer.settings.rule_set]
    theirs = {one.rule_set: RULE_SET_NAMES[one.rule_set] for one in taken}
    named = [", ".join(rule_term(one, "en") for one in taken), "、".join(rule_term(one, "ja") for one in taken)]
    return Text(
        f"rules not known {ours.en}, taken {' and '.join(name.en for name in theirs.values())}: {named[0]}",
        f"{ours.ja}で未確認のため{'・'.join(name.ja for name in theirs.values())}から引用した規定：{named[1]}",
    )


def measures(answer: Answer, language: Language) -> Rows:
    """Return cost and tonnes of every measure alone, cheapest tonne first (MACC of the portfolio)."""
    names = _names(answer, language)
    rows: Rows = [head(language, ("measure", "対策"), ("tonnes over the plan [t-CO2]", "計画全体の削減量 [t-CO2]"),
                        ("cost of a tonne [JPY/t-CO2]", "1トン当たり費用 [JPY/t-CO2]"))]  # fmt: skip
    return rows + [
        [names[one.measure], float(round(one.tonnes)), float(round(one.per_tonne))]
        for one in abatement(answer.schedule)
    ]


def rules_used(answer: Answer, language: Language) -> Rows:
    """Return the rules used, with source and quality, and whether they come from another rule set."""
    rows: Rows = [head(language, ("rule", "規定"), ("value", "値"), ("unit of the rule", "値の単位"),
                        ("rule set", "ルールセット"), ("source", "出典"), ("quality", "品質"),
                        ("taken from another rule set", "他のルールセットから引用"))]  # fmt: skip
    for used in answer.schedule.problem.notes["used"]:
        one = used.parameter
        taken = Text("yes", "はい")(language) if used.fallback else ""
        rows.append([rule_term(one, language), value_lines(one.value, language), rule_words(one.unit)(language),
                     RULE_SET_NAMES[one.rule_set](language), rule_sources()[one.source_id].citation,
                     QUALITY_NAMES[one.quality](language),
                     taken])  # fmt: skip
    return rows


def _names(answer: Answer, language: Language) -> dict[str, str]:
    """Return measure → its name."""
    ids: Sequence[str] = list({work.measure for own in answer.schedule.problem.works for work in own})
    return {one: measure_name(one, answer.tables.measures)(language) for one in ids}
