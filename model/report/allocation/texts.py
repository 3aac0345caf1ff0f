"""The words of a panel plan: why each house gets what it gets, and what the plan as a whole comes to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.language import Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.heat import HEAT_BY_BITS, HEAT_NAMES
from model.optimise.solar_allocation.model import GREATEST
from model.optimise.solar_allocation.names import OBJECTIVE_NAMES, OBJECTIVE_UNITS, rule_name
from model.optimise.solar_allocation.verify import MOST_REPORTED
from model.optimise.solar_allocation.worth import Range
from model.ordinance.derivation import number, unit_name
from model.ordinance.solar_economics.facts import FINANCING_NAMES

#: Ends of a range that differ by less than this share are one number.
_ALIKE = 1e-4
#: Plans whose objectives differ by less than this share are equally good.
_SAME_VALUE = 1e-6

#: Houses up to which reasons are written out and the report's rows listed: more are for programs to read.
MOST_REASONS = MOST_REPORTED
SCHEME_NAMES = {
    "uniform": Text("uniform rate", "都内一律"),
    "by_zone": Text("rates by zone", "区域区分"),
}
STATUS_NAMES = {
    "optimal": Text("proven best", "最適（証明済み）"),
    "feasible": Text("best found in the time", "時間内の最良解"),
    "infeasible": Text("no plan keeps all rules", "全ての規定を満たす計画なし"),
    "no_solution": Text("nothing found in the time", "時間内に解なし"),
    "unbounded": Text("unbounded", "非有界"),
}

PROVEN_NAMES = {
    "rules": Text("proven against the rules as they stand", "規定そのものに対して証明"),
    "normal_form_only": Text(
        "proven against the normal approximation, by which the plan is checked too",
        "証明は正規近似に対するもの。計画の確率も正規近似で確認",
    ),
}


def status(found: Answer) -> Text:
    """Return what is known of the plan, and against what it is proven where that is not the rules themselves."""
    plan = found.plan
    name = STATUS_NAMES[plan.proof.status]
    if plan.proven == "rules":
        return name
    proven = PROVEN_NAMES[plan.proven]
    return Text(f"{name.en} ({proven.en})", f"{name.ja}（{proven.ja}）")


def why(found: Answer, house: int) -> Text:
    """Return in a sentence or two why a house gets what it gets, with its own economics."""
    houses = found.houses
    kw, unit = float(found.kw[house]), OBJECTIVE_UNITS[found.wishes.objective]
    largest = number(float(houses.largest_kw[house]), 2)
    parts: list[Text] = []
    if houses.fixed[house]:
        parts.append(
            Text(
                f"Already started or done: stays at {number(kw, 2)} kW.",
                f"着工・完成済みのため{number(kw, 2)}kWのまま。",
            )
        )
    elif found.portfolio.cells["restricted"][house]:
        parts.append(Text("Local building limits rule panels out.", "建築制限等により設置できません。"))
    elif houses.largest_kw[house] <= 0:
        parts.append(Text("The roof takes no panel.", "屋根にパネルを設置できません。"))
    elif kw <= 0:
        parts.append(
            Text(
                "No panels: no size is worth its price to the whole.", "設置なし：全体にとって見合う容量がありません。"
            )
        )
    elif kw >= houses.largest_kw[house] - 1e-9:
        parts.append(Text(f"{number(kw, 2)} kW: all that the roof takes.", f"{number(kw, 2)}kW：屋根の上限まで設置。"))
    else:
        parts.append(
            Text(f"{number(kw, 2)} kW of {largest} kW possible.", f"最大{largest}kWのうち{number(kw, 2)}kWを設置。")
        )
    parts += _next_size(found, house, unit)
    parts += _exclusion(found, house, unit)
    if found.heat[house]:
        parts.append(_heat(found, house))
    if kw > 0 or found.heat[house]:
        parts.append(_money(found, house))
    return Text(" ".join(part.en for part in parts), "".join(part.ja for part in parts))


def _next_size(found: Answer, house: int, unit: str) -> list[Text]:
    """Return what one size more would mean for the objective, and what the rules' prices would pay for it."""
    moved, paid = float(found.next_size[house]), float(found.next_size_worth[house])
    if not np.isfinite(moved) or found.houses.fixed[house]:
        return []
    name = OBJECTIVE_NAMES[found.wishes.objective]
    change, worth, ja = _signed(moved), number(paid, 1), unit_name(unit, "ja")
    if found.wishes.objective not in GREATEST and paid > moved > 0:
        # Prices are those of sizes that can be divided; in whole modules the rules are kept without this size.
        return [
            Text(
                f"One size more: {name.en} {change} {unit}, and the plan keeps all rules without it; at prices "
                f"as if panels could be divided it would be worth {worth} {unit}.",
                f"一段大きい容量では{name.ja}が{change}{ja}となり、これがなくても計画は全ての規定を満たします。"
                f"端数を許した場合の価格での価値は{worth}{ja}。",
            )
        ]
    words = Text(f"pay {worth} {unit} for it", f"価値は{worth}{ja}")
    if round(paid, 1) < 0:
        # A budget or the installers run short.
        charge = number(-paid, 1)
        words = Text(f"charge {charge} {unit} for it", f"負担は{charge}{ja}")
    return [
        Text(
            f"One size more: {name.en} {change} {unit}; the prices of the rules would {words.en}.",
            f"一段大きい容量では{name.ja}が{change}{ja}、規定の価格での{words.ja}。",
        )
    ]


