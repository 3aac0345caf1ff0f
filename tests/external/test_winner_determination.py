"""Published optima through the code that clears the wards' auctions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from model.optimise.joint_purchase.auction import Auction, Segment, price_of
from model.optimise.joint_purchase.clear import clear
from model.optimise.solver import SolverOptions

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
INSTANCES = SHARED / "external" / "single_source_assignment"
BIDS_1968 = SHARED / "data" / "procurement" / "bid_evaluation_1968.csv"

pytestmark = pytest.mark.skipif(not INSTANCES.is_dir(), reason="cases of others are not beside the project")


def expected() -> dict[str, float]:
    with (INSTANCES / "expected.csv").open(encoding="utf-8", newline="") as lines:
        return {row["instance"]: float(row["optimum"]) for row in csv.DictReader(lines)}


def instance(name: str) -> Auction:
    """A supplier is an agent with fixed charge and capacity: one price step from 0 to the capacity, with a setup."""
    words = (INSTANCES / f"{name}.txt").read_text(encoding="utf-8").split()
    agents, customers = int(words[0]), int(words[1])
    numbers = np.array(words[2:], dtype=float)
    capacity, fixed, demand, costs = np.split(numbers, [agents, 2 * agents, 2 * agents + customers])
    return Auction(
        tuple(str(one) for one in range(customers)),
        tuple(str(one) for one in range(agents)),
        demand,
        demand,
        np.zeros(customers, dtype=bool),
        costs.reshape(customers, agents),
        np.full(agents, np.inf),
        (),
        tuple(Segment(agent, 0.0, capacity[agent], fixed[agent], 0.0) for agent in range(agents)),
    )


@pytest.mark.parametrize(
    "name", ["p6", "p13", pytest.param("p1", marks=pytest.mark.slow), pytest.param("p41", marks=pytest.mark.slow),
             pytest.param("p25", marks=pytest.mark.slow)]
)  # fmt: skip
def test_single_source_optima(name: str) -> None:
    auction = instance(name)
    cleared = clear(auction, SolverOptions(seconds=120, relative_gap=0.0))
    assert cleared.award is not None
    assert cleared.proof.status == "optimal"
    assert price_of(auction, cleared.award) == pytest.approx(expected()[name], abs=1e-6)
    load = auction.energy @ cleared.award.served(auction)
    assert (load <= [one.most + 1e-9 for one in auction.segments]).all()


def test_bid_evaluation_of_1968() -> None:
    with BIDS_1968.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    vendors = sorted({row["vendor"] for row in rows})
    segments: list[Segment] = []
    for row in rows:
        start, price = float(row["q_min"]), float(row["price"])
        setup = float(row["setup"]) if row["setup"] else segments[-1].setup + (segments[-1].price - price) * start
        segments.append(Segment(vendors.index(row["vendor"]), start, float(row["q_max"]), setup, price))
    auction = Auction(
        ("steel",), tuple(vendors), np.array([239600.48]), np.array([1.0]), np.array([True]),
        np.zeros((1, len(vendors))), np.full(len(vendors), np.inf), (), tuple(segments),
    )  # fmt: skip
    cleared = clear(auction, SolverOptions(relative_gap=0.0))
    assert cleared.proof.objective == pytest.approx(15_210_109.512, abs=0.01)
