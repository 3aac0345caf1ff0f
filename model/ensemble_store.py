"""The Zarr store of an ensemble: members as they come, a block at a time, so that a stop at any moment loses one block.

A block is one chunk of every array, and every chunk is one file that appears whole. `finished` is written last, so a
member that is marked is there; what a stop left half done is computed again, to the same bits.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import xarray as xr

from model.ensemble import COUNTED, MEMBERS_OF_A_BLOCK, NEW_SHARE, OUTPUTS, Ensemble, base_member
from model.faults import BadInput, Fault
from model.language import Text
from model.pathway import run_axes
from model.sampling import Design, DesignName
from model.schema import DIMENSIONS, VARIABLES
from model.survival_families import Array
from model.uncertain_factors import factors

if TYPE_CHECKING:
    import zarr

#: The store, inside a result folder.
STORE: Final = "ensemble.zarr"
#: Value of the attribute `format`; the number rises when names or dims change.
FORMAT: Final = "carbon-half ensemble 2"
#: What the name of a variable ends with where it holds the run of the scenario itself.
OF_BASE: Final = "_of_base"

_NOT_A_STORE = Text(
    "there is no ensemble of this program here; start one without --resume",
    "このプログラムのアンサンブルがありません。--resume を付けずに開始してください",
)
_ANOTHER = Text(
    "the members finished here belong to another ensemble; resume with the same scenario, data and options, or start"
    " anew with --force",
    "ここにある完了分は別のアンサンブルのものです。同じシナリオ・データ・オプションで再開するか、--force で"
    "最初からやり直してください",
)
_OTHER_PROGRAM = Text(
    "the program gives other numbers now than when this ensemble began; start anew with --force",
    "開始時とプログラムの計算結果が異なります。--force で最初からやり直してください",
)
_UNFINISHED = Text(
    "an ensemble was begun here and not finished; go on with --resume, or start anew with --force",
    "未完了のアンサンブルがあります。--resume で再開するか、--force で最初からやり直してください",
)


class Store:
    """An ensemble on disk.

    Args:
        path: folder of the store.
    """

    def __init__(self, path: Path) -> None:
        import zarr

        self.path = path
        self._group: zarr.Group = zarr.open_group(str(path), mode="r+", zarr_format=2)

    def finished(self) -> Array:
        """Return which members are there [member]."""
        return np.asarray(self._array("finished")[:], dtype=bool)

    def write(self, members: range, values: Mapping[str, Array]) -> None:
        """Store the members of a block and mark them as finished, in this order."""
        inside = slice(members.start, members.stop)
        for name in OUTPUTS:
            self._array(name)[inside] = values[name]
        self._array("finished")[inside] = np.ones(len(members), dtype=bool)

    def _array(self, name: str) -> Any:
        return self._group[name]


def start_store(path: Path, ensemble: Ensemble, attributes: Mapping[str, Any]) -> Store:
    """Return a new, empty store; one that stands in its place goes, and what a stop while starting one left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    staging = path.parent / f".{path.name}-{token_hex(4)}"
    try:
        _template(ensemble, attributes).to_zarr(staging, mode="w", zarr_format=2, consolidated=True, encoding={
            name: {"chunks": _chunks(name, ensemble)} for name in (*OUTPUTS, "finished")
        })  # fmt: skip
        if path.exists():
            shutil.rmtree(path)
        staging.rename(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Store(path)


def resumed_store(path: Path, ensemble: Ensemble) -> Store:
    """Return the store of an ensemble that was begun.

    Raises:
        BadInput: there is none, or it is one of another scenario, data, ranges, design or program.
    """
    if not is_store(path):
        raise BadInput([Fault(str(path), _NOT_A_STORE)])
    with xr.open_zarr(path, zarr_format=2, consolidated=True) as stored:
        here, wanted = dict(stored.attrs), ensemble.identity()
        differing = [name for name, value in wanted.items() if here.get(name) != value]
        if differing:
            pairs = [f"{name}: {_short(here.get(name))} ≠ {_short(wanted[name])}" for name in differing]
            raise BadInput([Fault(str(path), _ANOTHER, given="; ".join(pairs))])
        base = base_member(ensemble)
        changed = [name for name in OUTPUTS if not np.array_equal(stored[f"{name}{OF_BASE}"].to_numpy(), base[name])]
        if changed:
            raise BadInput([Fault(str(path), _OTHER_PROGRAM, given=", ".join(changed))])
    return Store(path)


def begun_design(path: Path) -> Design | None:
    """Return the design of the ensemble that was begun here; None if there is none."""
    import zarr

    if not is_store(path):
        return None
    attrs = zarr.open_group(str(path), mode="r", zarr_format=2).attrs
    return Design(cast(DesignName, attrs["design"]), int(cast(int, attrs["samples"])), int(cast(int, attrs["seed"])))


def check_no_unfinished(path: Path) -> None:
    """Raise `BadInput` if an ensemble was begun here and not finished: hours of work are not thrown away unasked."""
    if is_store(path) and (finished := Store(path).finished()).any() and not finished.all():
        raise BadInput([Fault(str(path), _UNFINISHED)])


def is_store(path: Path) -> bool:
    """Return whether a folder is the store of an ensemble that this program wrote."""
    import zarr

    try:
        group = zarr.open_group(str(path), mode="r", zarr_format=2)
    # A folder that is no store, or a damaged one, raises many kinds of errors.
    except Exception:
        return False
    return group.attrs.get("format") == FORMAT


def open_ensemble(path: Path) -> xr.Dataset:
    """Return the members that are finished, read into memory; `valid` says which of them could be."""
    with xr.open_zarr(path, zarr_format=2, consolidated=True) as stored:
        dataset: xr.Dataset = stored.isel(member=np.flatnonzero(stored["finished"].to_numpy())).load()
    valid = dataset["greenhouse_gas_total"].notnull().all("year")
    return dataset.assign(valid=valid.assign_attrs(long_name="whether the point of the member could be"))


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 24 else f"{text[:12]}…"


def _chunks(name: str, ensemble: Ensemble) -> tuple[int, ...]:
    """Return the chunk shape of an array: the members of a block, whole otherwise."""
    dims = OUTPUTS.get(name, ())
    sizes = {dim: len(labels) for dim, labels in _labels(ensemble).items()}
    return (MEMBERS_OF_A_BLOCK, *(sizes[dim] for dim in dims))


def _labels(ensemble: Ensemble) -> dict[str, Any]:
    from model.emissions import FACTOR_VIEWS

    axes = run_axes(ensemble.data, ensemble.levers.years.last, "metropolis")
    return {"year": axes.years, "sector": list(axes.sectors), "factor_view": list(FACTOR_VIEWS),
            "building_sector": ["residential", "commercial"], "counted": list(COUNTED)}  # fmt: skip


def _template(ensemble: Ensemble, attributes: Mapping[str, Any]) -> xr.Dataset:
    """Return the store before any member is there: nothing but the base run, the points and what they mean."""
    base, count = base_member(ensemble), ensemble.members
    variables: dict[str, Any] = {}
    for name, dims in OUTPUTS.items():
        known = NEW_SHARE if name == NEW_SHARE.name else VARIABLES[name]
        about = {"units": known.unit, "long_name": known.meaning.en, "long_name_ja": known.meaning.ja}
        variables[name] = (("member", *dims), np.full((count, *base[name].shape), np.nan), about)
        variables[f"{name}{OF_BASE}"] = (dims, base[name], about)
    variables["finished"] = (("member",), np.zeros(count, dtype=bool), {"long_name": "whether the member is here"})
    variables["point"] = (
        ("member", "factor"), ensemble.points,
        {"units": "1", "long_name": "place within the range of a factor, from −1 to 1"},
    )  # fmt: skip
    names = ensemble.factors
    coordinates: dict[str, Any] = {
        **{dim: ((dim,), labels, _meaning(dim)) for dim, labels in _labels(ensemble).items()},
        "factor": (("factor",), _text(names)),
        "factor_en": (("factor",), _text(factors()[name].text.en for name in names)),
        "factor_ja": (("factor",), _text(factors()[name].text.ja for name in names)),
    }
    return xr.Dataset(variables, coordinates, {"format": FORMAT, **ensemble.identity(), **attributes})


def _text(words: Iterable[str]) -> Any:
    found = list(words)
    return np.array(found) if found else np.empty(0, dtype="<U1")


def _meaning(dim: str) -> dict[str, str]:
    meaning = DIMENSIONS[dim].meaning if dim in DIMENSIONS else Text("what is counted", "数える対象")
    return {"long_name": meaning.en, "long_name_ja": meaning.ja}
