"""Ties between equal offers where no proof to the last yen is at hand: one offer for another of the same price.

Whether combinations of offers tie can only be told of an award proven to be the cheapest. An offer for the same
facilities at the same price can be told anywhere, so who of two such bidders wins never depends on the search.
"""

from __future__ import annotations

from dataclasses import replace

from model.language import Text
from model.optimise.joint_purchase.auction import Auction, Award, FloatArray

#: Two awards whose prices differ by less than this are equal [unit of the objective]; prices are whole yen.
SAME_PRICE = 1e-3
#: The rule where the lowest total is proven and few enough offers stand in it.
RULE_OF_ALL = Text(
    "lowest total; of all awards with that total, facility by facility in the order of ids, the supplier whose first "
    "bid was received first, then the smaller supplier id",
    "合計額が最低の落札案。同額の案が複数ある場合は、施設IDの順に、最初の入札の受付が早い事業者、次に事業者IDの小さい者とする",
)
#: The rule of larger auctions.
RULE_OF_OFFERS = Text(
    "lowest total found; then, facility by facility in the order of ids and package by package, of equal offers for "
    "the same facilities the supplier whose first bid was received first, then the smaller supplier id, as far as "
    "capacity is left; the order of rows in the files plays no part, as they are put in order by id first; whether "
    "other combinations of offers cost the same was not looked for",
    "見いだした最低額の落札案。施設IDの順に、また一括入札ごとに、同じ施設への同額の入札が複数ある場合は、容量の残る範囲で、"
    "最初の入札の受付が早い事業者、次に事業者IDの小さい者とする。計算前にID順に並べるため、ファイル内の行の順序は結果に影響しない。"
    "入札の組合せが異なる同額案の有無は未確認",
)


def exchanged(auction: Auction, award: Award) -> Award:
    """Return an award at the same price in which no earlier supplier stands ready with an equal offer.

    Args:
        auction: suppliers in the order of the rule; suppliers with price schedules are left where they are.
        award: who serves what.
    """
    scheduled = {segment.supplier for segment in auction.segments}
    used = auction.power @ award.served(auction)
    while True:
        shares, singles = _singles(auction, award.shares, used, scheduled)
        packages, whole = _packages(auction, award.packages, used, scheduled)
        award = replace(award, shares=shares, packages=packages)
        if not (singles or whole):
            return award


def _singles(auction: Auction, shares: FloatArray, used: FloatArray, scheduled: set[int]) -> tuple[FloatArray, bool]:
    """Move whole facilities to the first supplier with an equal single offer; say whether any moved."""
    shares, moved = shares.copy(), False
    for facility in range(len(auction.facilities)):
        now = int(shares[facility].argmax())
        if shares[facility, now] < 1.0 or now in scheduled:
            continue
        power, price = float(auction.power[facility]), float(auction.prices[facility, now])
        for earlier in range(now):
            equal = abs(float(auction.prices[facility, earlier]) - price) < SAME_PRICE
            if equal and earlier not in scheduled and used[earlier] + power <= auction.power_limit[earlier]:
                shares[facility, now], shares[facility, earlier], moved = 0.0, 1.0, True
                used[now] -= power
                used[earlier] += power
                break
    return shares, moved


def _packages(
    auction: Auction, taken: tuple[int, ...], used: FloatArray, scheduled: set[int]
) -> tuple[tuple[int, ...], bool]:
    """Give packages to the first supplier with an equal one for the same facilities; say whether any changed."""
    same: dict[bytes, list[int]] = {}
    for position, package in enumerate(auction.packages):
        if package.supplier not in scheduled:
            same.setdefault(package.facilities.tobytes(), []).append(position)
    chosen, moved = list(taken), False
    for place, position in enumerate(taken):
        package = auction.packages[position]
        power = float(auction.power[package.facilities].sum())
        held = {(one.supplier, one.group) for one in (auction.packages[number] for number in chosen) if one.group}
        for other in sorted(same.get(package.facilities.tobytes(), []), key=lambda one: auction.packages[one].supplier):
            rival = auction.packages[other]
            if package.supplier in scheduled or rival.supplier >= package.supplier:
                break
            if (
                abs(rival.price - package.price) < SAME_PRICE
                and used[rival.supplier] + power <= auction.power_limit[rival.supplier]
                and (rival.supplier, rival.group) not in held
            ):
                chosen[place], moved = other, True
                used[package.supplier] -= power
                used[rival.supplier] += power
                break
    return tuple(sorted(chosen)), moved
