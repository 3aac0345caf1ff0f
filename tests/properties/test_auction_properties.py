"""Random small auctions against listing every award; structure and order of rows change nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.joint_purchase import bundles, scale
from model.optimise.joint_purchase.auction import Auction, Award, Package, Segment, price_of
from model.optimise.joint_purchase.bundle_search import Knapsack, best_bundle
from model.optimise.joint_purchase.clear import clear, second_best
from model.optimise.joint_purchase.ranges import Neighbours, least_with
from model.optimise.joint_purchase.scale import clear_by_decomposition
from model.optimise.joint_purchase.ties import exchanged
from model.optimise.solver import SolverOptions

EXACT = SolverOptions(seconds=30, relative_gap=0.0, absolute_gap=0.1)


@st.composite
def auctions(draw, schedules: bool = True, last_resort: bool = False) -> Auction:
    facilities, suppliers = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    whole = st.integers(1, 12)
    energy = np.array([draw(whole) for _ in range(facilities)], dtype=float)
    power = np.array([draw(whole) for _ in range(facilities)], dtype=float)
    prices = np.array([[draw(st.one_of(st.integers(1, 40), st.just(inf))) for _ in range(suppliers)]
                       for _ in range(facilities)], dtype=float)  # fmt: skip
    limits = np.array([draw(st.one_of(st.integers(3, 25), st.just(inf))) for _ in range(suppliers)], dtype=float)
    packages = []
    for number in range(draw(st.integers(0, 4))):
        members = draw(st.lists(st.integers(0, facilities - 1), min_size=1, max_size=facilities, unique=True))
        supplier, group = draw(st.integers(0, suppliers - 1)), draw(st.sampled_from(["", "g"]))
        price = float(draw(st.integers(1, 60)))
        packages.append(Package(f"p{number}", supplier, np.array(sorted(members)), price, group))
    segments = []
    if schedules and draw(st.booleans()):
        supplier, start = draw(st.integers(0, suppliers - 1)), 0.0
        for _ in range(draw(st.integers(1, 2))):
            length = draw(st.integers(3, 20))
            segments.append(Segment(supplier, start, start + length, float(draw(st.integers(0, 20))),
                                    float(draw(st.integers(-1, 3)))))  # fmt: skip
            start += length
    if last_resort:
        prices = np.column_stack((prices, np.full(facilities, 60.0)))
        limits = np.append(limits, inf)
    names = tuple(f"s{one}" for one in range(prices.shape[1]))
    return Auction(tuple(f"f{one}" for one in range(facilities)), names, energy, power,
                   np.zeros(facilities, dtype=bool), prices, limits, tuple(packages), tuple(segments))  # fmt: skip


def every_award(auction: Auction):
    """Yield the price of every award that the rules allow, with who serves what."""
    many, suppliers = auction.prices.shape
    for taken in product((False, True), repeat=len(auction.packages)):
        chosen = [one for one, yes in zip(auction.packages, taken, strict=True) if yes]
        covered = [facility for one in chosen for facility in one.facilities.tolist()]
        grouped = [(one.supplier, one.group) for one in chosen if one.group]
        if len(set(covered)) < len(covered) or len(set(grouped)) < len(grouped):
            continue
        rest = [facility for facility in range(many) if facility not in covered]
        for picks in product(range(suppliers), repeat=len(rest)):
            price = sum(one.price for one in chosen)
            price += sum(auction.prices[facility, pick] for facility, pick in zip(rest, picks, strict=True))
            who = dict(zip(rest, picks, strict=True)) | {
                f: one.supplier for one in chosen for f in one.facilities.tolist()
            }
            price += schedule_price(auction, who)
            if not isinf(price):
                yield price, tuple(who[facility] for facility in range(many)), taken


def schedule_price(auction: Auction, who: dict[int, int]) -> float:
    total = 0.0
    for supplier in range(len(auction.suppliers)):
        served = [facility for facility, one in who.items() if one == supplier]
        if sum(auction.power[facility] for facility in served) > auction.power_limit[supplier]:
            return inf
        steps = [one for one in auction.segments if one.supplier == supplier]
        quantity = sum(auction.energy[facility] for facility in served)
        if steps and served:
            fits = [one.setup + one.price * quantity for one in steps if one.least <= quantity <= one.most]
            total += min(fits, default=inf)
    return total


@settings(max_examples=60, deadline=None)
@given(auctions())
def test_small_auctions_equal_listing_every_award(auction: Auction) -> None:
    cleared = clear(auction, EXACT)
    best = min((price for price, _, _ in every_award(auction)), default=None)
    if best is None:
        assert cleared.award is None
        assert cleared.proof.status == "infeasible"
    else:
        assert cleared.award is not None
        assert price_of(auction, cleared.award) == pytest.approx(best)
        assert cleared.proof.bound <= best + 0.1


@settings(max_examples=60, deadline=None)
@given(auctions(last_resort=True))
def test_decomposition_bounds_from_below_and_awards_are_valid(auction: Auction) -> None:
    proof, award = clear_by_decomposition(auction, SolverOptions(seconds=10, relative_gap=0.0, absolute_gap=0.1))
    best = min(price for price, _, _ in every_award(auction))
    assert proof.bound <= best + 1e-6
    assert award is not None
    assert price_of(auction, award) >= best - 1e-6
    served = award.served(auction)
    assert (served.sum(axis=1) == 1).all()
    assert (auction.power @ served <= auction.power_limit).all()
    grouped = [
        (auction.packages[p].supplier, auction.packages[p].group) for p in award.packages if auction.packages[p].group
    ]
    assert len(set(grouped)) == len(grouped)
    assert proof.objective == pytest.approx(price_of(auction, award))
    who = dict(enumerate(award.supplier_of(auction).tolist()))
    steps = [(one, auction.energy @ served[:, one.supplier]) for one in
             (auction.segments[number] for number in award.segments if number >= 0)]  # fmt: skip
    assert schedule_price(auction, who) == pytest.approx(sum(one.setup + one.price * q for one, q in steps))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(auctions(last_resort=True), st.booleans())
def test_bounds_hold_where_suppliers_are_not_bundled_and_awards_are_looked_for_nearby(
    auction: Auction, searched: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scale, "_FEW", -1)
        patch.setattr(scale, "_SOON", 3)
        patch.setattr(scale, "_NO_NEWS", 3)
        if not searched:
            patch.setattr(bundles, "_FEW_STEPS", 0)
            patch.setattr(bundles, "_MOST_STEPS", 0)
        proof, award = clear_by_decomposition(auction, SolverOptions(seconds=10, relative_gap=0.0, absolute_gap=0.1))
    best = min(price for price, _, _ in every_award(auction))
    assert proof.bound <= best + 1e-6
    assert award is not None
    assert proof.objective == pytest.approx(price_of(auction, award))
    assert proof.objective >= best - 1e-6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(auctions(last_resort=True))
def test_an_offer_that_has_to_win_costs_between_its_two_ends(auction: Auction) -> None:
    award = clear_by_decomposition(auction, SolverOptions(seconds=10, relative_gap=0.0, absolute_gap=0.1))[1]
    assert award is not None
    listed = list(every_award(auction))
    least, near = least_with(auction, SolverOptions(seconds=10)), Neighbours(auction, award)
    for position in range(len(auction.packages)):
        forced = min((price for price, _, taken in listed if taken[position]), default=inf)
        assert least.packages[position] <= forced + 1e-6
        assert near.with_package(position) >= forced - 1e-6
    held = [{f for one, yes in zip(auction.packages, taken, strict=True) if yes for f in one.facilities.tolist()}
            for _, _, taken in listed]  # fmt: skip
    for facility, supplier in np.argwhere(np.isfinite(auction.prices)).tolist():
        forced = min((price for (price, who, _), packed in zip(listed, held, strict=True)
                      if who[facility] == supplier and facility not in packed), default=inf)  # fmt: skip
        assert least.singles[facility, supplier] <= forced + 1e-6
        assert near.with_single(facility, supplier) >= forced - 1e-6


ITEMS = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 9), st.integers(1, 15), st.integers(0, 3)), max_size=7)


@settings(max_examples=80, deadline=None)
@given(ITEMS, st.integers(1, 25), st.tuples(st.integers(0, 9), st.integers(0, 9)), st.integers(0, 12))
def test_the_best_bundle_is_the_best_of_all_that_fit(
    items: list[tuple[int, int, int, int]], room: int, fines: tuple[int, int], steps: int
) -> None:
    items.sort(key=lambda one: -one[0] / one[1])
    gains, sizes, marks, touched = ([one[k] for one in items] for k in range(4))

    def worth(inside: list[tuple[int, int, int, int]]) -> int:
        pairs = [sum(one[3] >> row & 1 for one in inside) >= 2 for row in range(2)]
        return sum(one[0] for one in inside) - sum(fine for fine, two in zip(fines, pairs, strict=True) if two)

    best = 0
    for chosen in product((False, True), repeat=len(items)):
        inside = [one for one, yes in zip(items, chosen, strict=True) if yes]
        union = 0
        for _, _, mark, _ in inside:
            union |= mark
        apart = union.bit_count() == sum(mark.bit_count() for _, _, mark, _ in inside)
        if apart and sum(size for _, size, _, _ in inside) <= room:
            best = max(best, worth(inside))
    sack = Knapsack(gains, sizes, marks, float(room), touched, [float(one) for one in fines])
    found = best_bundle(sack, 0.0, 10_000)
    assert found.most == found.gain == pytest.approx(best)
    assert worth([items[one] for one in found.items]) == pytest.approx(best)
    cut_short = best_bundle(sack, 0.0, steps)
    assert cut_short.most >= best - 1e-9 and cut_short.gain <= best + 1e-9
    assert worth([items[one] for one in cut_short.items]) == pytest.approx(cut_short.gain)


@settings(max_examples=25, deadline=None)
@given(auctions())
def test_ties_go_facility_by_facility_to_the_first_supplier(auction: Auction) -> None:
    cleared = clear(auction, EXACT, settle_ties=True)
    if cleared.award is None:
        return
    awards = list(every_award(auction))
    best = min(price for price, _, _ in awards)
    assert tuple(cleared.award.supplier_of(auction).tolist()) == min(who for price, who, _ in awards if price == best)


@settings(max_examples=40, deadline=None)
@given(auctions(schedules=False, last_resort=True), st.integers(0, 1000))
def test_an_exchange_of_equal_offers_keeps_price_and_rules_and_leaves_no_earlier_equal(auction, number) -> None:
    awards = list(every_award(auction))
    price, who, taken = awards[number % len(awards)]
    packages = tuple(one for one, yes in enumerate(taken) if yes)
    shares = np.zeros(auction.prices.shape)
    for facility, supplier in enumerate(who):
        if all(facility not in auction.packages[one].facilities for one in packages):
            shares[facility, supplier] = 1.0
    again = exchanged(auction, Award(shares, packages, np.full(len(auction.suppliers), -1)))
    after = tuple(again.supplier_of(auction).tolist())
    found = tuple(one in again.packages for one in range(len(auction.packages)))
    assert any(cost == pytest.approx(price) and (after, found) == (one, yes) for cost, one, yes in awards)
    packed = {f for one in again.packages for f in auction.packages[one].facilities.tolist()}
    for cost, one, yes in awards:
        differ = [facility for facility in range(len(after)) if one[facility] != after[facility]]
        if yes == found and len(differ) == 1 and differ[0] not in packed and cost == pytest.approx(price):
            assert one[differ[0]] > after[differ[0]]


@settings(max_examples=25, deadline=None)
@given(auctions(schedules=False))
def test_second_best_is_the_best_of_all_others(auction: Auction) -> None:
    cleared = clear(auction, EXACT)
    if cleared.award is None:
        return
    mine = (tuple(cleared.award.supplier_of(auction).tolist()), set(cleared.award.packages))
    others = [price for price, who, taken in every_award(auction)
              if (who, {p for p, yes in enumerate(taken) if yes}) != mine]  # fmt: skip
    other = second_best(auction, cleared.award, EXACT)
    assert (other.award is None) == (not others)
    if other.award is not None:
        assert price_of(auction, other.award) == pytest.approx(min(others))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(auctions(), st.randoms())
def test_leaving_out_a_supplier_never_makes_it_cheaper(auction: Auction, random) -> None:
    cleared = clear(auction, EXACT)
    without = clear(auction.without_supplier(random.randrange(len(auction.suppliers))), EXACT)
    if without.award is not None:
        assert cleared.award is not None
        assert without.proof.objective >= cleared.proof.objective - 0.2


def test_an_award_costs_what_its_parts_cost() -> None:
    auction = Auction(("a", "b", "c"), ("x", "y"), np.array([1.0, 2.0, 4.0]), np.ones(3), np.zeros(3, dtype=bool),
                      np.array([[5.0, inf], [6.0, 9.0], [7.0, 8.0]]), np.full(2, inf),
                      (Package("p", 1, np.array([0, 1]), 10.0),), (Segment(1, 0.0, 10.0, 100.0, 0.5),))  # fmt: skip
    shares = np.zeros((3, 2))
    shares[2, 1] = 1.0
    award = Award(shares, (0,), np.array([-1, 0]))
    assert price_of(auction, award) == 10 + 8 + 100 + 0.5 * 7
    assert price_of(replace(auction, segments=()), Award(shares, (0,), np.array([-1, -1]))) == 18


def test_an_equal_package_goes_to_the_first_supplier_with_room() -> None:
    both = np.array([0, 1])
    offers = tuple(Package(f"p{one}", one, both, 10.0) for one in range(3))
    auction = Auction(("f0", "f1"), ("s0", "s1", "s2"), np.ones(2), np.ones(2), np.zeros(2, dtype=bool),
                      np.full((2, 3), inf), np.array([1.0, 2.0, 2.0]), offers)  # fmt: skip
    award = Award(np.zeros((2, 3)), (2,), np.full(3, -1))
    assert exchanged(auction, award).packages == (1,)