def _signed(value: float) -> str:
    """Return a change with its sign."""
    return f"{'+' if value >= 0 else '−'}{number(abs(value), 1)}"


def _exclusion(found: Answer, house: int, unit: str) -> list[Text]:
    """Return what is said about leaving the house out of the count."""
    if found.left_out[house]:
        worth = claim_worth(found, house)
        if worth is None:
            return [Text("Left out of the count.", "算定から除外。")]
        shown = range_text(worth, unit)
        return [
            Text(f"Left out of the count; the claim is worth {shown.en}.", f"算定から除外（申出の価値は{shown.ja}）。")
        ]
    if found.houses.may_leave[house]:
        return [Text("Could be left out of the count, but counting it is better.", "除外も可能ですが算入が有利です。")]
    return []


def claim_worth(found: Answer, house: int) -> Range | None:
    """Return the proven range of what leaving a house out is worth, if anything is known of it."""
    if found.worth is None or np.isnan(found.worth.claim_low[house]):
        return None
    worth = Range(float(found.worth.claim_low[house]), float(found.worth.claim_high[house]))
    return worth if worth.low > 0 or np.isfinite(worth.high) else None


def range_text(worth: Range, unit: str, digits: int = 0) -> Text:
    """Return a proven range in words: one number where both ends round to it."""
    low, high, ja = number(worth.low, digits), number(worth.high, digits), unit_name(unit, "ja")
    if not np.isfinite(worth.low):
        return Text("more than the roofs take", "屋根の容量では対応不可")
    if not np.isfinite(worth.high) and worth.low <= 0:
        return Text("not known within the time", "時間内に算定できず")
    if not np.isfinite(worth.high):
        return Text(f"at least {low} {unit} (proven)", f"{low}{ja}以上（証明済み）")
    if low == high or worth.high - worth.low <= _ALIKE * abs(worth.high):
        return Text(f"{high} {unit}", f"{high}{ja}")
    return Text(f"{low} to {high} {unit} (proven)", f"{low}～{high}{ja}（証明済み）")


def _heat(found: Answer, house: int) -> Text:
    """Return what is said about heat that is added."""
    name = HEAT_NAMES[HEAT_BY_BITS[found.heat[house]]]
    kw = number(float(found.heat_kw[house]), 2)
    return Text(
        f"With {name.en}, counted as {kw} kW of heat in all.", f"{name.ja}を追加（熱利用は計{kw}kW相当として算入）。"
    )


