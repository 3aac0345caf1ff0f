"""The exchange format: names without duplicates, parts that make their whole, and what pyam says of the file."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from model.iamc import COLUMNS, REGION, iamc_rows, splits, terms, write_iamc
from model.inputs import Data
from model.outcome import outcome
from model.pathway import Pathway
from model.scenario import Scenario
from model.schema import VARIABLES


@pytest.fixture(scope="module")
def result(carbon_half: Scenario, half_run: Pathway, data: Data) -> xr.Dataset:
    return outcome(carbon_half, half_run, data)


@pytest.fixture(scope="module")
def values(result: xr.Dataset) -> dict[tuple[str, str], np.ndarray]:
    return {(region, name): np.array(series) for region, name, _, series in iamc_rows(result)}


def test_no_row_is_there_twice_and_every_name_has_one_unit(result: xr.Dataset) -> None:
    rows = iamc_rows(result)
    assert max(Counter((region, name) for region, name, _, _ in rows).values()) == 1
    units: dict[str, set[str]] = {}
    for _, name, unit, _ in rows:
        units.setdefault(name, set()).add(unit)
    assert {len(one) for one in units.values()} == {1}
    assert not [name for name in units if "||" in name or name.strip("| ") != name]


def test_parts_make_their_whole_in_every_year(values: dict[tuple[str, str], np.ndarray]) -> None:
    assert len(splits()) > 15
    for (total, split), parts in splits().items():
        assert len(parts) > 1, (total, split)
        summed = sum(values[REGION, part] for part in parts)
        np.testing.assert_allclose(summed, values[REGION, total], rtol=1e-6, atol=1e-6, err_msg=f"{total} by {split}")


def test_municipalities_make_tokyo(values: dict[tuple[str, str], np.ndarray]) -> None:
    by_region = {name for region, name in values if region != REGION}
    assert len(by_region) > 20
    for name in by_region:
        places = [series for (region, one), series in values.items() if one == name and region != REGION]
        assert len(places) == 62
        np.testing.assert_allclose(sum(places), values[REGION, name], rtol=1e-6, atol=1e-9, err_msg=name)


def test_numbers_are_those_of_the_result(
    result: xr.Dataset, values: dict[tuple[str, str], np.ndarray], half_run: Pathway
) -> None:
    year = half_run.axes.year_index(2030)
    at = result.sel(year=2030)
    assert values[REGION, "Emissions|Kyoto Gases"][year] == pytest.approx(float(at["greenhouse_gas_total"]))
    assert values[REGION, "Capacity|Electricity|Solar|PV"][year] == pytest.approx(
        float(at["solar_capacity"].sum()) / 1e6
    )
    # Final energy of buildings, 1 PJ = 1,000 TJ; what panels give on site is in it.
    assert values[REGION, "Final Energy|Residential and Commercial"][year] == pytest.approx(
        float(at["final_energy"].sum()) / 1e3
    )
    heat = float(at["final_energy"].sel(carrier="district_heat").sum()) / 1e3
    assert values[REGION, "Final Energy|Residential and Commercial|Heat"][year] == pytest.approx(heat)
    # Fuels burnt in buildings, from the energy bought and the factors of the run, by hand.
    factors, bought = half_run.supply.carriers[year, :, 0], half_run.values["purchased_energy"][year].sum(axis=0)
    fuels = [half_run.axes.carriers.index(name) for name in ("city_gas", "lpg", "oil")]
    direct = sum(float(bought[i] * factors[i]) for i in fuels) / 1e3
    assert values[REGION, "Emissions|CO2|Energy|Demand|Residential and Commercial"][year] == pytest.approx(
        direct, rel=1e-6
    )
    bought_twh = float(at["sector_electricity"].sum())
    supply = bought_twh * float(at["electricity_factor"].sel(factor_view="real"))
    assert values[REGION, "Emissions|CO2|Energy|Supply|Electricity"][year] == pytest.approx(supply, rel=1e-6)


def test_every_term_speaks_of_variables_and_labels_that_exist(result: xr.Dataset) -> None:
    from model.iamc import DERIVED

    for term in terms():
        assert term.variable in VARIABLES or term.variable in DERIVED, term
        array = DERIVED[term.variable](result) if term.variable in DERIVED else result[term.variable]
        for coordinate, names in term.labels.items():
            assert set(names) <= set(array[coordinate].to_numpy()), term
        if term.by_region:
            assert "region" in array.dims, term


def test_csv_and_workbook_hold_the_same(thin: xr.Dataset, tmp_path: Path) -> None:
    import openpyxl

    write_iamc(thin, tmp_path)
    with (tmp_path / "iamc.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    sheet = openpyxl.load_workbook(tmp_path / "iamc.xlsx")["data"]
    assert rows[0][:5] == list(COLUMNS)
    assert [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == rows


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_pyam_reads_and_validates_the_file(result: xr.Dataset, tmp_path: Path) -> None:
    import pyam
    from iam_units import registry

    write_iamc(result, tmp_path)
    frame = pyam.IamDataFrame(tmp_path / "iamc.xlsx")
    assert frame.equals(pyam.IamDataFrame(tmp_path / "iamc.csv"))
    assert frame.scenario == ["carbon_half"]
    assert len(frame.region) == 63
    assert not frame.data["value"].isna().any()
    tokyo = frame.filter(region=REGION)
    for (total, split), parts in splits().items():
        assert tokyo.check_aggregate(total, components=parts, rtol=1e-6) is None, (total, split)
    places = [region for region in frame.region if region != REGION]
    for name in ("Final Energy|Residential", "Capacity|Electricity|Solar|PV", "Stock|Dwellings"):
        chosen = frame.filter(variable=name, year=[2000, 2022, 2030, 2050])
        assert chosen.check_aggregate_region(name, REGION, places, rtol=1e-6) is None, name
    for unit in frame.unit:
        registry.parse_units(unit.replace("CO2-equiv", "").replace("CO2", "").replace("billion JPY", "million"))
    electric = frame.filter(variable="Final Energy|Residential|Electricity", region=REGION)
    converted = electric.convert_unit("PJ/yr", "TWh/yr").data["value"] / electric.data["value"]
    np.testing.assert_allclose(converted, 1 / 3.6)
