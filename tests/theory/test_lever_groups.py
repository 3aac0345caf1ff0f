"""Groups of levers: every measure in one group, and mixes that meet the scenarios they lie between."""

from collections.abc import Callable

import numpy as np
import pytest

from model.abatement import ORDERS, TOGETHER, marginal_abatement
from model.inputs import Data
from model.lever_groups import Mixer, Weights, differing_groups, flat, lever_groups, switched
from model.levers import FAMILY_OF, Levers
from model.scenario import Scenario


def test_every_measure_is_in_one_group_and_the_frame_in_none() -> None:
    held = [name for group in lever_groups().values() for name in group.levers]
    assert len(held) == len(set(held))
    left = [name for name in FAMILY_OF if name not in held]
    assert {name.split(".")[0] for name in left} == {"years", "demand", "stock", "electricity", "solar"}
    assert [name for name in left if name.startswith(("electricity", "solar"))] == [
        "solar.full_roofs",
        "electricity.fixed_factor_after",
    ]
    assert all(group.levers for group in lever_groups().values())


def test_switching_all_groups_gives_the_other_scenario(no_new_policy: Scenario, carbon_half: Scenario) -> None:
    base, half = no_new_policy.levers, carbon_half.levers
    groups = differing_groups(base, half)
    assert switched(base, half, groups) == half
    assert switched(base, half, []) == base
    assert "lighting_and_appliances" not in groups


def test_mixes_meet_their_ends_and_lie_straight_between(levers_with: Callable[..., Levers]) -> None:
    low = levers_with("solar.retrofit_mw=20", "equipment.last_year.oil_heater=null", "renovation.minimum_age.public=10")
    high = levers_with(
        "solar.retrofit_mw={2022: 20, 2030: 100}",
        "equipment.last_year.oil_heater=2030",
        "renovation.minimum_age.public=20",
    )

    mixer = Mixer(low, [low, high])

    def at(first: float, last: float, group: str) -> dict[str, object]:
        rows = np.array([[1.0 - first, first], [1.0 - last, last]])
        return flat(mixer.mixed({group: Weights((2030, 2050), rows)}))

    assert at(0, 0, "solar_retrofit")["solar.retrofit_mw"] == {"2022": 20.0, "2030": 20.0, "2050": 20.0}
    # In 2040 half of the 80 MW that lie between the two.
    half = mixer.mixed({"solar_retrofit": Weights((2030, 2040, 2050), np.array([[1, 0], [0.5, 0.5], [0, 1]]))})
    assert flat(half)["solar.retrofit_mw"] == {"2022": 20.0, "2030": 20.0, "2040": 60.0, "2050": 100.0}
    # A ban half way between 2030 and none, which counts as the end of the run in 2050.
    assert at(0.5, 0.5, "heating_and_cooling")["equipment.last_year.oil_heater"] == 2040
    assert at(0, 0, "heating_and_cooling")["equipment.last_year.oil_heater"] is None
    assert at(0.5, 0.5, "renovation_others")["renovation.minimum_age.public"] == 15.0


@pytest.mark.slow
def test_abatement_of_two_levers_against_runs_by_hand(
    data: Data, levers_with: Callable[..., Levers], no_new_policy: Scenario
) -> None:
    from model.pathway import run_pathway

    changes = ("electricity.renewable_share={2022: 0.219, 2050: 0.8}", "solar.retrofit_mw={2022: 15, 2030: 100}")

    def run(*chosen: str) -> tuple[np.ndarray, float]:
        result = run_pathway(levers_with(*chosen), data, resolution="metropolis")
        weights = 1.03 ** -np.arange(28)
        cost = result.values["annual_cost"].sum(axis=(1, 2))[23:]
        return result.values["greenhouse_gas_total"][23:], float(weights @ cost)

    answer = marginal_abatement(no_new_policy.levers, levers_with(*changes), data)
    assert list(answer["lever_group"].values) == ["solar_retrofit", "renewable_power", TOGETHER]
    none, power, panels, both = run(), run(changes[0]), run(changes[1]), run(*changes)
    weights = 1.03 ** -np.arange(28)
    for group, order, before, after in (
        ("renewable_power", "first_in", none, power),
        ("renewable_power", "last_in", panels, both),
        ("solar_retrofit", "first_in", none, panels),
        ("solar_retrofit", "last_in", power, both),
        (TOGETHER, "first_in", none, both),
    ):
        here = answer.sel(lever_group=group, order=order)
        tonnes = (before[0] - after[0]) * 1e6
        np.testing.assert_allclose(here["avoided"], tonnes, atol=1.0)
        assert float(here["avoided_discounted"]) == pytest.approx(weights @ tonnes, rel=1e-9)
        assert float(here["cost_discounted"]) == pytest.approx(after[1] - before[1], rel=1e-6)
        assert float(here["cost_per_tonne"]) == pytest.approx((after[1] - before[1]) / (weights @ tonnes), rel=1e-6)
    # Panels avoid less where the grid is clean: the groups alone add up to more than the two together.
    first, last = (float(answer["interaction"].sel(order=order)) for order in ORDERS)
    assert first < 0 < last
    assert first == pytest.approx(-last, rel=1e-6)
