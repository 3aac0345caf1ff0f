"""The result Dataset: put together and checked against the schema, written as netCDF, opened again.

One Dataset holds a whole run. Everything in it is named, measured and explained by `model.schema`; a value that the
schema does not allow is an error of this program and stops the run, so that no file with a wrong number is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from model.faults import BadInput, FaultList
from model.language import Text
from model.schema import COORDINATES, DIMENSIONS, SIGNED, VARIABLES, Variable

#: Value of the attribute `format` in files that this program wrote; the number rises when names or dims change.
FORMAT: Final = "carbon-half pathway 1"

#: The file with every variable, inside a result folder.
DATASET_FILE: Final = "pathway.nc"

#: Attributes that every result carries, beside those that the schema gives.
ATTRIBUTES: Final = ("scenario", "title_en", "title_ja", "scenario_hash", "scenario_chain", "projection_from")

#: Round-off of a subtraction may leave a zero this far below its lower bound, as a share of the largest value.
_ROUND_OFF: Final = 1e-9

_SCENARIO_NAME: Final = re.compile(r"[a-z0-9_]{1,100}")


class ResultError(AssertionError):
    """A result breaks the schema: an error of this program, never of the user's input."""


# ---------------------------------------------------------------------------------------------------------------
# putting together
# ---------------------------------------------------------------------------------------------------------------


def assemble(
    values: Mapping[str, np.ndarray],
    labels: Mapping[str, Sequence[int] | Sequence[str]],
    extra_coords: Mapping[str, Sequence[Any]],
    attrs: Mapping[str, str | int | float],
    provenance: Mapping[str, Mapping[str, str]] | None = None,
) -> xr.Dataset:
    """Return the checked result Dataset of one run.

    Args:
        values: every variable of `schema.VARIABLES`, in the unit and dims given there.
        labels: the labels of each dimension that the variables use.
        extra_coords: every coordinate of `schema.COORDINATES` for the dimensions in `labels`.
        attrs: global attributes; those of `ATTRIBUTES` are required. No time of writing: the same scenario gives
            the same bits.
        provenance: variable → further attributes, such as `source_id` and `quality` of what it rests on.

    Returns:
        a Dataset with `units`, `long_name`, `long_name_ja` on every variable.

    Raises:
        ResultError: something is missing or unknown, has the wrong shape, is not finite or out of range; the
            message names every such variable, with the labels of the first wrong position.
    """
    wrong = [
        *_differences("variable", values, VARIABLES),
        *_differences("dimension", labels, _used_dimensions()),
        *_differences("coordinate", extra_coords, _coordinates_of(labels)),
        *(f"attribute {name} is missing" for name in ATTRIBUTES if name not in attrs),
    ]
    if not wrong:
        wrong = [fault for name in VARIABLES for fault in _check_values(VARIABLES[name], values[name], labels)]
        wrong += [fault for name in extra_coords for fault in _check_coordinate(name, extra_coords[name], labels)]
    if wrong:
        raise ResultError("\n".join(wrong))

    dataset = xr.Dataset(
        {name: (row.dims, np.asarray(values[name], dtype=np.float64)) for name, row in VARIABLES.items()},
        coords={
            **{name: (name, np.asarray(labels[name])) for name in _used_dimensions()},
            **{name: (_dimension_of(name), np.asarray(extra_coords[name])) for name in _coordinates_of(labels)},
        },
        attrs={"format": FORMAT, "Conventions": "CF-1.10", **attrs},
    )
    for name, row in VARIABLES.items():
        dataset[name].attrs = {
            "units": row.unit,
            "long_name": row.meaning.en,
            "long_name_ja": row.meaning.ja,
            **dict((provenance or {}).get(name, {})),
        }
    for name in _used_dimensions():
        meaning = DIMENSIONS[name].meaning
        dataset[name].attrs = {"long_name": meaning.en, "long_name_ja": meaning.ja}
    return dataset


def _used_dimensions() -> list[str]:
    """Return the dimensions that at least one variable has, in the order of the schema."""
    used = {dimension for row in VARIABLES.values() for dimension in row.dims}
    return [name for name in DIMENSIONS if name in used]


def _coordinates_of(labels: Iterable[str]) -> list[str]:
    present = set(labels)
    return [name for dimension, names in COORDINATES.items() if dimension in present for name in names]


def _dimension_of(coordinate: str) -> str:
    return next(dimension for dimension, names in COORDINATES.items() if coordinate in names)


def _differences(kind: str, given: Iterable[str], wanted: Iterable[str]) -> list[str]:
    given, wanted = set(given), set(wanted)
    return [
        *(f"{kind} {name} is missing" for name in sorted(wanted - given)),
        *(f"{kind} {name} is not in the schema" for name in sorted(given - wanted)),
    ]


