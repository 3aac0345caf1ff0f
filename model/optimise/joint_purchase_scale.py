"""Large auctions: like facilities are aggregated, which gives a proven bound from below and a good award from above.

Facilities that the same packages hold form a block. Within a block, facilities that suppliers price alike form a
cluster, whose contract power may be split freely among suppliers:

- at the *lowest* price per kW that any member is offered, the aggregated auction can only be cheaper than the true one,
  so its bound is a bound of the true auction (prices are compared after paying for scarce capacity, which leaves only
  small differences to lose);
- at the *mean* price, its packages are a good choice, and what they leave over is awarded facility by facility.

Packages whose reduced cost exceeds the distance of bound and award cannot be in a better award and are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from time import perf_counter

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from model.optimise.joint_purchase_auction import Auction, Award, BoolArray, FloatArray, IntArray, price_of, signatures
from model.optimise.solver import ArrayAnswer, ArrayModel, Proof, SolverOptions, Status, prove, solve_arrays

#: Facilities of a cluster: coarse to find packages, finer and finer to prove.
_COARSE, _FINE = 8, (4, 2, 1)
#: Suppliers kept for a cluster by each of two orders of price; the others share one column that only lowers the bound.
_KEPT = 6
#: Rounds in which the prices of capacity are found; they settle geometrically.
_PRICE_ROUNDS = 5
#: Packages within this share of the objective of being awarded are tried first.
_PROMISING = 2e-4
#: Parts of the time for the first packages and for each proof; the rest stays for what follows.
_FIRST_PART, _REOPEN_PART, _PROOF_PART = 0.2, 0.5, 0.6
#: Part of the packages taken that is given back at a time, and the longest time to award it again [s].
_GIVEN_BACK, _REOPEN_SECONDS = 0.35, 3.0
#: Facilities with the closest decisions that stay open when parts are made whole.
_OPEN = 150
#: Longest time to make parts whole [s].
_WHOLE_SECONDS = 5.0


@dataclass(frozen=True)
class _Blocks:
    """The packages of an auction against blocks of facilities."""

    block: IntArray
    count: int
    holds: csr_array
    price: FloatArray
    supplier: IntArray
    power: FloatArray
    groups: csr_array


@dataclass(frozen=True)
class _Aggregate:
    """An aggregated auction as arrays: columns are packages, blocks awarded singly, cluster parts, cluster rests."""

    model: ArrayModel
    packages: IntArray
    capacity_rows: slice


def clear_by_aggregation(auction: Auction, options: SolverOptions) -> tuple[Proof, Award | None]:
    """Return proof and award of a large auction without price schedules and divisible facilities.

    Args:
        auction: every facility needs an offer of a supplier without limit (such as the last resort) or enough capacity.
        options: seconds and gap.

    Returns:
        the proof, with the bound of the aggregated auction, and the award.
    """
    begun = perf_counter()
    blocks = _blocks(auction)
    everything = np.arange(len(auction.packages))
    prices, answer = _capacity_prices(auction, blocks, everything, options)
    if not answer.proof.has_answer:
        return prove(answer.proof.status, np.nan, np.nan, perf_counter() - begun, options), None
    bound = answer.proof.objective
    reduced = answer.reduced_costs[: len(everything)]
    best: Award | None = None
    highest = inf

    def left() -> float:
        return options.seconds - (perf_counter() - begun)

    def improve(chosen: IntArray) -> None:
        nonlocal best, highest
        award = _whole(auction, chosen, prices, replace(options, seconds=max(1.0, min(_WHOLE_SECONDS, left()))))
        if award is not None and (price := price_of(auction, award)) < highest:
            best, highest = award, price

    promising = everything[reduced < _PROMISING * abs(bound)]
    coarse = _aggregate(auction, blocks, promising, prices, _COARSE, lowest=False)
    first = _solve(coarse.model, options, _FIRST_PART * left())
    improve(_chosen(coarse, first))
    for size in _FINE:
        if best is not None and highest - bound <= options.relative_gap * highest:
            break
        if left() < 1.0:
            break
        possible = everything[reduced <= highest - answer.proof.objective]
        fine = _aggregate(auction, blocks, possible, prices, size, lowest=True)
        proven = _solve(fine.model, options, _PROOF_PART * left())
        bound = max(bound, min(highest, proven.proof.bound))
        improve(_chosen(fine, proven))
        if size == _FINE[0] and first.proof.has_answer and highest - bound > options.relative_gap * highest:
            better = _reopened(coarse, blocks, first.values, options, perf_counter() + _REOPEN_PART * left())
            improve(coarse.packages[better[: len(coarse.packages)] > 0.5])
    done = best is not None and highest - bound <= options.relative_gap * highest
    status: Status = "optimal" if done else "feasible" if best is not None else "no_solution"
    return prove(status, highest, bound, perf_counter() - begun, options), best


def capacity_prices(auction: Auction, options: SolverOptions) -> FloatArray:
    """Return what one more kW of each supplier's capacity would save [unit of the objective per kW]."""
    blocks = _blocks(auction)
    return _capacity_prices(auction, blocks, np.arange(len(auction.packages)), options)[0]


