"""Bills, contract power and half-hourly files against figures worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from model.faults import BadInput, FaultList
from model.optimise.joint_purchase.loads import read_half_hours
from model.optimise.joint_purchase.tariffs import (
    FISCAL_MONTHS,
    Surcharges,
    Tariff,
    contract_power,
    load_factor,
    monthly_bills,
    summer_months,
)
from model.optimise.procurement_data import procurement, read_procurement
from model.paths import data_folder

NOTHING = Surcharges(np.zeros(12), 0.0)


def bills(tariff: Tariff, kw: float, factor: float, kwh: float, surcharges: Surcharges = NOTHING) -> np.ndarray:
    return monthly_bills(tariff, np.array([kw]), np.array([factor]), np.full((1, 12), kwh), surcharges)[0]


def test_published_month_of_a_retailer() -> None:
    # 150 kW at 1,000 JPY, 47,000 kWh at 5.0 in summer, fuel −0.5, levy 3.49: 525,530 JPY without power factor rule,
    # 503,030 JPY with 100 % power factor.
    surcharges = Surcharges(np.full(12, -0.5), 3.49)
    july = FISCAL_MONTHS.index(7)
    assert bills(Tariff(1000, 5.0, 5.0, power_factor=False), 150, 100, 47_000, surcharges)[july] == 525_530
    assert bills(Tariff(1000, 5.0, 5.0), 150, 100, 47_000, surcharges)[july] == 503_030


def test_summer_is_july_to_september_and_nothing_else() -> None:
    found = bills(Tariff(0, 2.0, 1.0), 10, 85, 100)
    assert [month for month, bill in zip(FISCAL_MONTHS, found, strict=True) if bill == 200] == [7, 8, 9]
    assert summer_months().sum() == 3


@pytest.mark.parametrize(("factor", "percent"), [(100, 85), (85, 100), (80, 105)])
def test_power_factor_moves_the_base_charge_by_points(factor: float, percent: float) -> None:
    assert bills(Tariff(1000, 0, 0), 10, factor, 0)[0] == 100 * percent


def test_parts_of_a_yen_are_dropped_each_month() -> None:
    assert bills(Tariff(0, 0.333, 0.333), 1, 85, 10).tolist() == [3.0] * 12
    # 0.1 × 3 is 0.30000000000000004 in binary; ten of them are three yen, not two.
    assert bills(Tariff(0, 0.1, 0.1), 1, 85, 30).tolist() == [3.0] * 12


def test_what_a_price_contains_is_not_added_again() -> None:
    surcharges = Surcharges(np.full(12, 1.0), 2.0)
    inclusive = Tariff(0, 10, 10, fuel_included=True, levy_included=True)
    assert bills(inclusive, 1, 85, 100, surcharges)[0] == 1000
    assert bills(Tariff(0, 10, 10, fuel_included=True), 1, 85, 100, surcharges)[0] == 1200
    assert bills(Tariff(0, 10, 10, levy_included=True), 1, 85, 100, surcharges)[0] == 1100


def test_contract_power_is_the_highest_month_below_500_and_agreed_from_there() -> None:
    peaks = np.array([300.0, 420.0, 499.0, *[100.0] * 9])
    assert contract_power(peaks, None) == 499
    assert contract_power(np.where(peaks == 499, 500, peaks), None) is None
    assert contract_power(np.where(peaks == 499, 500, peaks), 520.0) == 520


def test_load_factor_of_a_published_hall() -> None:
    # Onojo: 895,200 kWh at 359 kW, published as 0.2847.
    assert load_factor(np.array([895_200.0]), np.float64(359)) == pytest.approx(0.2847, abs=5e-5)


def half_hours(first: date, days: int, dated: bool) -> str:
    lines = []
    for number in range(days):
        values = [str((number % 7) + 1)] * 47 + ["9"]
        lines.append(",".join([str(first + timedelta(days=number)), *values] if dated else values))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(("year", "days"), [(2025, 365), (2023, 366)])
def test_both_layouts_give_the_same_months(tmp_path: Path, dated: bool, year: int, days: int) -> None:
    path = tmp_path / "meter.csv"
    path.write_text(half_hours(date(year, 4, 1), days, dated), encoding="utf-8")
    faults = FaultList()
    found = read_half_hours(path, year, faults)
    assert not faults.faults
    assert found is not None
    april = sum((number % 7 + 1) * 47 + 9 for number in range(30))
    assert found.monthly_kwh[0] == april
    assert found.monthly_kwh.sum() == sum((number % 7 + 1) * 47 + 9 for number in range(days))
    assert found.monthly_peak.tolist() == [18.0] * 12  # 9 kWh in half an hour are 18 kW


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("2026-02-28", "2026-02-31"), "a day that exists"),
        (lambda text: text.replace("2026-02-28", "2026-02-27"), "stands twice"),
        (lambda text: "\n".join(text.splitlines()[:-31]) + "\n", "31 days are missing"),
        (lambda text: text.replace("2025-05-05,7", "2025-05-05,-7"), "at least 0 kWh"),
        (lambda text: text.replace("2025-05-05,7", "2025-05-05,six"), "at least 0 kWh"),
        (lambda text: text.replace("2025-05-05,7,", "2025-05-05,"), "48 values"),
    ],
)
def test_bad_meter_files_say_what_is_wrong(tmp_path: Path, change, said: str) -> None:
    path = tmp_path / "meter.csv"
    path.write_text(change(half_hours(date(2025, 4, 1), 365, True)), encoding="utf-8")
    faults = FaultList()
    assert read_half_hours(path, 2025, faults) is None
    assert any(said in fault("en") for fault in faults.faults)


def test_undated_file_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meter.csv"
    path.write_text(half_hours(date(2025, 4, 1), 364, False), encoding="utf-8")
    faults = FaultList()
    assert read_half_hours(path, 2025, faults) is None
    assert "365 lines" in faults.faults[0]("en")


def test_shipped_numbers_are_those_of_their_sources() -> None:
    data = procurement()
    assert data.number("market", "base_charge", "crisis") == 1299
    assert data.parameter("extension") == 30
    for name in ("hall", "school_primary", "hospital"):
        months = [data.number("monthly_shape", "share_of_year", name, str(month)) for month in range(1, 13)]
        assert sum(months) == pytest.approx(1, abs=1e-9)


def test_every_fault_of_the_data_is_told(tmp_path: Path) -> None:
    for path in (data_folder() / "procurement").glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    market = tmp_path / "market.csv"
    text = market.read_text(encoding="utf-8").replace("crisis,1299", "crisis,many").replace("RIM2022", "NOBODY")
    market.write_text(text.replace("before_crisis,600", "before_crisys,600"), encoding="utf-8")
    with pytest.raises(BadInput) as bad:
        read_procurement(tmp_path)
    told = str(bad.value)
    assert all(word in told for word in ("many", "NOBODY", "before_crisys", "is missing"))
