"""A schedule as one Dataset: dims facility, year, period, work; every variable with its unit and meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from model.optimise.facility_schedule.ledger import whole_kilograms
from model.optimise.facility_schedule.problem import RENEWABLES
from model.report.schedule.tables import Answer


def dataset(answer: Answer) -> xr.Dataset:
    """Return a schedule with its proof in the attributes."""
    found, problem, amounts = answer.schedule, answer.schedule.problem, answer.schedule.amounts
    by_year: dict[str, tuple[Any, str, str]] = {
        "base_emissions": (problem.base_t, "t/year", "base emissions"),
        "reduction_rate": (problem.rate, "1", "rate of reduction owed"),
        "emissions": (amounts.emissions_t, "t/year", "emissions after renewables"),
        "emissions_before_renewables": (
            whole_kilograms(np.array([p.raw_emissions_t for p in found.plans])),
            "t/year",
            "after works",
        ),
        "recognised": (amounts.recognised.astype(np.int8), "1", "recognised as carbon half by choice of the plan"),
        "grid_electricity": (np.array([p.grid_mwh for p in found.plans]), "MWh/year", "electricity from the grid"),
        "paid_for_works": (np.array([p.paid for p in found.plans]), "JPY/year", "money paid for works and renewals"),
    }
    by_period: dict[str, tuple[Any, str, str]] = {
        "required_reduction": (problem.required_t(), "t", "reduction owed"),
        "excess": (amounts.excess_t, "t", "own excess issued"),
        "shortfall": (amounts.short_t, "t", "owed beyond own reductions"),
        "forgiven": (amounts.forgiven_t, "t", "shortfall that recognition as carbon half takes away"),
        "kept_used": (amounts.kept_t, "t", "excess of the period before used"),
        "expired": (amounts.expired_t, "t", "excess of the period before that ends unused"),
        "sold": (amounts.sold_by_period(problem), "t", "excess sold"),
        "given": (amounts.given_t, "t", "excess given to own facilities"),
        "received": (amounts.received_t, "t", "excess received from own facilities"),
        "credits_used": (amounts.bought_t + amounts.bought_kept_t, "t", "credits without a limit that are used"),
        "outside_credits_used": (amounts.outside_t + amounts.outside_kept_t, "t", "credits from outside Tokyo used"),
        "ordered": (amounts.ordered_t, "t", "left to an order"),
        "not_covered": (amounts.missing_t, "t", "covered by nothing"),
        "worth_of_a_tonne": (found.worth, "JPY/t", "saved by a tonne less in the last year, in its prices"),
    }
    done = [
        (name, work.measure, int(problem.years[start]), float(work.cost[start]))
        for name, own, starts in zip(problem.names, problem.works, found.starts, strict=True)
        for work, start in zip(own, starts, strict=True)
        if start >= 0
    ]
    tonnes = problem.aim == "emissions"
    names, measures, years, costs = zip(*done, strict=True) if done else ((), (), (), ())
    variables = {
        **{k: (("facility", "year"), v, {"units": u, "long_name": m}) for k, (v, u, m) in by_year.items()},
        **{k: (("facility", "period"), v, {"units": u, "long_name": m}) for k, (v, u, m) in by_period.items()},
        "renewables_bought": (
            ("option", "facility", "year"),
            amounts.renewable_mwh,
            {"units": "MWh/year", "long_name": "renewable electricity bought"},
        ),
        "work_cost": (("work",), np.array(costs, dtype=np.float64), {"units": "JPY", "long_name": "outlay for a work"}),
        "money_worth": (
            ("limit", "year"),
            found.money_worth,
            {"units": "t/JPY" if tonnes else "1", "long_name": "saved by 1 JPY more"},
        ),
        "work_worth": (
            ("limit", "year"),
            found.work_worth,
            {"units": "t" if tonnes else "JPY", "long_name": "saved by one more work"},
        ),
    }
    limits = np.array([limit.name or "all" for limit in problem.limits()], dtype=object)
    of_works = {"facility": np.array(names, dtype=object), "measure": np.array(measures, dtype=object),
                "year": np.array(years, dtype=np.int64)}  # fmt: skip
    coordinates = {
        "facility": ("facility", list(problem.names), {"long_name": "facility"}),
        "year": ("year", problem.years, {"long_name": "fiscal year, April to March"}),
        "period": ("period", list(problem.period_numbers), {"long_name": "compliance period"}),
        "option": ("option", list(RENEWABLES), {"long_name": "way to buy renewable electricity"}),
        "limit": ("limit", limits, {"long_name": "owner group with limits of its own, all: the whole portfolio"}),
        **{f"work_{name}": ("work", values, {"long_name": f"{name} of the work"}) for name, values in of_works.items()},
    }
    costs_by_part = {f"cost_{name}": value for name, value in found.costs.items()}
    attributes = {**{k: _plain(v) for k, v in found.proof.facts().items()}, **costs_by_part}
    attributes["own_cost"], attributes["charged_for_changes"] = found.cost, found.charged_for_changes
    attributes["rule_set"] = answer.settings.rule_set
    attributes["fallback"] = int(answer.settings.fallback)
    return xr.Dataset(variables, coords=coordinates, attrs=attributes)


def _plain(value: Any) -> Any:
    """Return a value as a plain attribute."""
    return value.item() if isinstance(value, np.generic) else value
