"""The game of the wards: values of groups against clearing them alone, and divisions that no ward regrets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.optimise.cost_sharing import all_values, largest_excess, members, unhappiest
from model.optimise.joint_purchase.build import Built, build
from model.optimise.joint_purchase.clear import clear
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.large_game import LargeGame
from model.optimise.joint_purchase.rules import Rule
from model.optimise.joint_purchase.share import WardGame, share
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.joint_purchase.whole_game import WholeGame
from model.optimise.solver import SolverOptions

OPTIONS = SolverOptions(seconds=60)


def built_set(folder: Path, seed: int, capacities: bool = True) -> Built:
    tables = synthetic_tables(seed)
    if not capacities:
        free = [row.model_copy(update={"capacity_kw": None}) for row in tables["auction_suppliers"]]
        rules = {"overlapping_packages": "disjoint", "supplier_share_cap": "1"}
        tables |= {"auction_suppliers": free}
        tables |= {"auction_rules": [Rule(id=name, value=value) for name, value in rules.items()]}
    return build(read_purchase(write_tables(tables, folder, "en"))[0])


def synthetic_tables(seed: int) -> dict:
    return synthetic(3, 3, 3, 4, seed).tables


def test_a_group_saves_what_its_own_auction_saves(tmp_path: Path) -> None:
    built = built_set(tmp_path, 2, capacities=False)
    game = WardGame(built, OPTIONS)
    ward = np.array(built.purchase.ward)
    for coalition in range(1, 8):
        inside = np.isin(ward, [code for player, code in enumerate(game.wards) if coalition >> player & 1])
        alone = clear(built.auction.among(inside), SolverOptions(relative_gap=0.0))
        offers = sum(game.offers[player] for player in range(3) if coalition >> player & 1)
        assert game.value(coalition) == pytest.approx(offers - alone.proof.objective, abs=1000)


@pytest.mark.parametrize("seed", [0, 1])
def test_groups_never_lose_by_joining_and_the_search_finds_the_unhappiest(tmp_path: Path, seed: int) -> None:
    game = WardGame(built_set(tmp_path, seed), OPTIONS)
    values = all_values(game.value, 3)
    for one in range(8):
        for other in range(8):
            if not one & other:
                assert values[one | other] >= values[one] + values[other] - 1000
    shares = np.array([values[7], 0.0, 0.0])
    expected = unhappiest(values, 3)(shares, lambda coalition: True, np.inf)
    found = game.search(shares, lambda coalition: True)
    assert expected is not None
    assert found is not None
    assert found[1] == pytest.approx(expected[1], abs=1000)
    banned = game.search(shares, lambda coalition: coalition != found[0])
    assert banned is not None
    assert banned[0] != found[0]


def test_everything_is_handed_out_and_nobody_pays_more_than_its_offer(tmp_path: Path) -> None:
    found = share(built_set(tmp_path, 3), OPTIONS)
    for shares in (found.nucleolus.shares, found.shapley.shares, found.proportional):
        assert shares.sum() == pytest.approx(found.saving, abs=1)
    assert (found.nucleolus.shares >= found.alone - 1).all()
    assert (found.nucleolus.shares >= -1).all()
    assert found.excess["nucleolus"] <= min(found.excess.values()) + 1


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_the_large_game_values_groups_as_the_small_one_does(tmp_path: Path, seed: int) -> None:
    built = built_set(tmp_path, seed)
    game = WardGame(built, OPTIONS)
    number = {code: position for position, code in enumerate(built.purchase.wards)}
    player = np.array([number[code] for code in built.purchase.ward])
    large = LargeGame(built.auction, player, game.offers, replace(OPTIONS, absolute_gap=1.0))
    exact = WholeGame.of(large)
    for coalition in range(1, 8):
        # Parts of facilities where capacity binds can only make a group cheaper.
        assert large.value(coalition) >= game.value(coalition) - 1000
        assert large.rough(coalition) >= large.value(coalition) - 1
        least, most = LargeGame(built.auction, player, game.offers, replace(OPTIONS, absolute_gap=1.0)).bracket(
            coalition
        )
        assert least - 1 <= large.value(coalition) <= most + 1 <= least + 10
        assert exact.value(coalition) == pytest.approx(game.value(coalition), abs=1000)
    check_search(large)
    check_search(exact)


def check_search(large: LargeGame) -> None:
    """The group that the search finds is the one that a list of all values shows."""
    values = all_values(large.value, 3)
    for shares in (np.array([values[7], 0.0, 0.0]), np.full(3, values[7] / 3)):
        expected = unhappiest(values, 3)(shares, lambda coalition: 0 < coalition < 7, np.inf)
        found = large.search(shares, lambda coalition: 0 < coalition < 7)
        assert expected is not None
        assert found is not None
        assert found[1] == pytest.approx(expected[1], abs=1000)
        assert found.at_most >= expected[1] - 1
        less = large.search(shares, lambda coalition: 0 < coalition < 7, expected[1] - 5000)
        assert less is not None
        assert less.excess > expected[1] - 5000
        assert less.excess == pytest.approx(values[less.coalition] - members(less.coalition, 3) @ shares, abs=1000)
        more = large.search(shares, lambda coalition: 0 < coalition < 7, expected[1] + 5000)
        assert more is not None
        assert more.settled
        assert max(more.excess, expected[1]) - 1 <= more.at_most <= expected[1] + 5002
        banned = large.search(shares, lambda coalition, first=found[0]: coalition != first)
        assert banned is not None
        assert banned[0] != found[0]


def test_a_search_without_time_still_tells_what_no_group_exceeds(tmp_path: Path) -> None:
    built = built_set(tmp_path, 1)
    number = {code: position for position, code in enumerate(built.purchase.wards)}
    player = np.array([number[code] for code in built.purchase.ward])
    offers = np.array([np.floor(built.purchase.budgets[code]) for code in built.purchase.wards])
    large = LargeGame(built.auction, player, offers, replace(OPTIONS, absolute_gap=1.0))
    values, shares = all_values(large.value, 3), np.array([large.value(7), 0.0, 0.0])
    expected = unhappiest(values, 3)(shares, lambda coalition: 0 < coalition < 7, np.inf)
    large.until = -np.inf
    least, most = largest_excess(3, shares, large.search)
    assert expected is not None
    assert least - 1000 <= expected.excess <= most + 1000
    assert np.isfinite(most)


@pytest.mark.slow
def test_a_search_cut_short_leaves_no_trace_in_the_values_of_groups(tmp_path: Path) -> None:
    tables = synthetic(6, 20, 12, 250, 1).tables
    built = build(read_purchase(write_tables(tables, tmp_path, "en"))[0])
    number = {code: position for position, code in enumerate(built.purchase.wards)}
    player = np.array([number[code] for code in built.purchase.ward])
    offers = np.array([np.floor(built.purchase.budgets[code]) for code in built.purchase.wards])
    fresh, used = (LargeGame(built.auction, player, offers, replace(OPTIONS, absolute_gap=1000.0)) for _ in range(2))
    used.search(np.zeros(6), lambda coalition: 0 < coalition < 63, enough=-1e12)
    for coalition in (63, 21):
        assert used.value(coalition) == pytest.approx(fresh.value(coalition), abs=3000)
    assert used.loosest <= 2000