def _check_values(
    variable: Variable, value: np.ndarray, labels: Mapping[str, Sequence[int] | Sequence[str]]
) -> list[str]:
    """Return what is wrong with one variable: shape, values that are not finite, values out of range."""
    array = np.asarray(value, dtype=np.float64)
    shape = tuple(len(labels[dimension]) for dimension in variable.dims)
    if array.shape != shape:
        return [f"{variable.name} has shape {array.shape}; its dims {variable.dims} need {shape}"]
    if not np.isfinite(array).all():
        return [_worst(variable, array, ~np.isfinite(array), labels, "is not finite")]
    if variable.name in SIGNED or not array.size:
        return []
    slack = _ROUND_OFF * float(np.abs(array).max())
    outside = (array < variable.lower - slack) | (array > variable.upper + slack)
    if outside.any():
        return [_worst(variable, array, outside, labels, f"is outside {variable.lower:g} to {variable.upper:g}")]
    return []


def _worst(
    variable: Variable,
    array: np.ndarray,
    wrong: np.ndarray,
    labels: Mapping[str, Sequence[int] | Sequence[str]],
    problem: str,
) -> str:
    position = np.unravel_index(int(np.argmax(wrong)), array.shape)
    where = ", ".join(f"{name}={labels[name][int(i)]}" for name, i in zip(variable.dims, position, strict=True))
    count = int(wrong.sum())
    return f"{variable.name}[{where}] = {array[position]:g} {variable.unit} {problem} ({count} such value(s))"


def _check_coordinate(name: str, values: Sequence[Any], labels: Mapping[str, Sequence[Any]]) -> list[str]:
    dimension = _dimension_of(name)
    if len(values) != len(labels[dimension]):
        return [f"coordinate {name} has {len(values)} values; {dimension} has {len(labels[dimension])} labels"]
    return []


# ---------------------------------------------------------------------------------------------------------------
# writing and opening
# ---------------------------------------------------------------------------------------------------------------


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a result as compressed netCDF: float64 kept, and the same Dataset gives the same bytes."""
    packed = {name: {"zlib": True, "complevel": 1, "shuffle": True} for name in dataset.data_vars}
    dataset.to_netcdf(path, engine="h5netcdf", encoding=packed)


def open_results(path: Path) -> xr.Dataset:
    """Return the result in a result folder, or in a netCDF file of one, read into memory.

    Args:
        path: a folder that `run` wrote, or the `pathway.nc` in it.

    Raises:
        BadInput: there is no such file, or it cannot be read, or it is not a result of this program.
    """
    file = path / DATASET_FILE if path.is_dir() else path
    faults = FaultList()
    if not file.is_file():
        faults.add(
            str(path),
            Text(
                f"There is no result here; give a folder that `run` wrote, with {DATASET_FILE} in it.",
                f"結果がありません。`run` が書いた {DATASET_FILE} を含むフォルダーを指定してください。",
            ),
            given=path,
            allowed=_neighbours(path),
        )
        raise BadInput(faults.faults)
    try:
        with xr.open_dataset(file, engine="h5netcdf") as opened:
            dataset = opened.load()
    # The netCDF and HDF5 layers raise many kinds of errors for a damaged file, from OSError to KeyError.
    except Exception as problem:
        faults.add(
            str(file),
            Text(
                f"Not readable as netCDF ({type(problem).__name__}), perhaps damaged; run the scenario again.",
                f"netCDFとして読めません({type(problem).__name__})。破損の可能性があります。シナリオを再実行してください。",
            ),
        )
        raise BadInput(faults.faults) from problem
    _check_ours(dataset, file, faults)
    faults.raise_if_any()
    return dataset


def _neighbours(path: Path) -> list[str] | None:
    """Return the results that lie beside a path where none is, so that a misspelt name finds its neighbour."""
    if not path.parent.is_dir():
        return None
    return sorted(str(file.parent) for file in path.parent.glob(f"*/{DATASET_FILE}")) or None


def _check_ours(dataset: xr.Dataset, file: Path, faults: FaultList) -> None:
    """Record a fault unless the Dataset has the form, the attributes and the variables of a result."""
    if dataset.attrs.get("format") != FORMAT:
        faults.add(
            str(file),
            Text(
                "This netCDF file was not written by this version of the program; run the scenario again.",
                "このプログラム(この版)が書いたファイルではありません。シナリオを再実行してください。",
            ),
            given=dataset.attrs.get("format", "?"),
            allowed=FORMAT,
        )
        return
    missing = [name for name in VARIABLES if name not in dataset or dataset[name].dims != VARIABLES[name].dims]
    missing += [name for name in (*_coordinates_of(_used_dimensions()), *_used_dimensions()) if name not in dataset]
    missing += [name for name in ATTRIBUTES if name not in dataset.attrs]
    if missing:
        faults.add(
            str(file),
            Text(
                "Parts of the result are missing or changed; run the scenario again.",
                "結果の一部が欠けているか変更されています。シナリオを再実行してください。",
            ),
            given=", ".join(missing),
        )
    elif not _SCENARIO_NAME.fullmatch(str(dataset.attrs["scenario"])):
        faults.add(
            f"{file}, scenario",
            Text("The scenario's name is not valid.", "シナリオ名が不正です。"),
            given=dataset.attrs["scenario"],
            allowed="a-z, 0-9, _",
        )
