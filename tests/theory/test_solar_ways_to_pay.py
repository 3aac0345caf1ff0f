"""How panels are paid: as the list states, else in a way that is offered; what is built is not decided again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from house_cases import portfolio

from model.optimise.solar_allocation.answer import Answer, Setting, answer, verified
from model.optimise.solar_allocation.generator import write_generated
from model.optimise.solar_allocation.inputs import WAYS_TO_PAY
from model.optimise.solar_allocation.model import Wishes
from model.optimise.solar_allocation.reread import reread
from model.ordinance.column_reader import Columns
from model.ordinance.solar_economics.equations import cost_of_system
from model.ordinance.subsidies.equations import panel_grant_jpy
from model.report.allocation.texts import remarks

SETTING = Setting.read("adopted_2025")
DONE = {"state": "done", "kw": 4.0}
Found = Callable[..., Answer]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    def looked_at(*houses: dict[str, Any], **wishes: Any) -> Answer:
        supply = portfolio(*houses)
        path = tmp_path / f"{supply.supplier}.csv"
        write_generated(path, Columns("list", supply.cells, supply.lines))
        made = answer(supply, Wishes(**wishes), SETTING, moves=False)
        return verified(made, reread(path)[supply.supplier])

    return looked_at


def holds(one: Answer) -> bool:
    return one.verification is not None and one.verification.holds


def money(way: str, kw: float = 4.0) -> Any:
    """Return the money of a system in the best direction, by the economics of single systems."""
    size, nothing = np.array([kw]), np.array([np.nan])
    made = size * SETTING.economics.assumptions.yield_kwh_per_kw
    return SETTING.economics.money(size, made, way, np.array([False]), nothing, nothing)


@pytest.mark.parametrize("offered", [("purchase",), ("lease", "power_purchase"), WAYS_TO_PAY])
@pytest.mark.parametrize("way", WAYS_TO_PAY)
def test_a_house_that_is_done_stays_paid_as_stated(found: Found, way: str, offered: tuple[str, ...]) -> None:
    plan = found({**DONE, "way_to_pay": way}, {"max_kw": 4.0}, ways_to_pay=offered)
    assert holds(plan)
    # 4 kW are more than the 3.4 kW owed, so that nothing is added.
    assert plan.way.tolist() == [way, ""]
    assert plan.outlay[0] == pytest.approx(money(way).outlay[0])
    assert plan.plan.proof.objective == pytest.approx(money(way).cost[0])


@pytest.mark.parametrize("first", WAYS_TO_PAY)
def test_what_is_built_without_a_stated_way_is_paid_in_the_first_one_and_that_is_told(found: Found, first: str) -> None:
    ways = (first, *(way for way in WAYS_TO_PAY if way != first))
    plan = found(DONE, {"state": "started", "kw": 2.0, "way_to_pay": "lease"}, {"max_kw": 4.0}, ways_to_pay=ways)
    assert holds(plan)
    assert plan.way.tolist()[:2] == [first, "lease"]
    assert [one.en for one in remarks(plan) if one.en.startswith("1 house started or done without")]


def test_only_bought_panels_need_no_word(found: Found) -> None:
    assert not [one for one in remarks(found(DONE)) if "way to pay" in one.en]


@pytest.mark.parametrize("way", WAYS_TO_PAY)
def test_an_owner_who_has_chosen_is_not_asked_again(found: Found, way: str) -> None:
    """The house has to take 2 kW to owe 1.7; the others ways would be on offer."""
    plan = found({"max_kw": 4.0, "way_to_pay": way}, ways_to_pay=("purchase",))
    assert holds(plan)
    assert plan.way.tolist() == [way]
    assert plan.plan.proof.objective == pytest.approx(money(way, 2.0).cost[0])


def test_a_stated_lease_needs_no_budget(found: Found) -> None:
    assert found({"max_kw": 4.0}, budget_jpy=0.0).plan.scheme is None
    plan = found({"max_kw": 4.0, "way_to_pay": "lease"}, {"max_kw": 4.0}, budget_jpy=0.0)
    assert holds(plan)
    assert plan.kw.tolist() == pytest.approx([3.6, 0.0])


def test_the_best_of_the_ways_on_offer_is_taken(found: Found) -> None:
    cheapest = min(WAYS_TO_PAY, key=lambda way: float(money(way, 2.0).cost[0]))
    assert found({"max_kw": 4.0}, ways_to_pay=WAYS_TO_PAY).way.tolist() == [cheapest]


def test_the_second_look_finds_a_way_that_is_not_the_stated_one(found: Found, tmp_path: Path) -> None:
    plan = found({**DONE, "way_to_pay": "lease"}, DONE, ways_to_pay=("purchase", "lease"))
    for ways in (["purchase", "purchase"], ["lease", "lease"]):
        other = verified(replace(plan, way=np.array(ways, dtype=object)), reread(tmp_path / "list.csv")["list"])
        assert other.verification is not None
        assert [check.name.en for check in other.verification.checks if not check.holds] == [
            "panels are paid as stated or offered"
        ]


def test_a_power_purchase_follows_what_its_provider_pays_and_is_granted() -> None:
    """Of a 4 kW system bought by the provider with 3 % return over ten years, priced by what is used at home."""
    economics = SETTING.economics
    terms = economics.assumptions
    worth = sum(1.03**-year * (1 - terms.degradation) ** (year - 1) for year in range(1, 11))
    used = 4.0 * terms.yield_kwh_per_kw * terms.self_use_share * worth
    grant, initial = float(panel_grant_jpy(4.0, economics.grant_new)), float(cost_of_system(4.0, terms))
    for moves, paid in (({"grant": 0.5}, grant / 2), ({"grant": 0.0}, grant), ({"cost": 1.1}, initial / 10)):
        dearer = economics.moved(**moves).power_price - economics.power_price
        assert dearer * used == pytest.approx(paid)
