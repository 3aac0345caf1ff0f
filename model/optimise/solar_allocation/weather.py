"""The yield of a roof face from the user's hourly weather, by pvlib: sun, sky, cell temperature, losses, inverter.

The chain is PVWatts: Perez sky, reflection at the glass, Sandia cell temperature, flat losses and inverter. Times are
the beginning of each hour; the sun stands where it does in the middle of it. Files are EPW, TMY3, or a table of hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from model.faults import BadInput, FaultList
from model.language import Language, Text
from model.ordinance.column_reader import ColumnReader
from model.ordinance.programme import Row, column
from model.ordinance.rulebook import Rules
from model.yaml_reader import NO_SUCH_FILE

FloatArray = npt.NDArray[np.float64]

SUFFIXES = (".csv", ".epw", ".xlsx", ".parquet")
_HOURS = 8760
#: Directions of roof faces are taken to this step, and to the second if there are more than so many [degrees].
_STEP, _COARSE, _MOST = 1.0, 5.0, 400
_NO_PVLIB = Text(
    "weather needs the library pvlib: pip install pvlib",
    "気象データの利用にはpvlibが必要です：pip install pvlib",
)
_UNREADABLE = Text("this is not a readable weather file", "気象データとして読めません")
_WHOLE_YEAR = Text("a whole year of hours is needed", "1年分の毎時データが必要です")


class WeatherHour(Row):
    """One hour of weather in the user's table; the hours follow one another from the first of January, local time."""

    unique: ClassVar[tuple[str, ...]] = ("hour",)

    hour: int = column("hour of the year", "年間の時", ge=0, le=8783)
    ghi: float = column("global horizontal irradiance", "水平面全天日射量", "W/m²", ge=0, le=1500)
    dni: float = column("direct normal irradiance", "法線面直達日射量", "W/m²", ge=0, le=1500)
    dhi: float = column("diffuse horizontal irradiance", "水平面散乱日射量", "W/m²", ge=0, le=1500)
    temperature: float = column("air temperature", "気温", "°C", ge=-60, le=60)
    wind_speed: float = column("wind speed", "風速", "m/s", default=1.0, ge=0, le=100)


@dataclass(frozen=True)
class PanelTerms:
    """How a panel and its inverter turn light into electricity.

    Args:
        temperature: change of power with cell temperature [1/°C].
        losses: lost to dirt, wiring, mismatch and downtime [1].
        inverter: efficiency of the inverter [1].
        mounting: mounting of the Sandia cell temperature.
        albedo: reflection of the ground [1].
    """

    temperature: float
    losses: float
    inverter: float
    mounting: str
    albedo: float

    @classmethod
    def read(cls, assumed: Rules) -> PanelTerms:
        """Read the terms from the rules of "solar_allocation"."""
        given = assumed.value("weather_model")
        return cls(
            float(given["temperature_coefficient"]),
            float(given["system_losses"]),
            float(given["inverter_efficiency"]),
            str(given["mounting"]),
            float(given["albedo"]),
        )


