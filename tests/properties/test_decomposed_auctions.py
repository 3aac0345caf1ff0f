"""Auctions cleared by decomposition: the order of rows changes nothing, and what one model can prove is proven."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

from model.optimise.joint_purchase import clear as joint_purchase_clear
from model.optimise.joint_purchase.build import Built, build
from model.optimise.joint_purchase.clear import clear, is_large
from model.optimise.joint_purchase.forms import write_tables
from model.optimise.joint_purchase.inputs import read_purchase
from model.optimise.joint_purchase.scale import clear_by_decomposition
from model.optimise.joint_purchase.synthetic import synthetic
from model.optimise.solver import SolverOptions

OPTIONS = SolverOptions(seconds=60, relative_gap=1e-4)


@pytest.fixture
def decomposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_purchase_clear, "LARGEST_DIRECT", 0)
    monkeypatch.setattr(joint_purchase_clear, "TIES_UP_TO", 0)


def built_of(folder: Path) -> Built:
    return build(read_purchase(sorted(folder.glob("*.csv")), keep_good=True)[0])


def shuffle_rows(folder: Path, seed: int) -> None:
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if not rows:
            continue
        headings = list(rows[0])
        random.Random(seed).shuffle(rows)
        with path.open("w", encoding="utf-8-sig", newline="") as lines:
            writer = csv.DictWriter(lines, headings)
            writer.writeheader()
            writer.writerows(rows)


@pytest.mark.slow
def test_ten_thousand_packages_in_any_order_are_the_same_auction(tmp_path: Path) -> None:
    """What is cleared is the same to the last bit, and so is the award, as nothing else of the files is looked at."""
    write_tables(synthetic(23, 100, 30, 10_000, seed=0).tables, tmp_path, "en")
    first = built_of(tmp_path)
    shuffle_rows(tmp_path, seed=7)
    again = built_of(tmp_path)
    assert len(first.auction.packages) > 9_000 and is_large(first.auction)
    for name in ("facilities", "suppliers", "segments"):
        assert getattr(first.auction, name) == getattr(again.auction, name), name
    for name in ("energy", "power", "divisible", "prices", "power_limit"):
        assert np.array_equal(getattr(first.auction, name), getattr(again.auction, name)), name
    for one, other in zip(first.auction.packages, again.auction.packages, strict=True):
        assert (one.name, one.supplier, one.price, one.group) == (other.name, other.supplier, other.price, other.group)
        assert np.array_equal(one.facilities, other.facilities)


@pytest.mark.usefixtures("decomposed")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_no_award_of_a_decomposed_auction(tmp_path: Path, seed: int) -> None:
    tables = synthetic(4, 10, 8, 20, seed=seed).tables
    # Every other bid is repeated by another supplier, so that many offers tie.
    bids = tables["auction_bids"]
    rivals = sorted({row.supplier for row in bids})
    copies = [
        row.model_copy(update={"id": f"again {row.id}", "supplier": rivals[(rivals.index(row.supplier) + 1) % 8]})
        for row in bids[::2]
    ]
    tables["auction_bids"] = [*bids, *copies]
    write_tables(tables, tmp_path, "ja")
    awards = []
    for number in range(3):
        built = built_of(tmp_path)
        assert is_large(built.auction)
        cleared = clear(built.auction, OPTIONS, settle_ties=True)
        assert cleared.award is not None
        who = [built.auction.suppliers[one] for one in cleared.award.supplier_of(built.auction)]
        packages = [built.auction.packages[one].name for one in cleared.award.packages]
        awards.append((dict(zip(built.auction.facilities, who, strict=True)), packages))
        shuffle_rows(tmp_path, number)
    assert awards[0] == awards[1] == awards[2]


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_a_decomposition_without_news_goes_on_as_one_model(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(synthetic(4, 8, 8, 20, seed=seed).tables, tmp_path, "ja")
    auction = built_of(tmp_path).auction
    exact = SolverOptions(seconds=60, relative_gap=0.0, absolute_gap=0.5)
    whole = clear(auction, exact)
    monkeypatch.setattr(joint_purchase_clear, "LARGEST_DIRECT", 0)
    cleared = clear(auction, exact)
    assert cleared.proof.status == whole.proof.status == "optimal"
    assert cleared.proof.objective == pytest.approx(whole.proof.objective, abs=0.5)
    alone, _ = clear_by_decomposition(auction, exact)
    assert np.isnan(alone.objective) or alone.bound - 0.5 <= whole.proof.objective <= alone.objective + 0.5
