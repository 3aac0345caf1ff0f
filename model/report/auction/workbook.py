"""Tables of a cleared auction for people: award notice, one page a ward, bills by month, margins, rules, checks."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase.answer import Answer
from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.joint_purchase.build import present_bills, reference_bills
from model.optimise.joint_purchase.share import Sharing
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.optimise.joint_purchase.verify import Check
from model.optimise.procurement_data import FACILITY_CLASSES
from model.ordinance.municipalities import municipalities
from model.spreadsheet import Cell, Table

Sheets = dict[str, Table]

_WARD, _FACILITY, _NAME = Text("ward", "区"), Text("facility", "施設ID"), Text("facility name", "施設名")
_CLASS, _SUPPLIER, _BID = Text("class", "施設区分"), Text("supplier", "小売事業者"), Text("bid", "入札ID")
_ENERGY, _POWER = Text("energy [kWh/year]", "電力量 [kWh/年]"), Text("contract power [kW]", "契約電力 [kW]")
_BILL, _UNIT = Text("bill [JPY/year]", "電気料金 [円/年]"), Text("unit price [JPY/kWh]", "単価 [円/kWh]")
_OFFER, _SAVING = Text("stage-1 offer [JPY/year]", "第1段階提示額 [円/年]"), Text("saving [JPY/year]", "削減額 [円/年]")
_MONTHLY = (
    Text("award [JPY]", "落札料金 [円]"),
    Text("present contract [JPY]", "現契約の料金 [円]"),
    Text("reference tariff [JPY]", "参照料金 [円]"),
)
_SAVED = Text("saving against the present contract [JPY]", "現契約からの削減額 [円]")
_STEPS = Text("volume discount [JPY/year]", "数量割引 [円/年]")
_YES_NO = {True: Text("yes", "はい"), False: Text("no", "いいえ")}
_TOTAL = Text("total", "合計")
_YEN = Text("JPY", "円")
_COUNT = Text("facilities", "施設数")
_PRESENT = Text("present contract [JPY/year]", "現契約の料金 [円/年]")
_LOWER = Text("saving against it [JPY/year]", "現契約からの削減額 [円/年]")
#: What an award notice says of a contract's price.
_TARIFF = (
    Text("base charge [JPY/kW/month]", "基本料金単価 [円/kW/月]"),
    Text("energy charge, summer [JPY/kWh]", "夏季電力量料金単価 [円/kWh]"),
    Text("energy charge, other seasons [JPY/kWh]", "その他季電力量料金単価 [円/kWh]"),
    Text("power factor counts", "力率割引の適用"),
    Text("fuel adjustment included", "燃料費調整を含む"),
    Text("levy included", "再エネ賦課金を含む"),
    Text("discount on the bill [%]", "請求額の割引率 [%]"),
    Text("renewable share [%]", "再エネ比率 [%]"),
)
_FALLBACKS = {
    "(stage 1)": Text("own offer of stage 1", "第1段階の事業者"),
    "(last resort)": Text("last-resort supply", "最終保障供給"),
}

#: Statuses of a proof in words.
STATUSES = {
    "optimal": Text("proven best within the gap asked for", "求めた精度で最適と証明済み"),
    "feasible": Text("stopped by time, not proven to the gap asked for", "時間切れ、求めた精度では未証明"),
    "infeasible": Text("no award meets every rule", "全ての規則を満たす落札案なし"),
    "unbounded": Text("without bound", "下界なし"),
    "no_solution": Text("stopped with nothing in hand", "解なしで終了"),
}


def ward_name(code: str, language: Language) -> str:
    """Return the name of a ward."""
    place = municipalities()[code]
    return place.name_ja if language == "ja" else place.name_en


def supplier_name(found: Answer, facility: int, language: Language) -> str:
    """Return who supplies a facility, by name where there is one."""
    name = found.cleared.auction.suppliers[int(found.supplier[facility])]
    if name in _FALLBACKS:
        return _FALLBACKS[name](language)
    row = next(one for one in found.built.purchase.suppliers if one.id == name)
    return f"{name} {row.name}".strip()


def _headings(language: Language, *texts: Text) -> list[Cell]:
    return [text(language) for text in texts]


def award_sheets(found: Answer, checks: Sequence[Check], language: Language) -> Sheets:
    """Return the sheets of a cleared auction by name, in order."""
    sheets: Sheets = {
        Text("result", "結果概要")(language): summary(found, language),
        Text("award notice", "落札通知")(language): contracts(found, language),
        Text("facilities", "施設別落札結果")(language): notice(found, language),
        Text("wards", "区別集計")(language): wards(found, language),
        Text("bills by month", "月別料金比較")(language): months(found, language),
        Text("losing bids", "非落札入札")(language): losers(found, language),
        Text("rules and departures", "規則と離脱の影響")(language): what_if(found, language),
        Text("checks", "検証")(language): check_table(checks, language),
    }
    for code in found.built.purchase.wards:
        sheets[ward_name(code, language)[:31]] = ward_page(found, code, language)
    return sheets


def summary(found: Answer, language: Language) -> Table:
    """Return the award in a few lines."""
    proof, purchase = found.cleared.proof, found.built.purchase
    offers = sum(purchase.budgets.values())
    ties = {
        None: Text("equal offers settled by the rule; not proven for combinations of offers",
                   "同額の入札は規則で決定（組合せの同額案は未確認）"),
        True: Text("yes, settled by the rule", "あり（規則で決定）"),
        False: Text("none", "なし"),
    }[found.cleared.ties]  # fmt: skip
    rows: list[tuple[Text, Cell]] = [
        (Text("facilities", "施設数"), len(purchase.facilities)),
        (Text("bids admitted", "受付入札数"), int(found.built.admitted.sum())),
        (Text("all bills [JPY/year]", "料金総額 [円/年]"), float(round(found.total))),
        (Text("stage-1 offers [JPY/year]", "第1段階提示額の合計 [円/年]"), float(round(offers)) if offers else None),
        (Text("saving [JPY/year]", "削減額 [円/年]"), float(round(offers - found.total)) if offers else None),
        (Text("proven bound of the objective", "目的関数の下界（証明済み）"), proof.bound),
        (Text("objective", "目的関数"), proof.objective),
        (Text("gap [%]", "ギャップ [%]"), 100 * proof.gap),
        (Text("status", "状態"), STATUSES[proof.status](language)),
        (Text("seconds", "計算時間 [秒]"), round(proof.seconds, 2)),
        (Text("other awards at the same price", "同額の落札案"), ties(language)),
        (Text("rule for ties", "同額時の規則"), found.tie_rule(language)),
        (Text("facilities without a winning bid", "落札者のない施設数"), int(found.fallback.sum())),
        (Text("separate auctions", "独立した部分の数"), found.cleared.parts),
    ]
    if found.second is not None and found.second.award is not None:
        more = found.second.proof.objective - proof.objective
        rows.append((Text("second-best award: dearer by [objective]", "次善案との差 [目的関数]"), more))
    if found.second_range is not None:
        below, above = found.second_range
        rows += [
            (Text("second-best award: costs at least [objective]", "次善案の下限 [目的関数]"), below),
            (Text("second-best award: costs at most [objective]", "次善案の上限 [目的関数]"), above),
        ]
    return [
        _headings(language, Text("item", "項目"), Text("value", "値")),
        *([text(language), value] for text, value in rows),
    ]


def notice(found: Answer, language: Language) -> Table:
    """Return who supplies each facility by which bid and for how much."""
    purchase, auction = found.built.purchase, found.cleared.auction
    rows: list[list[Cell]] = [
        _headings(language, _WARD, _FACILITY, _NAME, _CLASS, _POWER, _ENERGY, _SUPPLIER, _BID, _BILL, _UNIT)
    ]
    for number, row in enumerate(purchase.facilities):
        bill, energy = float(found.yearly[number]), float(auction.energy[number])
        kind = FACILITY_CLASSES[row.facility_class](language)
        fallback = _FALLBACKS.get(found.bid[number])
        rows.append([
            ward_name(row.ward, language), row.id, row.name, kind, float(auction.power[number]), energy,
            supplier_name(found, number, language), fallback(language) if fallback else found.bid[number], bill,
            round(bill / energy, 2),
        ])  # fmt: skip
    return rows


def contracts(found: Answer, language: Language) -> Table:
    """Return each winning bid with its tariff and what it serves: what an award notice tells the bidders."""
    purchase, auction, won = found.built.purchase, found.cleared.auction, np.array(found.bid)
    rows: list[list[Cell]] = [_headings(language, _SUPPLIER, _BID, _COUNT, _POWER, _ENERGY, _BILL, *_TARIFF)]
    for bid in purchase.bids:
        mask = won == bid.id
        if mask.any():
            flags = [_YES_NO[one](language) for one in (bid.power_factor, bid.fuel_included, bid.levy_included)]
            rows.append([
                supplier_name(found, int(np.flatnonzero(mask)[0]), language), bid.id, int(mask.sum()),
                float(auction.power[mask].sum()), float(auction.energy[mask].sum()), float(found.yearly[mask].sum()),
                bid.base, bid.energy_summer, bid.energy_other, *flags, bid.discount, bid.renewable_share,
            ])  # fmt: skip
    return rows


def wards(found: Answer, language: Language) -> Table:
    """Return bills, offers and savings by ward."""
    purchase = found.built.purchase
    rows: list[list[Cell]] = [_headings(language, _WARD, _COUNT, _ENERGY, _POWER, _BILL, _OFFER, _SAVING, _UNIT)]
    for code in purchase.wards:
        rows.append(_ward_row(found, code, language))
    numbers = _sums(rows, 7)
    rows.append([_TOTAL(language), *numbers, round(numbers[3] / numbers[1], 2)])
    return rows


def _sums(rows: Sequence[Sequence[Cell]], columns: int) -> list[float]:
    """Return the sums of the columns after the first, without binary noise; cells without a number count nothing."""
    cells = [[row[column] for row in rows[1:]] for column in range(1, columns)]
    return [round(sum(float(cell) for cell in column if isinstance(cell, (int, float))), 2) + 0.0 for column in cells]


def _ward_row(found: Answer, code: str, language: Language) -> list[Cell]:
    purchase, mask = found.built.purchase, found.of_ward(code)
    bill, energy = float(found.yearly[mask].sum()), float(found.cleared.auction.energy[mask].sum())
    offer = purchase.budgets.get(code)
    saving = None if offer is None else offer - bill
    power = float(found.cleared.auction.power[mask].sum())
    return [ward_name(code, language), int(mask.sum()), energy, power, bill, offer, saving, round(bill / energy, 2)]


def months(found: Answer, language: Language) -> Table:
    """Return the bills of each ward by month: award, present contract where it is known, reference tariff."""
    purchase = found.built.purchase
    tables = (found.monthly, present_bills(purchase), reference_bills(purchase))
    headings: list[Cell] = [_WARD(language), Text("bill", "料金")(language), *_month_names(language)]
    rows: list[list[Cell]] = [[*headings, _STEPS(language), _TOTAL(language)]]
    parts = {ward_name(code, language): found.of_ward(code) for code in purchase.wards}
    for ward, mask in (parts | {_TOTAL(language): np.ones(len(found.yearly), dtype=np.bool_)}).items():
        # A volume discount belongs to the year, and to what is awarded alone.
        sums = [np.append(table[mask].sum(axis=0), 0.0) for table in tables]
        sums[0][-1] = found.steps[mask].sum()
        lines = [(name, values) for name, values in zip(_MONTHLY, sums, strict=True) if np.isfinite(values).all()]
        if np.isfinite(sums[1]).all():
            lines.append((_SAVED, sums[1] - sums[0]))
        for name, values in lines:
            rows.append([ward, name(language), *values.tolist(), float(values.sum())])
    return rows


def _month_names(language: Language) -> list[Cell]:
    """Return the months of the fiscal year, April first."""
    return [f"{month}月" if language == "ja" else calendar.month_abbr[month] for month in FISCAL_MONTHS]


def ward_page(found: Answer, code: str, language: Language) -> Table:
    """Return everything about one ward: its facilities with monthly bills, their sum, its offer and what it saves."""
    purchase = found.built.purchase
    headings = _headings(language, _FACILITY, _NAME, _SUPPLIER, _BID, _POWER, _ENERGY)
    headings += [f"{name} [{_YEN(language)}]" for name in _month_names(language)]
    headings += _headings(language, _STEPS, _BILL, _PRESENT, _LOWER)
    rows: list[list[Cell]] = [headings]
    present = present_bills(purchase).sum(axis=1)
    for number in np.flatnonzero(found.of_ward(code)).tolist():
        row = purchase.facilities[number]
        before, fallback = float(present[number]), _FALLBACKS.get(found.bid[number])
        known = isfinite(before)
        rows.append([
            row.id, row.name, supplier_name(found, number, language),
            fallback(language) if fallback else found.bid[number], float(purchase.contract_kw[number]),
            float(purchase.kwh[number].sum()), *found.monthly[number].tolist(), float(found.steps[number]),
            float(found.yearly[number]), before if known else None,
            before - float(found.yearly[number]) if known else None,
        ])  # fmt: skip
    sums = _sums([[*row[:1], *row[4:]] for row in rows], len(headings) - 3)
    # A sum over some of the facilities would pass for the ward's.
    whole = all(row[-1] is not None for row in rows[1:])
    rows.append([_TOTAL(language), None, None, None, *sums[:-2], *(sums[-2:] if whole else (None, None))])
    offer = purchase.budgets.get(code)
    if offer is not None:
        for name, amount in ((_OFFER, offer), (_SAVING, offer - float(found.yearly[found.of_ward(code)].sum()))):
            rows.append([name(language), *[None] * (len(headings) - 4), amount, None, None])
    return rows


def losers(found: Answer, language: Language) -> Table:
    """Return what each losing bid lacked, and why others were not admitted."""
    exact = {True: Text("cleared again", "再計算による"), False: Text("proven range", "証明された範囲")}
    rows: list[list[Cell]] = [
        _headings(
            language, _BID, _SUPPLIER,
            Text("lost by at least [JPY/year, or points × JPY]", "落札までの差額（下限）[円/年、総合評価では点×円]"),
            Text("lost by at most [JPY/year, or points × JPY]", "落札までの差額（上限）[円/年、総合評価では点×円]"),
            Text("found", "算定方法"),
        )
    ]  # fmt: skip
    by_id = {bid.id: bid for bid in found.built.purchase.bids}
    for one in found.margins:
        open_end = Text("not known", "不明") if isfinite(one.lost_by) else Text("cannot win", "落札不可")
        ends = [round(end, 2) if isfinite(end) else open_end(language) for end in (one.lost_by, one.at_most)]
        rows.append([one.bid, by_id[one.bid].supplier, *ends, exact[one.exact](language)])
    refused = Text("not admitted", "不受理")
    rows += [[bid, by_id[bid].supplier, reason, None, refused(language)] for bid, reason in found.built.refused.items()]
    return rows


def what_if(found: Answer, language: Language) -> Table:
    """Return what each rule costs and what it costs if a winner leaves."""
    rows: list[list[Cell]] = [
        _headings(language, Text("without", "無い場合"),
                  Text("the award would change by [JPY/year, or points × JPY]", "影響額 [円/年、総合評価では点×円]"),
                  Text("known within [%]", "精度 [%]"))
    ]  # fmt: skip
    unit = Text("rule costs [JPY/year]", "規則の費用 [円/年]")
    rows += [[f"{one.rule(language)} – {unit(language)}", round(one.cost), 100 * one.gap] for one in found.rules]
    gone = Text("dearer if this winner leaves [objective]", "この事業者が離脱した場合の増加 [目的関数]")
    rows += [[f"{one.supplier} – {gone(language)}", round(one.cost), 100 * one.gap] for one in found.departures]
    return rows


def check_table(checks: Sequence[Check], language: Language) -> Table:
    """Return the independent checks with what they found."""
    rows: list[list[Cell]] = [
        _headings(language, Text("check", "検証項目"), Text("holds", "適合"), Text("found", "指摘"))
    ]
    for one in checks:
        verdict = Text("yes", "適合") if one.holds else Text("NO", "不適合")
        rows.append([one.name(language), verdict(language), "\n".join(one.failures[:20])])
    return rows


def sharing_table(found: Sharing, bills: Mapping[str, float], language: Language) -> Table:
    """Return the saving of each ward by three divisions, what it pays and what changes hands."""
    headings = _headings(
        language, _WARD, _OFFER, Text("saves alone [JPY/year]", "単独での削減額 [円/年]"),
        Text("nucleolus [JPY/year]", "仁（nucleolus） [円/年]"),
        Text("Shapley value [JPY/year]", "シャープレイ値 [円/年]"),
        Text("standard error [JPY/year]", "標準誤差 [円/年]"),
        Text("in proportion [JPY/year]", "提示額比例 [円/年]"),
        Text("pays by the nucleolus [JPY/year]", "負担額（仁） [円/年]"),
        Text("bill of its contract [JPY/year]", "契約上の請求額 [円/年]"),
        Text("to pay to (+) or get from (−) the others [JPY/year]", "区間の調整額（＋支払、－受取） [円/年]"),
    )  # fmt: skip
    rows: list[list[Cell]] = [headings]
    inner, drawn, by_offer = (
        whole_yen(one) for one in (found.nucleolus.shares, found.shapley.shares, found.proportional)
    )  # fmt: skip
    for number, code in enumerate(found.wards):
        pays, error = float(found.offers[number]) - inner[number], float(found.shapley.standard_error[number])
        rows.append([
            ward_name(code, language), float(found.offers[number]), round(float(found.alone[number])), inner[number],
            drawn[number], round(error) if isfinite(error) else None, by_offer[number], pays, bills[code],
            pays - bills[code],
        ])  # fmt: skip
    totals: list[Cell] = [_TOTAL(language), *_sums(rows, 10)]
    totals[5] = None  # errors do not add up
    return [*rows, totals]


def whole_yen(amounts: FloatArray) -> list[int]:
    """Return amounts in whole yen that add up to their sum, rounded along the way [JPY]."""
    ends = [0, *(round(float(end)) for end in np.cumsum(amounts))]
    return [after - before for before, after in pairwise(ends)]