def _blocks(auction: Auction) -> _Blocks:
    """Return blocks and packages as arrays."""
    block = signatures(auction)
    count = int(block.max()) + 1
    rows = [np.unique(block[package.facilities]) for package in auction.packages]
    columns = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    blocks = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    holds = csr_array((np.ones(len(blocks)), (blocks, columns)), shape=(count, len(rows)))
    names: dict[tuple[int, str], int] = {}
    grouped = [
        (names.setdefault((package.supplier, package.group), len(names)), position)
        for position, package in enumerate(auction.packages)
        if package.group
    ]
    members = np.array(grouped, dtype=np.int64).reshape(-1, 2)
    groups = csr_array((np.ones(len(members)), (members[:, 0], members[:, 1])), shape=(len(names), len(rows)))
    return _Blocks(
        block,
        count,
        holds,
        np.array([package.price for package in auction.packages]),
        np.array([package.supplier for package in auction.packages], dtype=np.int64),
        np.array([auction.power[package.facilities].sum() for package in auction.packages]),
        groups,
    )


def _capacity_prices(
    auction: Auction, blocks: _Blocks, packages: IntArray, options: SolverOptions
) -> tuple[FloatArray, ArrayAnswer]:
    """Return what a kW of each supplier is worth, and the linear relaxation at these prices.

    Clusters are made at prices, the relaxation gives new prices, and so on; any prices give a valid bound, good ones
    a tight one.
    """
    prices = np.zeros(len(auction.suppliers))
    best: tuple[FloatArray, ArrayAnswer] | None = None
    for _ in range(_PRICE_ROUNDS):
        made = _aggregate(auction, blocks, packages, prices, _FINE[0], lowest=True)
        answer = solve_arrays(_relaxed(made.model), replace(options, relative_gap=0.0))
        if not answer.proof.has_answer:
            return prices, answer
        if best is None or answer.proof.objective > best[1].proof.objective:
            best = prices, answer
        prices = np.maximum(0.0, -answer.prices[made.capacity_rows])
    assert best is not None
    return best


# Large neighbourhood search: some packages are given back, and what they held is awarded again to the best.
def _reopened(
    made: _Aggregate, blocks: _Blocks, values: FloatArray, options: SolverOptions, until: float
) -> FloatArray:
    """Return values that are no worse, found by reopening parts of the award until a moment of `perf_counter`."""
    random = np.random.default_rng(options.seed)
    model, many = made.model, len(made.packages)
    holds = csc_array(blocks.holds[:, made.packages])
    size = np.asarray(holds.sum(axis=0)).ravel()
    while perf_counter() < until:
        taken = values[:many] > 0.5
        given_back = taken & (random.random(many) < _GIVEN_BACK)
        held = np.asarray(holds @ taken.astype(np.float64)).ravel() > 0
        free = (np.asarray(holds @ given_back.astype(np.float64)).ravel() > 0) | (
            ~held & (random.random(len(held)) < _GIVEN_BACK)
        )
        inside = np.asarray(holds.T @ free.astype(np.float64)).ravel() >= size
        lower, upper = model.lower.copy(), model.upper.copy()
        lower[:many] = taken & ~inside
        upper[:many] = taken | inside
        part = replace(model, lower=lower, upper=upper)
        answer = solve_arrays(part, replace(options, seconds=_REOPEN_SECONDS, relative_gap=1e-5), values)
        if answer.proof.has_answer and float(model.costs @ answer.values) < float(model.costs @ values):
            values = answer.values
    return values


def _relaxed(model: ArrayModel) -> ArrayModel:
    """Return a model without its whole numbers."""
    return replace(model, integer=np.zeros_like(model.integer))


