"""The answer of the panel allocation as a Dataset that other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.answer import Answer, left_hand_sides
from model.optimise.solar_allocation.heat import HEAT_BY_BITS
from model.optimise.solar_allocation.names import OBJECTIVE_UNITS, row_unit
from model.ordinance.building_report.equations import HOUSE_TYPES

if TYPE_CHECKING:
    import xarray as xr

FloatArray = npt.NDArray[np.float64]


def dataset(found: Answer) -> xr.Dataset:
    """Return the answer as a Dataset: dims house, rule and scheme, with units, and the proof in the attributes."""
    import xarray as xr

    plan = found.plan
    cells = found.portfolio.cells
    unit = OBJECTIVE_UNITS[found.wishes.objective]
    by_house: dict[str, tuple[FloatArray, str, str]] = {
        "capacity": (found.kw, "kW", "capacity of panels"),
        "heat": (found.heat_kw, "kW", "heat of the sun and the ground as capacity of panels"),
        "generation": (found.generation, "kWh", "generation of the first year"),
        "outlay": (found.outlay, "JPY", "paid at the start after the grant"),
        "cost": (found.cost, "JPY", "net cost over the horizon"),
        "benefit": (found.benefit, "JPY", "benefit of the owner over the horizon"),
        "grant": (found.grant, "JPY", "grant"),
        "co2_avoided": (found.co2, "t", "CO2 avoided in a year"),
        "next_size": (
            found.next_size,
            unit,
            "move of the objective by one size more",
        ),
        "next_size_worth": (found.next_size_worth, unit, "what the prices of the rules pay for one size more"),
    }
    if found.worth is not None:
        ends = (("low", "lower", found.worth.claim_low), ("high", "upper", found.worth.claim_high))
        for end, word, values in ends:
            by_house[f"claim_worth_{end}"] = (values, unit, f"proven {word} end of the worth of leaving the house out")
    variables: dict[str, Any] = {
        name: ("house", values, {"units": unit, "long_name": title}) for name, (values, unit, title) in by_house.items()
    }
    variables["left_out"] = (
        "house",
        found.left_out.astype(np.int8),
        {"units": "1", "long_name": "left out of the count"},
    )
    prices, sides = found.prices(), left_hand_sides(found)
    names = list(prices)
    # A unit each: those of prices and of amounts stand beside the rules.
    for name, title, numbers in (
        (
            "rule_price",
            "price of a unit, as if panels could be divided [rule_price_unit]",
            [prices[one][0] for one in names],
        ),
        ("rule_value", "reached [rule_unit]", [sides[one][0] for one in names]),
        ("rule_at_least", "asked for [rule_unit]", [sides[one][1] for one in names]),
    ):
        variables[name] = ("rule", np.array(numbers), {"long_name": title})
    schemes = list(plan.outcomes)
    aim = found.wishes.objective
    for name, title, numbers in (
        ("scheme_objective", f"{aim} of the best plan found", [plan.outcomes[one].value for one in schemes]),
        ("scheme_bound", f"proven bound on {aim}", [plan.outcomes[one].bound for one in schemes]),
    ):
        variables[name] = ("scheme", np.array(numbers), {"units": unit, "long_name": title})
    heat = np.array(HEAT_BY_BITS)
    coordinates = {
        "house": ("house", found.portfolio.ids.astype(str), {"long_name": "house"}),
        "municipality": ("house", cells["municipality"].astype(str), {"long_name": "code of the municipality"}),
        "house_type": ("house", np.array(HOUSE_TYPES)[found.houses.house_type], {"long_name": "type of house"}),
        "way_to_pay": ("house", found.way.astype(str), {"long_name": "way to pay, empty without panels"}),
        "heat_added": ("house", heat[found.heat], {"long_name": "heat added, empty for none"}),
        "rule": ("rule", np.array(names, dtype=str), {"long_name": "rule that ties houses together"}),
        "rule_unit": (
            "rule",
            np.array([row_unit(name) for name in names], dtype=str),
            {"long_name": "unit of the rule"},
        ),
        "rule_price_unit": (
            "rule",
            np.array([prices[name][1] for name in names], dtype=str),
            {"long_name": "unit of the price"},
        ),
        "scheme": ("scheme", np.array(schemes, dtype=str), {"long_name": "rate scheme"}),
    }
    attributes = {
        "supplier": found.portfolio.supplier,
        "scheme": str(plan.scheme),
        "objective_name": found.wishes.objective,
        "asked_for": json.dumps(found.wishes.facts()),
        "required_kw": found.required_kw,
        "counted_kw": found.counted_kw,
        **plan.proof.facts(),
        "proven_for": plan.proven,
    }
    if found.worth is not None:
        worth = {"last_kw_costs": found.worth.last_kw, "next_kw_costs": found.worth.next_kw}
        return xr.Dataset(variables, coordinates, {**attributes, **{k: [v.low, v.high] for k, v in worth.items()}})
    return xr.Dataset(variables, coordinates, attributes)
