"""The game of the wards: what any group of them saves by the same bids, and the division of the saving."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from model.decomposition import shapley_values
from model.optimise.cost_sharing import (
    LARGEST_EXACT,
    Division,
    MostUnhappy,
    Unhappy,
    largest_excess,
    nucleolus,
    proportional,
    unhappiest,
    values_in_time,
)
from model.optimise.joint_purchase.auction import Auction, Award, FloatArray, Package, price_of, without_dominated
from model.optimise.joint_purchase.build import Built
from model.optimise.joint_purchase.clear import is_large
from model.optimise.joint_purchase.large_game import LEAST_SECONDS, LargeGame
from model.optimise.joint_purchase.model import power_used, total_of, weighted, winner_model
from model.optimise.joint_purchase.scale import suits
from model.optimise.joint_purchase.whole_game import WholeGame
from model.optimise.sampled_shapley import SampledShapley, sampled_shapley
from model.optimise.solver import Proof, SolverOptions

#: Excesses closer than this are equal [JPY].
_SAME_YEN = 1.0
#: Gap at which the saving of a group of wards counts as known [1].
_GAP = 1e-6
#: Single offers up to which groups out of many wards are valued to the yen; beyond, hundreds of searches take too long.
_MOST_TO_THE_YEN = 1_500
#: The same for many wards with many facilities, as a part of all bills [1]: a large auction, and a smaller one.
_ROOM, _SMALL_ROOM = 1e-5, 1e-6
#: Excesses of many wards with many facilities are equal within so many of these rooms.
_ROOMS = 3.0
#: Parts of the time by whose end the values of all groups, the nucleolus (later while it is open whether the core is
#: empty), and those drawn for the Shapley value are done; where the nucleolus with facilities in parts leaves somebody
#: unhappy, the core with whole facilities comes between the two; the rest is for complaints under other divisions.
_VALUES_PART, _NUCLEOLUS_PART, _CORE_PART, _WHOLE_PART, _DRAWS_PART = 0.4, 0.45, 0.7, 0.75, 0.93
#: Players whose groups are few enough to be valued however long it takes.
_ALWAYS_EXACT = 2
#: Room for the binary error of parts that add up to one.
_NOISE = 1e-9


@dataclass(frozen=True)
class Sharing:
    """The saving divided among wards in three ways.

    Args:
        wards: codes.
        offers: stage-1 offer of each ward [JPY/year].
        saving: of all wards together [JPY/year].
        alone: what each ward would save by itself [JPY/year].
        nucleolus: division with the smallest largest complaint.
        shapley: mean gain over orders of arrival [JPY/year], exact or from random groups.
        proportional: in proportion to the offers [JPY/year].
        excess: what no excess under each of the three divisions exceeds [JPY/year].
        excess_at_least: what the largest excess under each division is at least [JPY/year]; above zero some group could
            do better alone.
        room: the savings of groups are known within this [JPY/year].
        tolerance: excesses closer than this were taken as equal [JPY/year].
        in_parts: groups were valued as if a facility could be served in parts, which can only flatter a group.
        whole: between what amounts the smallest possible largest excess lies with whole facilities, where the core in
            parts is empty and this was looked for [JPY/year].
    """

    wards: tuple[str, ...]
    offers: FloatArray
    saving: float
    alone: FloatArray
    nucleolus: Division
    shapley: SampledShapley
    proportional: FloatArray
    excess: dict[str, float]
    excess_at_least: dict[str, float]
    room: float
    tolerance: float
    in_parts: bool
    whole: tuple[float, float]

    @property
    def least_core(self) -> tuple[float, float]:
        """Between what amounts the smallest possible largest complaint lies [JPY/year]; not positive: no empty core.

        Of groups whose facilities are each served by one supplier; what they save with parts, no less, is the upper
        end's proof.
        """
        least = self.whole[0] if self.in_parts else self.nucleolus.least
        return least, max(least, min(self.whole[1], self.excess["nucleolus"]))


class WardGame:
    """v(S): what the wards of S save against their stage-1 offers if only they take part; one model for all groups.

    Each ward gets a way out of the auction. Whoever is not in S takes it; in the search for the largest excess every
    ward takes it at what it pays, and the best award shows the group that would gain most by itself. A group can
    count on its part, by contract power, of what every supplier can serve: two groups then never save less together.
    `loosest` is the most by which a group valued so far may save more [JPY/year]. Nothing is searched for long after
    `until`, a reading of `perf_counter` [s].
    """

    def __init__(self, built: Built, options: SolverOptions) -> None:
        purchase = built.purchase
        self.wards = purchase.wards
        self.offers = np.array([np.floor(purchase.budgets[ward]) for ward in self.wards])
        self.options = replace(options, relative_gap=_GAP, absolute_gap=_SAME_YEN / 4)
        number = {ward: position for position, ward in enumerate(self.wards)}
        player = np.array([number[ward] for ward in purchase.ward], dtype=np.int64)
        auction = built.auction
        outs = tuple(
            Package(f"out {ward}", len(auction.suppliers), np.flatnonzero(player == position), 0.0)
            for position, ward in enumerate(self.wards)
        )
        self._auction = replace(
            auction,
            suppliers=(*auction.suppliers, "(out)"),
            prices=np.column_stack((auction.prices, np.full(len(player), np.inf))),
            power_limit=np.append(auction.power_limit, np.inf),
            packages=(*auction.packages, *outs),
        )
        self._model = winner_model(self._auction)
        first = len(auction.packages)
        self._out = [self._model.model.taken[first + position] for position in range(len(self.wards))]
        self._total = self._model.model.total.expr
        self._share_capacity(np.bincount(player, auction.power, self.players) / auction.power.sum())
        self.known: dict[int, float] = {0: 0.0}
        self.brackets: dict[int, tuple[float, float]] = {}
        self.loosest = 0.0
        self.until = inf

    def _share_capacity(self, parts: FloatArray) -> None:
        """Let every ward that leaves take its part of each supplier's capacity along."""
        import pyomo.environ as pyo

        model: Any = self._model.model
        model.parts = pyo.ConstraintList()
        for supplier, used in enumerate(power_used(self._auction, model)):
            limit = float(self._auction.power_limit[supplier])
            if used and np.isfinite(limit):
                gone = [(limit * float(part), out) for part, out in zip(parts, self._out, strict=True)]
                model.parts.add(weighted([*used, *gone]) <= limit * (1 + _NOISE))

    @property
    def players(self) -> int:
        """Number of wards."""
        return len(self.wards)

    def value(self, coalition: int) -> float:
        """Return what the wards of a bit mask save together [JPY/year]."""
        if coalition not in self.known:
            for player, out in enumerate(self._out):
                out.fix(float(not coalition >> player & 1))
            self._model.model.total.set_value(self._total)
            proof, award = self._solve()
            inside = [player for player in range(self.players) if coalition >> player & 1]
            # Two groups never save less together, so where time runs out each ward's own saving is still sure.
            worth = sum(self.known.get(1 << player, 0.0) for player in inside)
            if award is not None:
                worth = max(worth, float(self.offers[inside].sum()) - price_of(self._auction, award))
            self.known[coalition] = worth
            self.brackets[coalition] = worth, max(worth, float(self.offers[inside].sum()) - proof.bound)
            self.loosest = max(self.loosest, self.brackets[coalition][1] - worth)
        return self.known[coalition]

    def bracket(self, coalition: int) -> tuple[float, float]:
        """Return between what amounts the saving of the wards of a bit mask lies [JPY/year]."""
        self.value(coalition)
        return self.brackets[coalition]

    def _solve(self, target: float = -inf) -> tuple[Proof, Award | None]:
        """Solve the model as it stands in the time that is left; an award below a target will do."""
        seconds = max(LEAST_SECONDS, min(self.options.seconds, self.until - perf_counter()))
        # The solver keeps its options from one solve to the next.
        return self._model.solve(replace(self.options, seconds=seconds, further={"objective_target": target}))

    def search(self, shares: FloatArray, outside: Callable[[int], bool], enough: float = inf) -> Unhappy | None:
        """Return the group with the largest excess among those that `outside` lets pass; None where there is none.

        Args:
            shares: what each ward is given.
            outside: which groups count.
            enough: a group with more than this excess will do.
        """
        model: Any = self._model.model
        payments = self.offers - shares
        for out in self._out:
            out.unfix()
        model.total.set_value(self._total + weighted(zip(payments.tolist(), self._out, strict=True)))
        import pyomo.environ as pyo

        model.proper = pyo.ConstraintList()
        model.proper.add(total_of(self._out) >= 1)
        model.proper.add(total_of(self._out) <= self.players - 1)
        try:
            while True:
                proof, award = self._solve(float(payments.sum()) - enough)
                at_most = float(payments.sum() - proof.bound)
                if award is None:
                    return None if proof.status == "infeasible" else Unhappy(0, -inf, at_most, False)
                coalition = sum(1 << player for player, out in enumerate(self._out) if (out.value or 0.0) < 0.5)
                if outside(coalition):
                    excess = float(payments.sum() - proof.objective)
                    return Unhappy(coalition, excess, at_most, proof.status == "optimal")
                if perf_counter() > self.until:
                    return Unhappy(0, -inf, at_most, False)
                # This group is settled already: ask for another one.
                flipped = [(1.0 if coalition >> player & 1 else -1.0, out) for player, out in enumerate(self._out)]
                zeros = self.players - coalition.bit_count()
                model.proper.add(weighted(flipped) >= 1 - zeros)
        finally:
            model.del_component(model.proper)