def _aggregate(
    auction: Auction, blocks: _Blocks, packages: IntArray, prices: FloatArray, size: int, lowest: bool
) -> _Aggregate:
    """Return the auction with some packages and with facilities in clusters.

    Args:
        auction: the auction.
        blocks: its blocks.
        packages: packages to keep.
        prices: what a kW of each supplier is worth [objective/kW].
        size: most facilities of a cluster.
        lowest: price each cluster at the lowest offer per kW of its members, for a bound; else at the mean.
    """
    power = auction.power[:, None]
    priced = auction.prices + prices * power
    least = priced.min(axis=1)
    extra = (priced - least[:, None]) / power
    cluster, count = _clusters(blocks, extra, size)
    size_kw = np.bincount(cluster, auction.power, count).astype(np.float64)
    if lowest:
        rate = np.full((count, len(auction.suppliers)), inf)
        np.minimum.at(rate, cluster, extra)
    else:
        rate = np.zeros((count, len(auction.suppliers)))
        np.add.at(rate, cluster, extra * power)
        rate /= size_kw[:, None]
    offers = np.bincount(cluster, least, count)[:, None] + (rate - prices) * size_kw[:, None]
    return _assembled(auction, blocks, packages, (cluster, count, size_kw), (rate, offers, prices), lowest)


def _assembled(
    auction: Auction,
    blocks: _Blocks,
    packages: IntArray,
    clusters: tuple[IntArray, int, FloatArray],
    priced: tuple[FloatArray, FloatArray, FloatArray],
    lowest: bool,
) -> _Aggregate:
    """Return the arrays of an aggregated auction.

    Rows: each block is awarded to a package or singly; each cluster of a block awarded singly is split among
    suppliers; capacity by supplier; groups of packages.
    """
    (cluster, count, size_kw), (rate, offers, prices) = clusters, priced
    suppliers, chosen, many = len(auction.suppliers), len(packages), blocks.count
    block_of = np.zeros(count, dtype=np.int64)
    block_of[cluster] = blocks.block
    kept = _cheapest(rate) | _cheapest(np.where(np.isfinite(rate), rate - prices, inf))
    rest = np.where(kept, inf, offers).min(axis=1, initial=inf)
    place, supplier = np.nonzero(kept & np.isfinite(offers))
    held, grouped = blocks.holds[:, packages].tocoo(), blocks.groups[:, packages].tocoo()
    first_part, first_rest = chosen + many, chosen + many + len(place)
    capacity, groups = many + count, many + count + suppliers
    rows: list[np.ndarray] = [held.row, np.arange(many), many + place, many + np.arange(count), many + np.arange(count)]
    columns: list[np.ndarray] = [
        held.col,
        chosen + np.arange(many),
        first_part + np.arange(len(place)),
        first_rest + np.arange(count),
    ]
    columns.append(chosen + block_of)
    values: list[np.ndarray] = [held.data, np.ones(many), np.ones(len(place)), np.ones(count), -np.ones(count)]
    rows += [capacity + blocks.supplier[packages], capacity + supplier, groups + grouped.row]
    columns += [np.arange(chosen), first_part + np.arange(len(place)), grouped.col]
    values += [blocks.power[packages], size_kw[place], grouped.data]
    shape = (groups + blocks.groups.shape[0], first_rest + count)
    matrix = csc_array(
        coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    )
    usable = np.isfinite(rest) & lowest
    costs = np.concatenate(
        (blocks.price[packages], np.zeros(many), offers[place, supplier], np.where(usable, rest, 0.0))
    )
    upper = np.concatenate((np.ones(first_rest), usable.astype(np.float64)))
    lower_rows = np.concatenate((np.ones(many), np.zeros(count), np.full(shape[0] - capacity, -inf)))
    upper_rows = np.concatenate((np.ones(many), np.zeros(count), auction.power_limit, np.ones(blocks.groups.shape[0])))
    integer = np.arange(shape[1]) < chosen
    model = ArrayModel(costs, np.zeros(shape[1]), upper, integer, matrix, lower_rows, upper_rows)
    return _Aggregate(model, packages, slice(capacity, groups))


def _cheapest(values: FloatArray) -> BoolArray:
    """Return the few lowest entries of each row."""
    kept = np.zeros(values.shape, dtype=np.bool_)
    np.put_along_axis(kept, np.argsort(values, axis=1, kind="stable")[:, :_KEPT], True, axis=1)
    return kept


