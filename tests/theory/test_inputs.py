"""Reading of data: every fault of a damaged table is named with its row, and nothing else is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from model.faults import BadInput
from model.inputs import Data, read_data
from model.paths import data_folder
from model.schema import VARIABLES
from model.tables import TABLES, VARIABLE_TABLES

Edit = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the data folder that a test may damage."""
    return Path(shutil.copytree(data_folder(), tmp_path / "data"))


def faults_after(folder: Path, file: str, edit: Edit) -> list[str]:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_data(folder)
    return [fault("en") for fault in bad.value.faults]


AIR_CONDITIONER = "stock_share,detached,air_conditioner,2000,"

DAMAGE = {
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
    assert data.along(
        "solar/self_use", "self_use_share", "segment_sector", ["commercial", "none", "residential"]
    ).tolist() == [0.85, 0, 0.4]
    with pytest.raises(BadInput, match="exactly this value"):
        data.number("inventory/energy", "final_energy", sector="waste")
    with pytest.raises(BadInput, match="exactly this value"):
        data.series("inventory/energy", "final_energy", sector="waste")
