"""Fans on the figures of a run: drawn where the quantiles say, taken only from an ensemble of the same run."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.ensemble import COUNTED, run_identity
from model.ensemble_answers import QUANTILES
from model.inputs import Data
from model.report.fan import FoundEnsemble, chance_rows, ensemble_folder, fan_sentence, found_ensemble, with_fan
from model.report.run.figures import FIGURES
from model.report.style import drawing
from model.scenario import load_scenario

OVER_TIME = ("emissions", "floor_area", "energy", "solar", "turnover")
LANGUAGES = ("en", "ja")


def quantiles_around(dataset: xr.Dataset, spread: float = 0.5) -> xr.Dataset:
    """Return quantiles as an ensemble would write them, spread evenly around a made-up result."""
    factor = xr.DataArray(1 + spread * np.linspace(-1, 1, len(QUANTILES)), dims="quantile")
    sector = dataset["segment_sector"].to_numpy()
    area = dataset["floor_area"].sum("region")
    by_sector = xr.concat([area.sel(segment=sector == name).sum("segment") for name in ("residential", "commercial")],
                          dim="building_sector")  # fmt: skip
    share = xr.DataArray(np.full((len(COUNTED), dataset.sizes["year"]), 0.3), dims=("counted", "year"))
    variables = {
        "greenhouse_gas_total": dataset["greenhouse_gas_total"].variable,
        "sector_energy": dataset["sector_energy"].variable,
        "solar_capacity": dataset["solar_capacity"].sum(["segment", "region"]).variable,
        "floor_area": by_sector.variable,
        "new_share": share.variable,
    }
    chance = {"chance_quantity": ["solar_capacity"], "chance_year": [2030], "chance_target": [2.0],
              "chance_unit": ["GW"], "chance": [0.25], "chance_low": [0.1], "chance_high": [0.4]}  # fmt: skip
    return xr.Dataset(
        {name: variable * factor.variable for name, variable in variables.items()}
        | {name: ("chance_of", value) for name, value in chance.items()},
        {"quantile": list(QUANTILES), "year": dataset["year"].variable, "sector": dataset["sector"].variable,
         "building_sector": ["residential", "commercial"], "counted": list(COUNTED)},
        {"members": 640},
    )  # fmt: skip


@pytest.fixture(scope="module")
def fanned(thin: xr.Dataset) -> xr.Dataset:
    return with_fan(thin, FoundEnsemble(Path("quantiles.nc"), quantiles_around(thin)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OVER_TIME)
def test_every_figure_over_time_shows_the_fan_and_says_so(fanned: xr.Dataset, name: str, language: str) -> None:
    with warnings.catch_warnings(), drawing(language):  # type: ignore[arg-type]
        warnings.simplefilter("error")
        figure = FIGURES[name](fanned, language)  # type: ignore[arg-type]
        figure.canvas.draw()
    assert any("640" in text.get_text() for text in figure.texts)
    panels = [axes for axes in figure.axes if axes.collections]
    assert panels
    for axes in panels:
        # The outermost quantiles are lines; both are inside the axis.
        shaded = [band.get_paths()[0].vertices[:, 1] for band in axes.collections if band.get_zorder() == 3.2]
        assert len(shaded) == 2
        low, high = axes.get_ylim()
        assert all(low <= heights.min() and heights.max() <= high for heights in shaded)
        assert shaded[0].max() > shaded[1].max()


def test_the_fan_stands_at_the_quantiles(fanned: xr.Dataset, thin: xr.Dataset) -> None:
    with drawing("en"):
        axes = FIGURES["emissions"](fanned, "en").axes[0]
    total = thin["greenhouse_gas_total"].to_numpy()
    outer, inner = (band.get_paths()[0].vertices for band in axes.collections if band.get_zorder() == 3.2)
    first = thin["year"].to_numpy()[0]
    for vertices, spread in ((outer, 0.5), (inner, 0.25)):
        at_first = vertices[vertices[:, 0] == first, 1]
        assert at_first.min() == pytest.approx((1 - spread) * total[0])
        assert at_first.max() == pytest.approx((1 + spread) * total[0])


def test_without_an_ensemble_nothing_is_added(thin: xr.Dataset) -> None:
    assert with_fan(thin, None) is thin
    assert with_fan(thin, FoundEnsemble(Path("quantiles.nc"), None)) is thin
    assert chance_rows(thin, "en") == []
    assert "run.py ensemble" in fan_sentence(thin, "ja")
    with drawing("en"):
        axes = FIGURES["emissions"](thin, "en").axes[0]
    assert not [band for band in axes.collections if band.get_zorder() == 3.2]


def test_the_page_says_how_likely_each_target_is(fanned: xr.Dataset) -> None:
    assert "640" in fan_sentence(fanned, "en") and "640" in fan_sentence(fanned, "ja")
    assert chance_rows(fanned, "en")[1] == ["Solar on roofs", 2030, "2.0 GW", "25%", "10%–40%"]


def test_only_the_ensemble_of_the_same_run_is_taken(thin: xr.Dataset, data: Data, tmp_path: Path) -> None:
    levers = load_scenario("no_new_policy").levers
    other = load_scenario("no_new_policy", ["electricity.renewable_share=0.4"]).levers
    folder = tmp_path / "some"
    assert found_ensemble(folder, levers, data) is None
    file = ensemble_folder(folder) / "quantiles.nc"
    file.parent.mkdir()
    mine = quantiles_around(thin).assign_attrs(run_identity(levers, data))
    mine.to_netcdf(file, engine="h5netcdf")
    found = found_ensemble(folder, levers, data)
    assert found is not None and found.quantiles is not None
    assert found.quantiles["solar_capacity"].equals(mine["solar_capacity"])
    assert found_ensemble(folder, other, data) == FoundEnsemble(file, None)
    changed = replace(data, sha256={**data.sha256, "solar/parameters.csv": "another"})
    assert found_ensemble(folder, levers, changed) == FoundEnsemble(file, None)
    file.write_bytes(b"no netCDF")
    assert found_ensemble(folder, levers, data) == FoundEnsemble(file, None)
