"""From a computed pathway to the Dataset that people open: labels, names, sources and quality on every variable."""

from __future__ import annotations

import numpy as np
import xarray as xr

from model.axes import PROJECTION_FROM, Axes
from model.emissions import FACTOR_VIEWS
from model.inputs import Data
from model.labels import classification, classification_coordinates
from model.observation import Observation
from model.observations import observations
from model.pathway import Pathway
from model.regions import municipal_basis
from model.results import assemble
from model.scenario import Scenario
from model.schema import QUALITIES, VARIABLES
from model.variable_tables import VARIABLE_TABLES


def outcome(scenario: Scenario, pathway: Pathway, data: Data) -> xr.Dataset:
    """Return the result Dataset of a run, complete and checked against the schema."""
    axes = pathway.axes
    seen = observations(pathway, data)
    labels = _labels(axes, seen)
    values = pathway.values | {
        "published": np.array([one.published for one in seen]),
        "modelled": np.array([one.modelled for one in seen]),
        "residual": np.array([one.residual for one in seen]),
    }
    attrs: dict[str, str | int | float] = {
        "scenario": scenario.name,
        "title_en": scenario.title.en,
        "title_ja": scenario.title.ja,
        "scenario_hash": scenario.content_hash,
        "scenario_chain": " > ".join(scenario.chain),
        "projection_from": PROJECTION_FROM,
        "largest_balance_residual": pathway.stock.largest_residual,
    }
    attrs |= {f"mean_lifetime_{name}": round(value, 3) for name, value in pathway.lifetimes.mean.items()}
    attrs |= {f"lifetime_position_{name}": round(value, 6) for name, value in pathway.lifetimes.position.items()}
    attrs |= {f"heat_use_factor_{name}": round(value, 6) for name, value in pathway.calibration.heat_factor.items()}
    attrs |= {f"electric_use_factor_{name}": round(v, 6) for name, v in pathway.calibration.electric_factor.items()}
    attrs |= {f"programme_{name}": form for name, form in pathway.levers.programmes.form.items()}
    attrs |= {"programme_rules": pathway.levers.programmes.rule_set}
    attrs |= {f"optimiser_gap_{name}": gap for name, gap in pathway.gaps.items()}
    coordinates = classification_coordinates(labels) | _observation_coordinates(seen)
    coordinates["region_basis"] = list(municipal_basis(data, axes))
    return assemble(values, labels, coordinates, attrs, {name: provenance(name, data) for name in VARIABLES})


def _labels(axes: Axes, seen: list[Observation]) -> dict[str, list[str] | list[int]]:
    return {
        "year": axes.years.tolist(),
        "segment": list(axes.segments),
        "region": list(axes.regions),
        "vintage_class": list(axes.vintage_classes),
        "standard": list(axes.standards),
        "end_use": list(axes.end_uses),
        "carrier": list(axes.carriers),
        "technology": list(axes.technologies),
        "sector": list(axes.sectors),
        "load_moment": list(axes.load_moments),
        "payer": list(axes.payers),
        "cost_item": list(axes.cost_items),
        "building_sector": ["residential", "commercial"],
        "building_class": list(axes.building_classes),
        "factor_view": list(FACTOR_VIEWS),
        "observation": [f"{one.quantity} {one.year}" for one in seen],
    }


def _observation_coordinates(seen: list[Observation]) -> dict[str, list[object]]:
    return {
        "quantity": [one.quantity for one in seen],
        "observation_year": [one.year for one in seen],
        "unit": [one.unit for one in seen],
        "quality": [one.quality for one in seen],
        "source_id": [one.source_id for one in seen],
        "quantity_ja": [one.name.ja for one in seen],
        "quantity_en": [one.name.en for one in seen],
        "remark_ja": [one.remark.ja for one in seen],
        "remark_en": [one.remark.en for one in seen],
    }


def provenance(variable: str, data: Data) -> dict[str, str]:
    """Return what a result variable rests on: its tables, their sources and the weakest quality among them."""
    tables = VARIABLE_TABLES[variable]
    frames = [data.frames[name] for name in tables]
    sources = {source for frame in frames for ids in frame["source_id"].unique() for source in ids.split(";")}
    words = list(QUALITIES)
    weakest = max((words.index(word) for frame in frames for word in frame["quality"].unique()), default=0)
    found = {"tables": " ".join(tables), "source_id": ";".join(sorted(sources)), "quality": words[weakest]}
    # Only variables by municipality are downscaled.
    row = classification("downscaling").get(variable, {})
    return found | {f"downscaling_{name}": row[name] for name in ("quality", "method_en", "method_ja") if row}
