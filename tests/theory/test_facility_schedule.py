"""Schedules of tiny portfolios against exhaustive search, and the properties that any schedule has."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedule_cases import PRACTICES, YEARS, announced, tiny
from scipy.optimize import linprog

from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.problem import Limit, Practice, Problem, Recognition, Work

#: Two facilities and five years rounded up to whole kilograms, at most some 15 kg, at no more than 9,000 JPY a tonne.
#: Certificates, renewables and levels of recognition are in whole kilograms in the problem itself, so in its bound too.
ROUNDED = 140.0
SETTINGS = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def by_hand(problem: Problem, f: int, starts: tuple[int, ...], y: int) -> tuple[float, float, float]:
    """Energy of one facility and year, worked out one measure at a time: grid MWh, emissions, cost in JPY."""
    works = [w for w, s in zip(problem.works[f], starts, strict=True) if 0 <= s <= y]
    power, gas = problem.energy[f, 0] * problem.growth[f, y], problem.energy[f, 1] * problem.growth[f, y]
    for w in works:
        power, gas = power * (1 - w.saving[0]), gas * (1 - w.saving[1])
    extra = 0.0
    for w in works:
        extra += gas * w.fuel_replaced * w.electricity_per_fuel[1]
        gas *= 1 - w.fuel_replaced
    power += extra
    power -= min(power, sum(w.generation_mwh for w in works))
    grid, premium = power, 0.0
    for w in works:
        premium += grid * w.off_site_share * w.off_site_premium
        grid *= 1 - w.off_site_share
    emitted = grid * problem.factor[f, 0, y] + gas * problem.factor[f, 1, y]
    cost = power * problem.price[0, y] + gas * problem.price[1, y] + premium + sum(w.annual_cost for w in works)
    return grid, emitted, cost


def outlays(problem: Problem, work: Work, start: int) -> dict[int, float]:
    return {y: (work.cost[y] if y == start else work.renewal_cost) for y in range(start, YEARS, work.life)}


def exhaustive(problem: Problem) -> float:
    """The least cost over every choice of years, with trade solved for each."""
    d, best = problem.discount, np.inf
    pairs = [(f, i) for f, own in enumerate(problem.works) for i in range(len(own))]
    options = [[-1, *[int(y) for y in np.flatnonzero(problem.works[f][i].allowed)]] for f, i in pairs]
    base_cost = sum(d[y] * by_hand(problem, f, (-1,) * len(problem.works[f]), y)[2]
                    for f in range(problem.facilities) for y in range(YEARS))  # fmt: skip
    for choice in product(*options):
        starts = [
            tuple(s for (g, _), s in zip(pairs, choice, strict=True) if g == f) for f in range(problem.facilities)
        ]
        if not _legal(problem, starts):
            continue
        cost = -base_cost
        for f, own in enumerate(starts):
            for i, s in enumerate(own):
                if s >= 0:
                    paid = outlays(problem, problem.works[f][i], s)
                    last = max(paid)
                    left = max(0.0, 1 - (YEARS - last) / problem.works[f][i].life) * paid[last]
                    cost += sum(d[y] * money for y, money in paid.items()) - d[YEARS] * left
        use = [[by_hand(problem, f, starts[f], y) for y in range(YEARS)] for f in range(problem.facilities)]
        cost += sum(d[y] * use[f][y][2] for f in range(problem.facilities) for y in range(YEARS))
        best = min(best, cost + _trade(problem, use))
    return best


def _legal(problem: Problem, starts: list[tuple[int, ...]]) -> bool:
    spent, begun = np.zeros((problem.facilities, YEARS)), np.zeros((problem.facilities, YEARS))
    for f, own in enumerate(starts):
        for i, s in enumerate(own):
            if s < 0:
                continue
            work = problem.works[f][i]
            if work.requires >= 0 and not 0 <= own[work.requires] <= s:
                return False
            if any(own[other] >= 0 for other in work.excludes):
                return False
            begun[f, s] += 1
            for y, money in outlays(problem, work, s).items():
                spent[f, y] += money
    if np.any(spent.sum(axis=0) > problem.budget + 1e-6) or np.any(begun.sum(axis=0) > problem.capacity):
        return False
    return all(
        np.all(spent[one.members].sum(axis=0) <= one.budget + 1e-6)
        and np.all(begun[one.members].sum(axis=0) <= one.capacity)
        for one in problem.owner_limits
    )


def _trade(problem: Problem, use: list[list[tuple[float, float, float]]]) -> float:
    """Least cost of certificates and credits for given works: one linear program for every pattern of signs."""
    cells = list(product(range(problem.facilities), range(2)))
    free = problem.renewable_cut.any()
    patterns = product((True, False), repeat=len(cells)) if free else [None]
    group = range(2) if problem.practice.transfer and problem.practice.sale and problem.facilities > 1 else range(1)
    sells = list(product((True, False), repeat=2)) if len(group) == 2 else [None]
    offer = problem.recognition
    offered = [] if offer is None else [tuple(one) for one in np.argwhere(offer.forgiven_t > 0).tolist()]
    chosen = [
        {one for one, is_in in zip(offered, picked, strict=True) if is_in}
        for picked in product((True, False), repeat=len(offered))
    ]
    return min(
        _trade_lp(problem, use, pattern, sell, half) for pattern, sell, half in product(list(patterns), sells, chosen)
    )


def _trade_lp(
    problem: Problem,
    use: list,
    pattern: tuple[bool, ...] | None,
    sells: tuple[bool, bool] | None,
    half: set[tuple[int, int]],
) -> float:
    F, d, pr = problem.facilities, problem.discount, problem.practice
    amounts = ("kept", "bought", "bk", "out", "ok", "given", "got", "ord", "exc", "short", "half")
    names: list[tuple] = [(n, f, p) for n in amounts for f in range(F) for p in range(2)]  # fmt: skip
    names += [("sold", f, n) for f in range(F) for n in range(len(problem.slots))]
    names += [("cert", f, y) for f in range(F) for y in range(YEARS)]
    names += [("buy", k, p) for k in problem.credits for p in range(2)]
    at = {name: i for i, name in enumerate(names)}
    c, upper = np.zeros(len(names)), np.full(len(names), np.inf)
    rows: list[tuple[dict, float]] = []
    end = (2, 4)
    limited = {"outside_tokyo"} if pr.outside_share is not None else set()
    for k, credit in problem.credits.items():
        for p in range(2):
            c[at["buy", k, p]], upper[at["buy", k, p]] = d[end[p]] * credit.price[p], credit.supply[p]
    for f in range(F):
        for y in range(YEARS):
            c[at["cert", f, y]] = d[y] * problem.renewable_price[0, y]
            upper[at["cert", f, y]] = use[f][y][0] if problem.renewable_cut.any() else 0.0
    for f in range(F):
        for p in range(2):
            usable = np.isfinite(problem.order_price[p])
            c[at["ord", f, p]] = d[end[p]] * pr.order_multiplier * problem.order_price[p] if usable else 0.0
            upper[at["ord", f, p]] = np.inf if usable else 0.0
    for p in range(2):
        kept_on = [("bk", 1)] if p == 0 else []
        ordinary = {at["bought", f, p]: 1.0 for f in range(F)} | {
            at[n, f, q]: 1.0 for n, q in kept_on for f in range(F)
        }
        outside = {at["out", f, p]: 1.0 for f in range(F)} | {at["ok", f, q]: 1.0 for _, q in kept_on for f in range(F)}
        rows.append((ordinary | {at["buy", k, p]: -1.0 for k in problem.credits if k not in limited}, 0.0))
        rows.append((outside | {at["buy", k, p]: -1.0 for k in limited}, 0.0))
        if F > 1:
            rows.append(({at["got", f, p]: 1.0 for f in range(F)} | {at["given", f, p]: -1.0 for f in range(F)}, 0.0))
        for f in range(F):
            years = [y for y in range(YEARS) if problem.period[y] == p]
            base = problem.base_t[f, 0]
            n = len(years) + (2 if p == 0 else 0)
            past = problem.past_emissions_t[f] if p == 0 else 0.0
            owed = sum(base * problem.rate[f, y] for y in years) + (problem.past_required_t[f] if p == 0 else 0.0)
            less = sum(problem.recognition.forgiven_t[f, y] for y in years if (f, y) in half) if half else 0.0
            upper[at["half", f, p]] = less
            for y in years:
                if (f, y) in half:
                    cut = {at["cert", f, y]: -problem.renewable_cut[0, f, y]}
                    rows.append((cut, problem.recognition.level_t[f, y] - use[f][y][1]))
            held_back = sum(base * (problem.issue_rate[f, y] - problem.rate[f, y]) for y in years)
            fixed = n * base - past - sum(use[f][y][1] for y in years) - owed
            cuts = {at["cert", f, y]: problem.renewable_cut[0, f, y] for y in years}
            plus = fixed >= 0 if pattern is None else pattern[f * 2 + p]
            if plus:
                upper[at["short", f, p]] = 0.0
                rows.append(({i: -v for i, v in cuts.items()}, fixed))
                if pattern is None:
                    upper[at["exc", f, p]] = max(fixed - held_back, 0.0)
                else:
                    rows.append(({at["exc", f, p]: 1.0} | {i: -v for i, v in cuts.items()}, fixed - held_back))
            else:
                upper[at["exc", f, p]] = 0.0
                rows.append(({at["short", f, p]: -1.0} | {i: -v for i, v in cuts.items()}, fixed))
            cover = {at[m, f, p]: -1.0 for m in ("kept", "bought", "bk", "out", "ok", "got", "ord", "half")}
            rows.append(({at["short", f, p]: 1.0} | cover, 0.0))
            sold = {at["sold", f, i]: 1.0 for i, s in enumerate(problem.slots) if s.period == p}
            held = sold | {at["given", f, p]: 1.0, at["exc", f, p]: -1.0}
            rows.append((held | ({at["kept", f, 1]: 1.0} if p == 0 else {}), 0.0))
            rows.append(({at["out", f, p]: 1.0, at["ok", f, p]: 1.0}, (pr.outside_share or 0.0) * (owed - less)))
            if p == 0:
                upper[at["kept", f, 0]] = problem.bank_t[f]
                upper[at["bk", f, 0]] = upper[at["ok", f, 0]] = 0.0
            if not pr.banking:
                for m in ("kept", "bk", "ok"):
                    upper[at[m, f, p]] = 0.0
            if F == 1 or not pr.transfer:
                upper[at["given", f, p]] = upper[at["got", f, p]] = 0.0
            _slot_rows(problem, use, f, p, at, rows, upper)
        if sells is not None:
            if sells[p]:
                for m, f in product(("bought", "bk", "out", "ok", "ord"), range(F)):
                    upper[at[m, f, p]] = 0.0
            else:
                for f in range(F):
                    for i, s in enumerate(problem.slots):
                        if s.period == p:
                            upper[at["sold", f, i]] = 0.0
    for i, slot in enumerate(problem.slots):
        for f in range(F):
            c[at["sold", f, i]] = -d[slot.year] * slot.price
    matrix, limits = np.zeros((len(rows), len(names))), np.array([limit for _, limit in rows])
    for r, (entries, _) in enumerate(rows):
        for i, value in entries.items():
            matrix[r, i] += value
    if np.any(upper < 0):
        return np.inf
    answer = linprog(c, matrix, limits, bounds=list(zip(np.zeros(len(names)), upper, strict=True)), method="highs")
    return float(answer.fun) if answer.status == 0 else np.inf


def _slot_rows(problem: Problem, use: list, f: int, p: int, at: dict, rows: list, upper: np.ndarray) -> None:
    cap = problem.practice.seller_cap_share
    base, so_far = problem.base_t[f, 0], {}
    numbers = [i for i, s in enumerate(problem.slots) if s.period == p]
    for i in numbers:
        years = [y for y in range(YEARS) if problem.period[y] == p][: problem.slots[i].results]
        reductions = [base - use[f][y][1] for y in years]
        counted = sum(r if cap is None else min(r, cap * base) for r in reductions)
        owed = sum(base * problem.issue_rate[f, y] for y in years)
        if p == 0:
            past = problem.past_base_t[f] - problem.past_emissions_t[f]
            counted += past if cap is None else min(past, cap * problem.past_base_t[f])
            owed += problem.past_required_t[f]
        so_far = so_far | {at["sold", f, i]: 1.0}
        taken = so_far | ({at["given", f, p]: 1.0} if i == numbers[-1] else {})
        rows.append((taken, max(0.0, counted - owed)))


@pytest.mark.slow
@SETTINGS
@given(st.integers(0, 10**6), PRACTICES)
def test_equals_exhaustive_search_with_trade(seed: int, practice: Practice) -> None:
    problem = tiny(seed, (2, 1), practice, certificates=False)
    expected = exhaustive(problem)
    whole = solve_schedule(problem, gap=0.0, method="whole")
    assert whole.amounts.missing_t.sum() == 0
    assert whole.cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    apart = solve_schedule(problem, gap=1e-6)
    assert apart.proof.bound <= expected + 1e-6 * abs(expected) + 1.0
    assert apart.cost >= expected - 1e-6 * abs(expected) - ROUNDED


# One facility keeps more than it needs and another one of the same owner buys: the one does not stand for the other.
def test_an_owner_sells_nothing_while_one_of_its_facilities_buys() -> None:
    problem = tiny(30, (2, 1), announced(early_sale=False), certificates=False)
    found = solve_schedule(problem, gap=0.0, method="whole")
    amounts = found.amounts
    bought = amounts.bought_t + amounts.bought_kept_t + amounts.outside_t + amounts.outside_kept_t + amounts.ordered_t
    sold = amounts.sold_by_period(problem)
    assert np.minimum(bought.sum(axis=0), sold.sum(axis=0)).max() == 0.0
    assert found.cost == pytest.approx(exhaustive(problem), rel=1e-6)


@pytest.mark.slow
@SETTINGS
@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([None, 1 / 3]))
def test_equals_exhaustive_search_with_certificates(seed: int, banking: bool, outside: float | None) -> None:
    practice = announced(banking=banking, transfer=False, sale=False, seller_cap_share=None, outside_share=outside)
    problem = tiny(seed, (2,), practice, certificates=True)
    expected = exhaustive(problem)
    whole = solve_schedule(problem, gap=0.0, method="whole")
    assert whole.cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    apart = solve_schedule(problem, gap=1e-6)
    assert apart.proof.bound <= expected + 1e-6 * abs(expected) + ROUNDED
    assert apart.cost >= expected - 1e-6 * abs(expected) - ROUNDED


def halved(problem: Problem, seed: int) -> Problem:
    """Recognition on offer in two years, at levels that works or certificates may reach or not."""
    draw = np.random.default_rng(seed + 7)
    level, forgiven = np.zeros(problem.base_t.shape), np.zeros(problem.base_t.shape)
    for f in range(problem.facilities):
        for y in draw.choice(YEARS, 2, replace=False):
            level[f, y] = problem.base_t[f, y] * draw.uniform(0.3, 0.9)
            forgiven[f, y] = problem.base_t[f, y] * problem.rate[f, y]
    return problem.changed(recognition=Recognition(level, forgiven))


@pytest.mark.slow
@SETTINGS
@given(st.integers(0, 10**6), PRACTICES)
def test_recognition_is_chosen_as_exhaustive_search_does(seed: int, practice: Practice) -> None:
    problem = halved(tiny(seed, (2, 1), practice, certificates=False), seed)
    expected = exhaustive(problem)
    whole = solve_schedule(problem, gap=0.0, method="whole")
    assert whole.cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    apart = solve_schedule(problem, gap=1e-6)
    assert apart.proof.bound <= expected + 1e-6 * abs(expected) + ROUNDED
    assert apart.cost >= expected - 1e-6 * abs(expected) - ROUNDED


@pytest.mark.slow
@SETTINGS
@given(st.integers(0, 10**6))
def test_certificates_are_bought_down_to_the_level_of_recognition(seed: int) -> None:
    practice = announced(transfer=False, sale=False, seller_cap_share=None)
    problem = halved(tiny(seed, (2,), practice, certificates=True), seed)
    problem = problem.changed(renewable_price=8.0 * problem.renewable_price)
    expected = exhaustive(problem)
    whole = solve_schedule(problem, gap=0.0, method="whole")
    assert whole.cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    apart = solve_schedule(problem, gap=1e-6)
    assert apart.proof.bound <= expected + 1e-6 * abs(expected) + ROUNDED
    assert apart.cost == pytest.approx(expected, rel=1e-5, abs=ROUNDED)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), PRACTICES)
def test_equals_exhaustive_search_with_twelve_works(seed: int, practice: Practice) -> None:
    problem = tiny(seed, (6, 6), practice, certificates=False, years_allowed=1)
    expected = exhaustive(problem)
    assert solve_schedule(problem, gap=0.0, method="whole").cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    assert solve_schedule(problem, gap=1e-6).proof.bound <= expected + 1e-6 * abs(expected) + 1.0


RULES = ("banking", "transfer", "sale", "seller cap", "early sale", "outside limit", "order")


@pytest.mark.slow
@pytest.mark.parametrize(
    "on", list(product((False, True), repeat=len(RULES))), ids=lambda on: "".join("01"[x] for x in on)
)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6))
def test_equals_exhaustive_search_with_every_rule_on_and_off(on: tuple[bool, ...], seed: int) -> None:
    rule = dict(zip(RULES, on, strict=True))
    practice = announced(
        banking=rule["banking"], transfer=rule["transfer"], sale=rule["sale"], early_sale=rule["early sale"],
        seller_cap_share=0.5 if rule["seller cap"] else None, outside_share=1 / 3 if rule["outside limit"] else None,
    )  # fmt: skip
    problem = tiny(seed, (2, 1), practice, certificates=False)
    draw = np.random.default_rng(seed + 1)
    if rule["order"]:
        problem = problem.changed(order_price=draw.uniform(600, 4000, 2))
    if draw.random() < 0.5:
        money, hands = draw.choice([np.inf, 3e6]), draw.choice([np.inf, 1.0])
        own = Limit("first", np.array([True, False]), np.full(YEARS, money), np.full(YEARS, hands))
        problem = problem.changed(owner_limits=(own,))
    expected = exhaustive(problem)
    whole = solve_schedule(problem, gap=0.0, method="whole")
    assert whole.amounts.missing_t.sum() == 0
    assert whole.cost == pytest.approx(expected, rel=1e-6, abs=ROUNDED)
    assert solve_schedule(problem, gap=1e-6).proof.bound <= expected + 1e-6 * abs(expected) + 1.0