def _money(found: Answer, house: int) -> Text:
    """Return the house's own economics."""
    way = FINANCING_NAMES[str(found.way[house]) or "purchase"]
    years = found.setting.economics.years
    paid, gain, grant = (number(float(one[house]), 0) for one in (found.outlay, found.benefit, found.grant))
    return Text(
        f"{way.en[:1].upper()}{way.en[1:]}: {paid} JPY at the start after a grant of {grant} JPY; "
        f"benefit over {years} years {gain} JPY.",
        f"{way.ja}：補助{grant}円を除く初期支出{paid}円、{years}年間の便益{gain}円。",
    )


def headline(found: Answer) -> Text:
    """Return what the plan comes to in one line."""
    equipped = int(np.sum(found.kw > 0))
    scheme = SCHEME_NAMES[str(found.plan.scheme)]
    counted, required = number(found.counted_kw, 1), number(found.required_kw, 1)
    refusable = np.any((found.houses.consent < 1) & (found.kw > 0))
    everyone = Text(" (if all accept)", "（全員同意の場合）") if refusable else Text("", "")
    return Text(
        f"{equipped:,} of {found.houses.size:,} houses, {number(float(found.kw.sum()), 1)} kW; "
        f"counted {counted} kW{everyone.en} for {required} kW required ({scheme.en})",
        f"{found.houses.size:,}棟中{equipped:,}棟・{number(float(found.kw.sum()), 1)}kW、"
        f"算入{counted}kW{everyone.ja}／基準{required}kW（{scheme.ja}）",
    )


def schemes_compared(found: Answer) -> Text | None:
    """Return how much better the chosen rate scheme is, as far as proven, and at which uniform rate both are alike."""
    outcomes = found.plan.outcomes
    if len(outcomes) < 2:
        return None
    best = found.plan.best
    other = next(one for name, one in outcomes.items() if name != found.plan.scheme)
    unit = OBJECTIVE_UNITS[found.wishes.objective]
    chosen, left = SCHEME_NAMES[best.model.scheme], SCHEME_NAMES[other.model.scheme]
    if other.finished.impossible:
        return Text(
            f"Under the {left.en} no plan keeps all rules.", f"{left.ja}では全ての規定を満たす計画がありません。"
        )
    planned, same = bool(other.finished.choice.size), _SAME_VALUE * abs(best.value)
    low = other.finished.bound - best.finished.cost
    high = other.finished.cost - best.finished.bound if planned else np.inf
    difference = other.finished.cost - best.finished.cost
    if planned and low >= -same and difference <= same:
        name = OBJECTIVE_NAMES[found.wishes.objective]
        again = Text(", and the houses that would then be left out,", "、算定除外する住宅を選び直せば")
        again = again if found.houses.may_leave.any() else Text("", "")
        return Text(
            f"With the {left.en}{again.en} {name.en} would be the same.",
            f"{left.ja}でも{again.ja}{name.ja}は{chosen.ja}と同じです。",
        )
    if low <= 0:
        return Text(
            f"With the {left.en} no better plan was found in the time; that there is none is not proven.",
            f"{left.ja}では時間内により良い計画が見つかりませんでした（存在しないことは証明していません）。",
        )
    by = range_text(Range(low, high), unit, 0 if unit == "JPY" else 2)
    first = Text(
        f"With the {chosen.en} the plan is better than with the {left.en} by {by.en}",
        f"{chosen.ja}は{left.ja}より{by.ja}有利です",
    )
    even = found.worth.even_rate if found.worth is not None else None
    if even is None:
        return Text(f"{first.en}.", f"{first.ja}。")
    lowest, highest = (number(100 * end, 0) for end in (even.low, even.high))
    return Text(
        f"{first.en}; the uniform rate would have to lie below {lowest} to {highest} % to be the better one.",
        f"{first.ja}。一律の算定基準率が{lowest}～{highest}％を下回ると一律が有利になります。",
    )