@dataclass(frozen=True)
class Weather:
    """A year of hours at a place, dims (hour).

    Args:
        source: the file.
        latitude: of the place [degrees].
        longitude: of the place [degrees].
        utc_offset: of local time [hours].
        year: year whose calendar the hours follow.
        ghi, dni, dhi: irradiance [W/m²].
        temperature: of the air [°C].
        wind_speed: [m/s].
    """

    source: str
    latitude: float
    longitude: float
    utc_offset: float
    year: int
    ghi: FloatArray
    dni: FloatArray
    dhi: FloatArray
    temperature: FloatArray
    wind_speed: FloatArray

    @cached_property
    def _sun(self) -> dict[str, FloatArray]:
        """Place of the sun in the middle of every hour, and what of the sky hangs on it."""
        import pandas as pd
        import pvlib

        start = pd.Timestamp(self.year, 1, 1) - pd.Timedelta(hours=self.utc_offset)
        times = pd.date_range(start, periods=self.ghi.size, freq="h", tz="UTC") + pd.Timedelta(minutes=30)
        position = pvlib.solarposition.get_solarposition(times, self.latitude, self.longitude)
        zenith = position["apparent_zenith"].to_numpy()
        return {
            "zenith": zenith,
            "azimuth": position["azimuth"].to_numpy(),
            "extra": pvlib.irradiance.get_extra_radiation(times).to_numpy(),
            "airmass": pvlib.atmosphere.get_relative_airmass(zenith),
        }

    def yields(self, azimuth: FloatArray, tilt: FloatArray, terms: PanelTerms) -> FloatArray:
        """Return the yield of faces [kWh/kW a year].

        Args:
            azimuth: direction from south, west positive [degrees].
            tilt: slope [degrees].
            terms: panel and inverter.
        """
        pairs = np.stack((np.asarray(azimuth, dtype=np.float64), np.asarray(tilt, dtype=np.float64)))
        for step in (_STEP, _COARSE):
            rounded = np.round(pairs / step) * step
            distinct, place = np.unique(rounded, axis=1, return_inverse=True)
            if distinct.shape[1] <= _MOST:
                break
        each = np.array([self._yield(180.0 + float(a), float(t), terms) for a, t in distinct.T])
        return each[place.ravel()]

    def _yield(self, azimuth: float, tilt: float, terms: PanelTerms) -> float:
        """Return the yield of one face, its azimuth from north [kWh/kW a year]."""
        import pvlib

        sun = self._sun
        plane = pvlib.irradiance.get_total_irradiance(
            tilt, azimuth, sun["zenith"], sun["azimuth"], self.dni, self.ghi, self.dhi, dni_extra=sun["extra"],
            airmass=sun["airmass"], albedo=terms.albedo, model="perez",
        )  # fmt: skip
        incidence = pvlib.irradiance.aoi(tilt, azimuth, sun["zenith"], sun["azimuth"])
        on_cells = plane["poa_direct"] * pvlib.iam.physical(incidence) + plane["poa_diffuse"]
        mounting = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"][terms.mounting]
        cell = pvlib.temperature.sapm_cell(plane["poa_global"], self.temperature, self.wind_speed, **mounting)
        power = pvlib.pvsystem.pvwatts_dc(on_cells, cell, 1.0, terms.temperature) * (1.0 - terms.losses)
        output = pvlib.inverter.pvwatts(power, 1.0 / terms.inverter, terms.inverter)
        return float(np.nansum(output)) * _HOURS / self.ghi.size


def read_weather(path: Path, assumed: Rules, site: tuple[float, float] | None = None) -> Weather:
    """Return the weather of a file.

    Args:
        path: EPW, TMY3 (.csv), or a table with the columns of `WeatherHour`.
        assumed: rules of "solar_allocation", with the place of a table that does not tell its own.
        site: latitude and longitude [degrees]; those of the file, or of the rules, if None.

    Raises:
        BadInput: pvlib is missing, or the file is no year of weather.
    """
    faults = FaultList()
    try:
        import pvlib  # noqa: F401  # without it nothing can be done with weather
    except ImportError:
        faults.add("--weather", _NO_PVLIB)
        raise BadInput(faults.faults) from None
    if path.suffix.lower() not in SUFFIXES:
        faults.add(
            str(path), Text("this kind of file is not read", "この種類のファイルは読めません"), path.suffix, SUFFIXES
        )
    elif not path.is_file():
        faults.add(str(path), NO_SUCH_FILE)
    faults.raise_if_any()
    if path.suffix.lower() == ".epw" or _is_tmy3(path):
        return _of_station(path, site, faults)
    return _of_table(path, assumed, site)