def share(
    built: Built, options: SolverOptions, pairs: int = 200, seed: int = 0, saving: float | None = None
) -> Sharing:
    """Return the saving of the joint purchase divided by nucleolus, Shapley value and proportion.

    Args:
        built: the auction; every ward needs a stage-1 offer.
        options: seconds for the whole.
        pairs: most pairs of groups drawn for the Shapley value (more than 12 wards).
        seed: seed of these draws.
        saving: what all save by the award in hand [JPY/year]; by default what the best award would save.
    """
    begun = perf_counter()
    game, wards, offers, room = _game(built, options)
    players, whole = game.players, 2**game.players - 1
    if saving is not None:
        game.known[whole] = saving
    game.until = begun + _VALUES_PART * options.seconds
    alone = np.array([game.value(1 << player) for player in range(players)])
    saving = game.value(whole)
    until = inf if players <= _ALWAYS_EXACT else game.until
    values = values_in_time(game.value, players, until) if players <= LARGEST_EXACT else None
    search: MostUnhappy = game.search if values is None else unhappiest(values, players)
    guide = _guide(game, built)
    # Whether the core is empty comes first: it takes few groups, while the Shapley value is surer with each one more.
    tolerance = max(_SAME_YEN, _ROOMS * room)
    game.until = begun + (_CORE_PART if values is None else _DRAWS_PART) * options.seconds
    centre = None
    if values is None and guide is not None:
        priced = guide.priced()
        centre = priced - (priced.sum() - saving) / players
    seconds = begun + (_NUCLEOLUS_PART if values is None else _DRAWS_PART) * options.seconds - perf_counter()
    for_core = (_CORE_PART - _NUCLEOLUS_PART) * options.seconds
    inner = nucleolus(game.value, players, search, tolerance, seconds, game.known, centre, for_core)
    whole = (-inf, inf)
    if isinstance(game, LargeGame) and inner.least > tolerance:
        game.until = begun + _WHOLE_PART * options.seconds
        whole = _whole_core(game, inner, saving, tolerance)
    game.until = begun + _DRAWS_PART * options.seconds
    if values is not None:
        drawn = SampledShapley(shapley_values(values), np.zeros(players), np.full(players, game.loosest), 0)
    else:
        rough = None if guide is None else guide.rough
        drawn = sampled_shapley(game.bracket, saving, players, pairs, seed, game.until - perf_counter(), rough)
    room = max(room, game.loosest)
    game.until = begun + options.seconds
    by_offer = proportional(saving, offers)
    excess, at_least = {"nucleolus": inner.largest_excess}, {"nucleolus": inner.least}
    for name, one in (("shapley", drawn.shares), ("proportional", by_offer)):
        # What no division can avoid stands under any.
        least, excess[name] = largest_excess(players, one, search) if players > 1 else (0.0, 0.0)
        at_least[name] = max(least, inner.least)
    in_parts = isinstance(game, LargeGame)
    return Sharing(
        wards, offers, saving, alone, inner, drawn, by_offer, excess, at_least, room, tolerance, in_parts, whole
    )


