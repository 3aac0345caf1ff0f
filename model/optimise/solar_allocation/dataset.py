"""The answer of the panel allocation as a Dataset that other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.answer import Answer, left_hand_sides
from model.optimise.solar_allocation.heat import HEAT_BY_BITS
from model.optimise.solar_allocation.names import OBJECTIVE_UNITS
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
            OBJECTIVE_UNITS[found.wishes.objective],
            "move of the objective by one size more",
        ),
        "next_size_worth": (found.next_size_worth, unit, "what the prices of the rules pay for one size more"),
    }
    if found.worth is not None:
        for name, values in (("claim_worth_low", found.worth.claim_low), ("claim_worth_high", found.worth.claim_high)):
            by_house[name] = (values, unit, "proven range of the worth of leaving the house out")
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
    variables["rule_price"] = ("rule", np.array([prices[name][0] for name in names]), {"long_name": "price of a unit"})
    variables["rule_value"] = ("rule", np.array([sides[name][0] for name in names]), {"long_name": "reached"})
    variables["rule_at_least"] = ("rule", np.array([sides[name][1] for name in names]), {"long_name": "asked for"})
    schemes = list(plan.outcomes)
    variables["scheme_objective"] = ("scheme", np.array([plan.outcomes[one].value for one in schemes]), {})
    variables["scheme_bound"] = ("scheme", np.array([plan.outcomes[one].bound for one in schemes]), {})
    heat = np.array(HEAT_BY_BITS)
    coordinates = {
        "house": ("house", found.portfolio.ids.astype(str)),
        "municipality": ("house", cells["municipality"].astype(str)),
        "house_type": ("house", np.array(HOUSE_TYPES)[found.houses.house_type]),
        "way_to_pay": ("house", found.way.astype(str)),
        "heat_added": ("house", heat[found.heat]),
        "rule": ("rule", np.array(names, dtype=str)),
        "rule_unit": ("rule", np.array([prices[name][1] for name in names], dtype=str)),
        "scheme": ("scheme", np.array(schemes, dtype=str)),
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
