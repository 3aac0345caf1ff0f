"""Yields from hourly weather: a closed form, pvlib's own chain on its own weather, every form of file, bad files."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.command_line import main
from model.faults import BadInput
from model.optimise.solar_allocation.weather import PanelTerms, Weather, read_weather
from model.ordinance.rulebook import rules

pvlib = pytest.importorskip("pvlib")

ASSUMED = rules("solar_allocation", "adopted_2025")
TERMS = PanelTerms.read(ASSUMED)
TOKYO = 35.69, 139.75


@cache
def clear_year() -> pd.DataFrame:
    """Return a year without clouds over Tokyo by pvlib's clear sky, hours from the first of January."""
    times = pd.date_range("2025-01-01", periods=8760, freq="h", tz="Asia/Tokyo") + pd.Timedelta(minutes=30)
    sky = pvlib.location.Location(*TOKYO).get_clearsky(times, model="haurwitz")
    zenith = pvlib.solarposition.get_solarposition(times, *TOKYO)["zenith"]
    split = pvlib.irradiance.erbs(sky["ghi"], zenith, times)
    hours = np.arange(8760)
    return pd.DataFrame({"hour": hours, "ghi": sky["ghi"].to_numpy().round(3), "dni": split["dni"].to_numpy().round(3),
                         "dhi": split["dhi"].to_numpy().round(3), "temperature": 15.0, "wind_speed": 2.0})  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weather") / "clear.csv"
    clear_year().to_csv(path, index=False)
    return path


def test_even_light_on_a_flat_roof_is_a_closed_form() -> None:
    hours = np.ones(8760)
    # Four hours about noon, when the sun is up on every day.
    light = np.where(np.isin(np.arange(8760) % 24, (10, 11, 12, 13)), 500.0, 0.0)
    weather = Weather("-", *TOKYO, 9, 2025, light, 0 * hours, light, 20 * hours, hours)
    terms = replace(TERMS, temperature=0.0)
    # PVWatts: what reaches the inverter is 0.5 kW less losses; its efficiency hangs on the share of its rating.
    power = 0.5 * (1 - terms.losses)
    load = power * terms.inverter
    efficiency = terms.inverter / 0.9637 * (-0.0162 * load - 0.0059 / load + 0.9858)
    assert weather.yields(np.zeros(1), np.zeros(1), terms)[0] == pytest.approx(365 * 4 * power * efficiency, rel=1e-9)


@pytest.mark.parametrize(("azimuth", "tilt"), [(0.0, 30.0), (90.0, 15.0), (-135.0, 40.0)])
def test_pvlibs_own_chain_on_its_own_weather(azimuth: float, tilt: float) -> None:
    path = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    weather = read_weather(path, ASSUMED)
    frame, about = pvlib.iotools.read_tmy3(path, coerce_year=2025, map_variables=True)
    frame.index = frame.index - pd.Timedelta(minutes=30)
    mounting = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"][TERMS.mounting]
    array = pvlib.pvsystem.Array(
        pvlib.pvsystem.FixedMount(tilt, 180 + azimuth), module_parameters={"pdc0": 1.0, "gamma_pdc": TERMS.temperature},
        temperature_model_parameters=mounting, albedo=TERMS.albedo,
    )  # fmt: skip
    system = pvlib.pvsystem.PVSystem(
        [array], inverter_parameters={"pdc0": 1 / TERMS.inverter, "eta_inv_nom": TERMS.inverter}
    )
    place = pvlib.location.Location(about["latitude"], about["longitude"])
    chain = pvlib.modelchain.ModelChain.with_pvwatts(system, place)
    chain.run_model(frame[["ghi", "dni", "dhi", "temp_air", "wind_speed"]])
    losses = pvlib.pvsystem.pvwatts_losses() / 100
    ours = weather.yields(np.array([azimuth]), np.array([tilt]), replace(TERMS, losses=losses))[0]
    assert ours == pytest.approx(float(chain.results.ac.sum()), rel=1e-3)


