"""Reading of data: every fault of a damaged table is named with its row, and nothing else is."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from model.faults import BadInput
from model.inputs import PATHWAY_THEMES, Data, read_data
from model.paths import data_folder
from model.required_rows import ROWS
from model.schema import VARIABLES
from model.table_labels import labels_of
from model.tables import TABLES
from model.variable_tables import VARIABLE_TABLES

Edit = Callable[[str], str]


def without(*starts: str) -> Edit:
    """Return what takes out the rows that begin so."""
    return lambda text: "".join(line for line in text.splitlines(True) if not line.startswith(starts))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the data folder that a test may damage."""
    return Path(shutil.copytree(data_folder(), tmp_path / "data"))


def faults_after(folder: Path, file: str, edit: Edit) -> list[str]:
    """Return what is said of a folder after one of its files was changed; other themes are not read."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_data(folder, themes=[file.partition("/")[0]])
    return [fault("en") for fault in bad.value.faults]


AIR_CONDITIONER = "stock_share,detached,air_conditioner,2000,"

DAMAGE = {
    "misspelt quantity": (
        "inventory/energy.csv",
        lambda text: text + "final_enrgy,commercial,2021,1,PJ,own,estimate,\n",
        ["final_enrgy", "no such quantity", "did you mean: final_energy"],
    ),
    "misspelt region": (
        "buildings/municipalities.csv",
        lambda text: text.replace("population,13101,", "population,013101,", 1),
        ["row ", "013101", "did you mean: 13101"],
    ),
    "misspelt building type": (
        "buildings/non_residential.csv",
        lambda text: text.replace("floor_area,office,", "floor_area,offce,", 1),
        ["offce", "did you mean: office"],
    ),
    "negative area": (
        "buildings/non_residential.csv",
        lambda text: text.replace("82000000,m^2", "-82000000,m^2", 1),
        ["-82000000", "0 … inf m^2"],
    ),
    "text for a number": (
        "solar/parameters.csv",
        lambda text: text.replace("yield,1000,", "yield,about 1000,", 1),
        ["about 1000", "a number is needed"],
    ),
    "infinite number": (
        "solar/parameters.csv",
        lambda text: text.replace("yield,1000,", "yield,inf,", 1),
        ["inf", "a number is needed"],
    ),
    "unit of another table": (
        "solar/parameters.csv",
        lambda text: text.replace("kWh/kW/year", "MWh/kW/year", 1),
        ["MWh/kW/year", "kWh/kW/year"],
    ),
    "unknown quality": (
        "solar/parameters.csv",
        lambda text: text.replace("published", "publishd", 1),
        ["publishd", "did you mean: published"],
    ),
    "source without an entry": (
        "solar/parameters.csv",
        lambda text: text.replace("seed002,published", "seed009,published", 1),
        ["seed009", "sources.csv"],
    ),
    "year out of range": (
        "solar/capacity.csv",
        lambda text: text.replace("capacity,2000,", "capacity,2200,", 1),
        ["2200", "1900…2060"],
    ),
    "share above one": (
        "energy/technology_shares.csv",
        lambda text: text.replace(AIR_CONDITIONER + "0.45", AIR_CONDITIONER + "1.45"),
        ["1.45", "0 … 1"],
    ),
    "shares that sum to 0.98": (
        "energy/technology_shares.csv",
        lambda text: text.replace(AIR_CONDITIONER + "0.45", AIR_CONDITIONER + "0.43"),
        ["0.98", "must sum to 1", "detached / 2000 / heating"],
    ),
    "a row twice": (
        "solar/self_use.csv",
        lambda text: text + text.splitlines()[1] + "\n",
        ["row 4", "earlier row"],
    ),
    "columns of another table": (
        "solar/self_use.csv",
        lambda text: text.replace("segment_sector", "sector", 1),
        ["columns", "segment_sector"],
    ),
    "a whole sector": (
        "energy/prices.csv",
        without("price,city_gas,", "price,oil,"),
        ["energy/prices.csv, price", "rows are missing: city_gas, oil; add a row for each, with its value in JPY/GJ"],
    ),
    "a factor of a fuel": (
        "inventory/carriers.csv",
        without("emission_factor,city_gas,"),
        ["emission_factor", "missing: city_gas", "kg/MJ"],
    ),
    "a size of new dwellings": (
        "buildings/segments.csv",
        without("floor_area_per_dwelling_new,row_house,"),
        ["floor_area_per_dwelling_new", "missing: row_house", "m^2"],
    ),
    "a period of construction": (
        "buildings/dwelling_vintages.csv",
        without("dwellings,detached,1981-1990,2000,"),
        ["dwelling_vintages.csv, 2000 detached", "without gap", "given: pre1971, 1971-1980, 1991-2000"],
    ),
    "the last period of construction": (
        "buildings/office_vintages.csv",
        without("floor_area,2010-2020,"),
        ["office_vintages.csv, 2021", "given: pre1970, 1970-1979, 1980-1989, 1990-1999, 2000-2009"],
    ),
    "a life of a technology": (
        "energy/technologies.csv",
        without("lifetime_mean,gas_heater,"),
        ["lifetime_mean", "missing: gas_heater; add a row"],
    ),
    "heating of every level": (
        "energy/standard_factors.csv",
        lambda text: "".join(line for line in text.splitlines(True) if ",heating," not in line),
        ["factor", "missing: every segment_sector × every standard × heating"],
    ),
    "some levels for some uses": (
        "energy/standard_factors.csv",
        without("factor,residential,s1980,heating,", "factor,commercial,guidance,cooling,"),
        ["missing: residential / s1980 / heating; commercial / guidance / cooling"],
    ),
    "efficiency of the only district heating": (
        "energy/technologies.csv",
        without("efficiency,district_heating,"),
        ["efficiency", "missing: district_heating"],
    ),
    "a base period before the model": (
        "inventory/cap_and_trade.csv",
        lambda text: text.replace("base_period,2002,", "base_period,1998,"),
        ["base_period is used in these years only", "given: 1998", "2000…2023"],
    ),
    "half a base period": (
        "inventory/cap_and_trade.csv",
        without("base_period,2007,"),
        ["base_period", "add at least 2 rows"],
    ),
    "two years of one municipal number": (
        "buildings/municipalities.csv",
        lambda text: text + "population,13101,2023,1,person,own,estimate,\n",
        ["population", "too many rows 13101; leave 1", "given: 2"],
    ),
    "nothing but electricity": (
        "energy/calibration.csv",
        lambda text: re.sub("(?m)^(electricity_share,residential,2019),[^,]*,", r"\1,1,", text),
        ["given: 1", "0.05 … 0.95"],
    ),
    "energy for nothing": (
        "energy/prices.csv",
        lambda text: text.replace("price,city_gas,3700", "price,city_gas,0"),
        ["given: 0", "JPY/GJ"],
    ),
    "no primary energy": (
        "inventory/carriers.csv",
        lambda text: text.replace("primary_energy_factor,lpg,1,", "primary_energy_factor,lpg,0,"),
        ["given: 0", "0.1 … 10"],
    ),
    "half a year": (
        "energy/calibration.csv",
        lambda text: text.replace("intensity_year,commercial,,2010,", "intensity_year,commercial,,2010.5,"),
        ["a whole number is needed", "given: 2010.5"],
    ),
    "shortest life above the mean": (
        "buildings/lifetimes.csv",
        lambda text: re.sub("(?m)^lowest_mean,office,[^,]*,", "lowest_mean,office,120,", text),
        ["lifetimes.csv, office", "must not fall in this order: lowest_mean, mean, highest_mean", "given: 120,"],
    ),
    "not a table": ("solar/self_use.csv", lambda text: 'a,"b\n' * 3, ["self_use.csv"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_with_place_and_remedy(name: str, folder: Path) -> None:
    file, edit, words = DAMAGE[name]
    faults = faults_after(folder, file, edit)
    assert len(faults) == 1, faults
    assert faults[0].startswith((file, str(folder / file)))
    for word in words:
        assert word in faults[0]


def test_a_municipality_without_rows_is_named_for_each_quantity(folder: Path) -> None:
    faults = faults_after(
        folder,
        "buildings/municipalities.csv",
        lambda text: "".join(line for line in text.splitlines(True) if ",13101," not in line),
    )
    quantities = ("population", "households", "detached_share", "office_floor_area")
    assert [fault.partition(";")[0] for fault in faults] == [
        f"buildings/municipalities.csv, {name}: rows are missing: 13101" for name in quantities
    ]


def test_a_folder_that_does_not_exist_is_one_fault(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such data folder") as bad:
        read_data(tmp_path / "nowhere")
    assert len(bad.value.faults) == 1


def test_a_folder_of_one_s_own_needs_only_the_tables_of_a_pathway(folder: Path) -> None:
    for theme in ("procurement", "classification", "rules"):
        shutil.rmtree(folder / theme)
    read = read_data(folder, PATHWAY_THEMES)
    assert {name.partition("/")[0] for name in read.frames} == set(PATHWAY_THEMES)
    assert {table for tables in VARIABLE_TABLES.values() for table in tables} <= set(read.frames)


def test_rows_are_asked_for_of_quantities_that_exist() -> None:
    for table, quantities in ROWS.items():
        assert set(quantities) <= set(TABLES[table].quantities)
        for rows in quantities.values():
            for dim, labels in rows.required().items():
                assert dim in TABLES[table].dims
                assert labels and set(labels) <= {"", *labels_of(dim)}


def test_all_faults_come_at_once(folder: Path) -> None:
    (folder / "solar/capacity.csv").unlink()
    (folder / "solar/self_use.csv").write_text("quantity\n", encoding="utf-8")
    faults = faults_after(
        folder, "solar/parameters.csv", lambda text: text.replace("0.005", "half").replace("27.5", "-27.5")
    )
    assert len(faults) == 4


def test_a_file_that_is_too_large_is_refused_unread(folder: Path) -> None:
    with (folder / "solar/capacity.csv").open("r+b") as file:
        file.truncate(200_000_000)
    with pytest.raises(BadInput, match="too large"):
        read_data(folder)


def test_every_variable_names_its_tables(data: Data) -> None:
    assert set(VARIABLE_TABLES) == set(VARIABLES)
    assert {table for tables in VARIABLE_TABLES.values() for table in tables} <= set(TABLES)


def test_every_number_has_a_source_that_is_listed(data: Data) -> None:
    for name, frame in data.frames.items():
        known = data.sources[name.partition("/")[0]]
        for ids in frame["source_id"]:
            assert all(known[source] for source in ids.split(";"))


def test_no_row_calls_a_judgement_published(data: Data) -> None:
    for name, frame in data.frames.items():
        own = frame["source_id"].str.split(";").map(lambda ids: ids == ["own"])
        assert set(frame.loc[own, "quality"]) <= {"estimate"}, name


def test_lookups(data: Data) -> None:
    assert data.number("solar/parameters", "yield") == 1000
    years, values = data.series("inventory/energy", "final_energy", sector="commercial")
    assert list(years[:2]) == [2000, 2001]
    assert values[0] == 263
    with pytest.raises(BadInput, match="no row final_energy waste; add the row, with its value in PJ"):
        data.number("inventory/energy", "final_energy", sector="waste")
    with pytest.raises(BadInput, match="no row final_energy waste; add the row"):
        data.series("inventory/energy", "final_energy", sector="waste")
    with pytest.raises(BadInput, match="more than one row final_energy commercial; leave one"):
        data.number("inventory/energy", "final_energy", sector="commercial")


def test_values_along_a_dim_are_complete_unless_absence_means_something(data: Data) -> None:
    names = ["commercial", "none", "residential", "nil"]
    where = ("solar/self_use", "self_use_share", "segment_sector")
    assert data.along(*where, names[::2]).tolist() == [0.85, 0.4]
    assert data.along(*where, names, missing=0.0).tolist() == [0.85, 0, 0.4, 0]
    with pytest.raises(BadInput) as bad:
        data.along(*where, names)
    assert str(bad.value) == "solar/self_use.csv: no row self_use_share: none, nil; add the row, with its value in 1"
    with pytest.raises(BadInput, match="more than one row floor_area: office, retail; leave one"):
        data.along("buildings/non_residential", "floor_area", "building_type", ["office", "retail"])