def _whole_core(game: LargeGame, inner: Division, saving: float, tolerance: float) -> tuple[float, float]:
    """Return between what amounts the least possible largest complaint lies with whole facilities."""
    exact = WholeGame.of(game)
    exact.known[2**game.players - 1] = saving
    seconds = game.until - perf_counter()
    found = nucleolus(exact.value, game.players, exact.search, tolerance, seconds, exact.known, inner.shares)
    return found.least, found.largest_excess


def _game(built: Built, options: SolverOptions) -> tuple[WardGame | LargeGame, tuple[str, ...], FloatArray, float]:
    """Return the game, the wards, their offers [JPY/year], and the room within which groups are valued [JPY/year]."""
    purchase = built.purchase
    offers = np.array([np.floor(purchase.budgets[ward]) for ward in purchase.wards])
    if not _is_large_game(built.auction, len(offers)):
        # All groups of few wards are valued to the yen; of many, a search ends within a part of what all would pay.
        room = _GAP * float(offers.sum()) if len(offers) > LARGEST_EXACT else 0.0
        return WardGame(built, options), purchase.wards, offers, room
    part = _ROOM if is_large(built.auction) else _SMALL_ROOM
    room = part * float(built.auction.prices.min(axis=1).sum())
    asked = replace(options, absolute_gap=room, seconds=options.seconds / 4)
    return _large_game(built, offers, asked), purchase.wards, offers, room