def _is_tmy3(path: Path) -> bool:
    """Say whether a file is a typical year in the format TMY3, whose second line begins with its columns of time."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [next(lines, "") for _ in range(2)][1].startswith("Date (MM/DD/YYYY)")


def _of_station(path: Path, site: tuple[float, float] | None, faults: FaultList) -> Weather:
    """Return the weather of a file that tells its own place."""
    import pvlib

    try:
        if path.suffix.lower() == ".epw":
            frame, about = pvlib.iotools.read_epw(path)
        else:
            frame, about = pvlib.iotools.read_tmy3(path, map_variables=True)
        named = {name: frame[name].to_numpy(dtype=np.float64)
                 for name in ("ghi", "dni", "dhi", "temp_air", "wind_speed")}  # fmt: skip
        place = float(about["latitude"]), float(about["longitude"])
        offset = float(about["TZ"])
    except (KeyError, ValueError, IndexError, UnicodeDecodeError, TypeError):
        faults.add(str(path), _UNREADABLE)
        raise BadInput(faults.faults) from None
    named["temperature"] = named.pop("temp_air")
    for name, values in named.items():
        _check_range(path, name, values, faults)
    if frame.shape[0] not in (_HOURS, _HOURS + 24):
        faults.add(str(path), _WHOLE_YEAR, frame.shape[0], f"{_HOURS}")
    faults.raise_if_any()
    latitude, longitude = site or place
    return Weather(str(path), latitude, longitude, offset, _calendar(frame.shape[0]), **named)


def _check_range(path: Path, name: str, values: FloatArray, faults: FaultList) -> None:
    """Record hours beyond what weather can be; formats fill gaps with numbers such as 9999."""
    limits = {kind: getattr(limit, kind) for limit in WeatherHour.model_fields[name].metadata
              for kind in ("ge", "le") if hasattr(limit, kind)}  # fmt: skip
    least, most = limits["ge"], limits["le"]
    wrong = np.flatnonzero(~((values >= least) & (values <= most)))
    if wrong.size:
        text = Text(
            f"{wrong.size} hours have no possible value of {name}", f"{name}に異常値・欠測が{wrong.size}時間あります"
        )
        faults.add(str(path), text, values[wrong[0]], f"{least:g} to {most:g}")


def _of_table(path: Path, assumed: Rules, site: tuple[float, float] | None) -> Weather:
    """Return the weather of a table of hours."""
    reader = ColumnReader(WeatherHour)
    table = reader.columns_from(path)
    reader.faults.raise_if_any()
    if table is None:
        raise AssertionError("a file that cannot be used has a fault")
    hours = table.cells["hour"].astype(np.int64)
    if not np.array_equal(np.sort(hours), np.arange(hours.size)) or hours.size not in (_HOURS, _HOURS + 24):
        reader.faults.add(str(path), _WHOLE_YEAR, hours.size, f"hour 0 … {_HOURS - 1}")
        reader.faults.raise_if_any()
    order = np.argsort(hours)
    names = ("ghi", "dni", "dhi", "temperature", "wind_speed")
    values = {name: table.cells[name].astype(np.float64)[order] for name in names}
    usual = assumed.value("weather_site")
    latitude, longitude = site or (float(usual["latitude"]), float(usual["longitude"]))
    return Weather(str(path), latitude, longitude, float(usual["utc_offset"]), _calendar(hours.size), **values)


def _calendar(hours: int) -> int:
    """Return a year with so many hours; which one matters for the sun by minutes only."""
    return 2024 if hours > _HOURS else 2025


@dataclass(frozen=True)
class WeatherForm:
    """The form of a table of weather."""

    title: Text
    row: type[Row]
    examples: tuple[Row, ...]

    def examples_in(self, language: Language) -> tuple[Row, ...]:
        """Return the worked rows; they are the same in both languages."""
        return self.examples


#: The first hours of a clear first of January, as an example.
FORM = WeatherForm(
    Text("hourly weather for the yield of panels", "発電量算定用の毎時気象データ"),
    WeatherHour,
    (
        WeatherHour(hour=0, ghi=0, dni=0, dhi=0, temperature=3.2, wind_speed=1.8),
        WeatherHour(hour=8, ghi=190, dni=520, dhi=60, temperature=4.6, wind_speed=2.1),
        WeatherHour(hour=12, ghi=510, dni=810, dhi=80, temperature=9.4, wind_speed=2.9),
    ),
)