def test_a_table_an_epw_and_any_order_of_hours_say_the_same(tmp_path: Path, table: Path) -> None:
    frame = clear_year()
    shuffled = tmp_path / "shuffled.parquet"
    frame.sample(frac=1, random_state=1).to_parquet(shuffled, index=False)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(frame["hour"], unit="h")
    lines = ["LOCATION,Tokyo,-,JPN,made,476620,35.69,139.75,9.0,25.0"] + ["-"] * 7
    for day, hour in zip(days, frame.itertuples(), strict=True):
        cells = ["0"] * 35
        cells[:5] = [str(day.year), str(day.month), str(day.day), str(day.hour + 1), "60"]
        cells[6], cells[13:16] = str(hour.temperature), [str(hour.ghi), str(hour.dni), str(hour.dhi)]
        cells[21] = str(hour.wind_speed)
        lines.append(",".join(cells))
    station = tmp_path / "tokyo.epw"
    station.write_text("\n".join(lines) + "\n", encoding="utf-8")
    azimuth, tilt = np.array([0.0, 90.0, -90.0, 180.0, 0.0]), np.array([30.0, 30.0, 30.0, 30.0, 0.0])
    found = [read_weather(path, ASSUMED).yields(azimuth, tilt, TERMS) for path in (table, shuffled, station)]
    assert found[1] == pytest.approx(found[0])
    assert found[2] == pytest.approx(found[0], rel=1e-6)
    south, west, east, north, flat = found[0]
    assert south > flat > north
    # Clear days are alike before and after noon, but for the clock.
    assert east == pytest.approx(west, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ja", "en"])
def test_weather_through_the_command_line(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    houses = tmp_path / "list.csv"
    houses.write_text(
        "id,municipality,floor_area_m2,face1_m2,face1_azimuth\na,世田谷区,100,32,0\nb,世田谷区,100,32,180\n"
    )

    def generation(*options: str) -> list[float]:
        out = tmp_path / "out"
        with pytest.raises(SystemExit) as end:
            main(["allocate", str(houses), "--out", str(out), "--force", "--no-figures", "--objective", "benefit",
                  "--lang", language, *options])  # fmt: skip
        assert not end.value.code
        plan = pd.read_csv(out / "plan.csv")
        return plan.iloc[:, [name.startswith(("発電量", "generation")) for name in plan.columns]].iloc[:, 0].tolist()

    usual, here = generation(), generation("--weather", str(table))
    assert "clear.csv" in capsys.readouterr().out
    kwh = read_weather(table, ASSUMED).yields(np.array([0.0, 180.0]), np.array([30.0, 30.0]), TERMS)
    # All that the roof takes is worth having: 32 m² × 0.15 kW/m² = 4.8 kW.
    assert here == pytest.approx((4.8 * kwh).round().tolist())
    assert here != usual
    assert generation("--weather", str(table), "--site", "-35.69,139.75")[1] > here[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.iloc[:-1], "a whole year of hours"),
        (lambda frame: frame.assign(hour=frame["hour"] + 1), "a whole year of hours"),
        (lambda frame: frame.assign(ghi=9999), "too large"),
        (lambda frame: frame.drop(columns="dni"), "direct normal irradiance"),
        (lambda frame: frame.assign(hour=0), "already stands in"),
    ],
)
def test_bad_weather_is_told(tmp_path: Path, change: object, words: str) -> None:
    path = tmp_path / "bad.csv"
    change(clear_year()).to_csv(path, index=False)  # type: ignore[operator]
    with pytest.raises(BadInput) as bad:
        read_weather(path, ASSUMED)
    assert any(words in fault.problem.en for fault in bad.value.faults)
    (tmp_path / "no.epw").write_text("nothing", encoding="utf-8")
    with pytest.raises(BadInput):
        read_weather(tmp_path / "no.epw", ASSUMED)
    with pytest.raises(BadInput):
        read_weather(tmp_path / "missing.epw", ASSUMED)