def _clusters(blocks: _Blocks, extra: FloatArray, size: int) -> tuple[IntArray, int]:
    """Return the cluster of each facility: neighbours of a block along the direction in which prices differ most."""
    highest = np.where(np.isfinite(extra), extra, 0.0).max(initial=0.0)
    known = np.where(np.isfinite(extra), extra, 2.0 * highest)
    known = np.minimum(known, np.quantile(known, 0.5))
    along = np.zeros(len(known))
    order = np.argsort(blocks.block, kind="stable")
    edges = np.searchsorted(blocks.block[order], np.arange(blocks.count + 1))
    cluster = np.empty(len(known), dtype=np.int64)
    count = 0
    for number in range(blocks.count):
        members = order[edges[number] : edges[number + 1]]
        if len(members) > 1:
            along[members] = _main_direction(known[members])
        members = members[np.argsort(along[members], kind="stable")]
        cluster[members] = count + np.arange(len(members)) // size
        count += -(-len(members) // size)
    return cluster, count


def _main_direction(values: FloatArray) -> FloatArray:
    """Return the position of each row along the direction in which the rows differ most (power iteration)."""
    spread = values - values.mean(axis=0)
    direction = 1.0 + 1e-3 * np.arange(values.shape[1])
    for _ in range(5):
        direction = spread.T @ (spread @ direction)
        direction = direction / (np.linalg.norm(direction) or 1.0)
    return np.asarray(spread @ direction, dtype=np.float64)


def _solve(model: ArrayModel, options: SolverOptions, seconds: float) -> ArrayAnswer:
    """Solve a model to a fifth of the gap asked for."""
    return solve_arrays(model, replace(options, seconds=max(1.0, seconds), relative_gap=options.relative_gap / 5))


def _chosen(made: _Aggregate, answer: ArrayAnswer) -> IntArray:
    """Return the packages that an answer takes; none where there is no answer."""
    if not answer.proof.has_answer:
        return np.zeros(0, dtype=np.int64)
    return made.packages[answer.values[: len(made.packages)] > 0.5]


def _whole(auction: Auction, chosen: IntArray, prices: FloatArray, options: SolverOptions) -> Award | None:
    """Return the award with the given packages and every other facility awarded singly."""
    free = np.ones(len(auction.facilities), dtype=np.bool_)
    limit = auction.power_limit.copy()
    for position in chosen.tolist():
        package = auction.packages[position]
        free[package.facilities] = False
        limit[package.supplier] -= auction.power[package.facilities].sum()
    rest = replace(auction.among(free), packages=(), power_limit=limit)
    shares = np.zeros(auction.prices.shape)
    if free.any():
        singles = _singles(rest, prices, options)
        if singles is None:
            return None
        shares[free] = singles
    return Award(shares, tuple(chosen.tolist()), np.full(len(auction.suppliers), -1, dtype=np.int64))


def _singles(auction: Auction, prices: FloatArray, options: SolverOptions) -> FloatArray | None:
    """Return the single offers taken, dims (facility, supplier): a relaxation by column generation, then made whole."""
    finite = np.isfinite(auction.prices)
    offered = np.where(finite, auction.prices, 0.0)
    kept = finite & _cheapest(np.where(finite, auction.prices + prices * auction.power[:, None], inf))
    for _ in range(20):
        answer = solve_arrays(_assignment(auction, offered, kept, whole=False), replace(options, relative_gap=0.0))
        if not answer.proof.has_answer:
            if (kept == finite).all():
                return None
            kept = finite
            continue
        many = len(auction.facilities)
        worth = answer.prices[:many, None] + answer.prices[many:] * auction.power[:, None]
        reduced = np.where(finite, offered - worth, inf)
        missing = (reduced < -1e-6 * np.abs(offered)) & ~kept
        if not missing.any():
            break
        kept = kept | missing
    part = np.zeros(kept.shape)
    part[kept] = answer.values
    whole = part.max(axis=1) > 1 - 1e-6
    second = np.partition(np.where(part > 1 - 1e-6, inf, reduced), 0, axis=1)[:, 0]
    closest = np.argsort(np.where(whole, second, -inf), kind="stable")[: _OPEN + int((~whole).sum())]
    settled = whole.copy()
    settled[closest] = False
    open_columns = np.where(settled[:, None], part > 1 - 1e-6, finite & _cheapest(reduced))
    made = solve_arrays(_assignment(auction, offered, open_columns, whole=True), options)
    if not made.proof.has_answer:
        return None
    shares = np.zeros(kept.shape)
    shares[open_columns] = made.values > 0.5
    return shares


def _assignment(auction: Auction, offered: FloatArray, kept: BoolArray, whole: bool) -> ArrayModel:
    """Return the model that assigns every facility to a supplier within capacity, with some of the offers."""
    facility, supplier = np.nonzero(kept)
    many, columns = len(auction.facilities), np.arange(len(facility))
    rows = np.concatenate((facility, many + supplier))
    values = np.concatenate((np.ones(len(facility)), auction.power[facility]))
    shape = (many + len(auction.suppliers), len(facility))
    matrix = csc_array(coo_array((values, (rows, np.concatenate((columns, columns)))), shape=shape))
    return ArrayModel(
        offered[facility, supplier],
        np.zeros(len(facility)),
        np.ones(len(facility)),
        np.full(len(facility), whole),
        matrix,
        np.concatenate((np.ones(many), np.full(len(auction.suppliers), -inf))),
        np.concatenate((np.ones(many), auction.power_limit)),
    )
