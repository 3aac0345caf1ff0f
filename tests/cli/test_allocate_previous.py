"""`run.py allocate --previous`: a plan made anew from the one before, with few changes, and what is built kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from openpyxl import load_workbook

from model.command_line import main

HEAD = "id,supplier,municipality,floor_area_m2,max_kw,cost_jpy_per_kw,state,kw,way_to_pay"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--no-figures", "--lang", "en"])
    return int(end.value.code or 0)


def written(path: Path, costs: dict[str, int], supplier: str = "", **cells: tuple[str, str, str]) -> str:
    """Write a list by house and cost, with state, capacity and way to pay of some houses, and return its path."""
    rows = [f"{house},{supplier},世田谷区,100,4,{cost},{','.join(cells.get(house, ('', '', '')))}"
            for house, cost in costs.items()]  # fmt: skip
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return str(path)


def planned(folder: Path) -> dict[str, Any]:
    with xr.open_dataset(folder / "plan.nc", engine="h5netcdf") as plan:
        return {
            str(house): (round(float(kw), 3), str(way))
            for house, kw, way in zip(
                plan.house.values, plan.capacity.values, plan.way_to_pay.values, strict=True
            )
        }  # fmt: skip


def checked(folder: Path) -> bool:
    rows = load_workbook(folder / "plan.xlsx")["second look"].iter_rows(min_row=2, values_only=True)
    return all(row[1] == "yes" for row in rows)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Four houses owe 6.8 kW: 4 kW on the cheapest and 2.8 on the next, leased."""
    given = written(tmp_path / "first.csv", {"a": 100_000, "b": 150_000, "c": 300_000, "d": 400_000})
    assert run("allocate", given, "--financing", "lease", "--out", str(tmp_path / "before")) == 0
    assert planned(tmp_path / "before") == {"a": (4.0, "lease"), "b": (2.8, "lease"), "c": (0.0, ""), "d": (0.0, "")}
    return tmp_path / "before"


def test_a_plan_is_made_anew_with_few_changes(tmp_path: Path, before: Path) -> None:
    """Costs have turned round: an exchange takes two changes, and all four go to the others if they may."""
    turned = written(tmp_path / "second.csv", {"a": 400_000, "b": 300_000, "c": 150_000, "d": 100_000})
    for changes, moved in (("0", 0), ("2", 2), ("4", 4)):
        out = tmp_path / f"after{changes}"
        assert run("allocate", turned, "--previous", str(before), "--changes", changes, "--out", str(out)) == 0
        now, then = planned(out), planned(before)
        assert sum(now[house][0] != then[house][0] for house in now) == moved
        assert checked(out)
    assert planned(tmp_path / "after4") == {
        "a": (0.0, ""), "b": (0.0, ""), "c": (2.8, "purchase"), "d": (4.0, "purchase")
    }  # fmt: skip
    manifest = json.loads((tmp_path / "after0" / "manifest.json").read_text(encoding="utf-8"))
    assert sorted(manifest["inputs"]) == ["plan.nc", "second.csv"]
    remarks = [
        row[1] for row in load_workbook(tmp_path / "after0" / "plan.xlsx")["summary"].iter_rows(values_only=True)
    ]
    assert "Planned so far by the plan before, as the list does not say: 4 houses." in remarks


def test_what_is_built_is_as_planned_before_unless_the_list_says_otherwise(tmp_path: Path, before: Path) -> None:
    costs = {"a": 400_000, "b": 300_000, "c": 150_000, "d": 100_000, "new": 50_000}
    given = written(
        tmp_path / "first.csv", costs, a=("done", "", ""), b=("started", "2", "purchase"), c=("done", "0", "")
    )
    out = tmp_path / "after"
    assert run("allocate", given, "--previous", str(before / "plan.nc"), "--out", str(out)) == 0
    now = planned(out)
    assert [now[house] for house in "abc"] == [(4.0, "lease"), (2.0, "purchase"), (0.0, "")]
    # Five houses owe 8.5 kW, of which 6 are there; the cheapest of the others brings the rest.
    assert (now["d"][0], now["new"][0]) == (0.0, 2.8)
    assert checked(out)


def test_each_supplier_has_its_own_plan_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    costs = {"x": 90_000, "y": 200_000}
    lists = [written(tmp_path / f"{name}.csv", {"a": 100_000, "b": cost}, name) for name, cost in costs.items()]
    old, new = tmp_path / "old", tmp_path / "new"
    assert run("allocate", *lists, "--out", str(old)) == 0
    turned = [written(tmp_path / f"{name}.csv", {"a": 100_000, "b": 100_001}, name) for name in ("x", "y")]
    assert run("allocate", *turned, "--previous", str(old), "--changes", "0", "--out", str(new)) == 0
    for folder in ("001", "002"):
        assert planned(new / folder) == planned(old / folder)
        assert checked(new / folder)
    other = written(tmp_path / "z.csv", {"a": 1}, "z")
    assert run("allocate", other, "--previous", str(old)) == 2
    assert "the plan before has other suppliers; allowed: x, y" in capsys.readouterr().err


def test_a_folder_without_a_plan_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = written(tmp_path / "list.csv", {"a": 100_000})
    (tmp_path / "plan.nc").write_bytes(b"no plan")
    for path in (tmp_path / "nowhere", tmp_path / "plan.nc", tmp_path):
        assert run("allocate", given, "--previous", str(path)) == 2
        assert "there is no plan of `allocate` here" in capsys.readouterr().err