def _large_game(built: Built, offers: FloatArray, options: SolverOptions) -> LargeGame:
    """Return the game of packages and blocks."""
    number = {ward: position for position, ward in enumerate(built.purchase.wards)}
    player = np.array([number[ward] for ward in built.purchase.ward], dtype=np.int64)
    return LargeGame(without_dominated(built.auction)[0], player, offers, options)


def _guide(game: WardGame | LargeGame, built: Built) -> LargeGame | None:
    """Return the game whose relaxation tells roughly what groups save and how to divide it; None where there is none.

    Few wards need no such guide, as all their groups are valued.
    """
    if isinstance(game, LargeGame):
        return game
    return (
        _large_game(built, game.offers, game.options) if game.players > LARGEST_EXACT and suits(built.auction) else None
    )


def _is_large_game(auction: Auction, players: int) -> bool:
    """Say whether groups of wards are valued by the master of packages and blocks, within a room that is told."""
    many = players > LARGEST_EXACT and int(np.isfinite(auction.prices).sum()) > _MOST_TO_THE_YEN
    return is_large(auction) or (many and suits(auction))


def sharing_dataset(found: Sharing, bills: Mapping[str, float], facts: Mapping[str, Any]) -> xr.Dataset:
    """Return the divided saving with the dims ward and division.

    Args:
        found: the division.
        bills: of the contracts of each ward [JPY/year].
        facts: attributes of the run.
    """
    units = {"units": "JPY/year"}
    names = ("nucleolus", "shapley", "proportional")
    saved = np.array([found.nucleolus.shares, found.shapley.shares, found.proportional])
    least, most = found.nucleolus.level or (np.nan, np.nan)
    attributes: dict[str, Any] = {
        "title": "saving of the joint purchase by ward", "saving": found.saving,
        "least_core_at_least": found.least_core[0], "least_core_at_most": found.least_core[1],
        "least_core_in_parts_at_least": found.nucleolus.least if found.in_parts else np.nan,
        "nucleolus_levels": found.nucleolus.settled,
        "nucleolus_complete": str(found.nucleolus.complete), "next_level_at_least": least,
        "next_level_at_most": most, "pairs": found.shapley.pairs, "rough_pairs": found.shapley.rough_pairs,
        "room": found.room, **facts,
    }  # fmt: skip
    return xr.Dataset(
        {
            "offer": ("ward", found.offers, units),
            "saves_alone": ("ward", found.alone, units),
            "saving": (("division", "ward"), saved, units),
            "payment": (("division", "ward"), found.offers - saved, units),
            "contract_bill": ("ward", np.array([bills[ward] for ward in found.wards]), units),
            "standard_error": ("ward", found.shapley.standard_error, units),
            "valuation_allowance": ("ward", found.shapley.allowance, units),
            "largest_excess": ("division", np.array([found.excess[name] for name in names]), units),
            "largest_excess_at_least": ("division", np.array([found.excess_at_least[name] for name in names]), units),
        },
        coords={"ward": list(found.wards), "division": list(names)},
        attrs=attributes,
    )