def remarks(found: Answer) -> list[Text]:
    """Return what a reader should know before trusting the plan: facts that are missing and defaults that were used."""
    lines: list[Text] = []
    unknown = found.plan.best.model.unknown_energy if found.plan.scheme else ()
    if unknown:
        names = [rule_name(f"energy.{one}") for one in unknown]
        en, ja = ", ".join(one.en for one in names), "、".join(one.ja for one in names)
        lines.append(
            Text(
                f"Not tested, as UA or BEI of some house is empty: {en}.",
                f"UA値又はBEI値が空欄の住宅があるため判定していません：{ja}。",
            )
        )
    refused = found.houses.new & (found.portfolio.cells["exclusion"] == "claim") & ~found.houses.must_leave
    if refused.any():
        count, ids = int(refused.sum()), [str(one) for one in found.portfolio.ids[refused][:10]]
        lines.append(
            Text(
                f"Counted although the list claims that they be left out, as they do not qualify: "
                f"{count:,} house{'s' if count > 1 else ''} ({', '.join(ids)}).",
                f"除外の申出がありますが要件を満たさないため算入しました：{count:,}棟（{'、'.join(ids)}）。",
            )
        )
    if found.out_of_scope:
        lines.append(
            Text(
                f"Outside this programme by floor area: {', '.join(found.out_of_scope[:10])}.",
                f"延床面積により本制度の対象外：{'、'.join(found.out_of_scope[:10])}。",
            )
        )
    stepped, widest = found.houses.in_steps
    if stepped:
        lines.append(
            Text(
                f"Sizes go in steps of up to {widest:,} modules on {stepped:,} houses, the full roof among them: "
                "the proof holds for these sizes.",
                f"{stepped:,}棟の容量は最大{widest:,}枚刻み（屋根の上限を含む）で選択しています。"
                "最適性の証明はこれらの容量に対するものです。",
            )
        )
    if (weather := found.setting.weather) is not None:
        lines.append(
            Text(
                f"Yields from the hourly weather in {Path(weather.source).name} by pvlib.",
                f"発電量は毎時気象データ（{Path(weather.source).name}）からpvlibで算定しています。",
            )
        )
    if found.portfolio.before:
        lines.append(
            Text(
                f"Planned so far by the plan before, as the list does not say: {found.portfolio.before:,} houses.",
                f"一覧に記載のない{found.portfolio.before:,}棟の計画済みの容量は、前回計画の値です。",
            )
        )
    asked = found.wishes.most_changes is not None or found.wishes.objective == "changes"
    if asked and not np.any(~np.isnan(found.houses.decided_kw) & ~found.houses.fixed):
        lines.append(
            Text(
                "No house that can still change states the capacity planned so far: nothing counts as a change.",
                "変更できる住宅に計画済みの容量の記載がないため、変更とみなすものはありません。",
            )
        )
    built = int(np.sum(found.houses.fixed & (found.kw > 0) & (found.houses.stated_way < 0)))
    if built and found.wishes.ways_to_pay != ("purchase",):
        way = FINANCING_NAMES[found.wishes.ways_to_pay[0]]
        lines.append(
            Text(
                f"{built:,} house{'s' if built > 1 else ''} started or done without a stated way to pay: "
                f"taken as {way.en}.",
                f"着工・完成で調達方法の記載がない{built:,}棟は{way.ja}とみなしました。",
            )
        )
    small = int(np.sum(found.houses.roof_unknown & ~found.houses.fixed))
    if small:
        lines.append(
            Text(
                f"{small:,} houses state no roof areas, so that their roofs cannot count as too small.",
                f"{small:,}棟は屋根面積の記載がなく、屋根面積による除外を判断できません。",
            )
        )
    if np.any((found.houses.consent < 1) & (found.kw > 0)):
        en = "The objective and the rules count each house by the probability of its owner's consent; the sums of money"
        ja = "目的値と規定の判定は同意の確率で重み付けし、金額の合計は全員が同意した場合の値です。"
        lines.append(Text(f"{en} are those if all accept.", ja))
    if found.houses.size > MOST_REASONS:
        lines.append(
            Text(
                f"With more than {MOST_REASONS:,} houses neither the rows of the report nor reasons are listed.",
                f"{MOST_REASONS:,}棟を超えるため、報告書の行と住宅別の理由は収録していません。",
            )
        )
    if found.wishes.certainty is not None:
        lines.append(
            Text(
                "The probability counts the limit of substitutes, too; energy is tested on expected consent.",
                "基準に達する確率には代替措置の上限も含み、省エネ基準は同意の期待値で判定しています。",
            )
        )
    return lines
