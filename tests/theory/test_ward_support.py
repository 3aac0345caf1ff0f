"""Support by the wards: lines and caps of the equipment grant, and paths of adoption against closed forms."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.faults import BadInput
from model.ordinance.derivation import Verdict
from model.ordinance.rulebook import Rules, rules, rules_at
from model.ordinance.ward_support.equations import adopted_to_date, linear_adoption, spreading_adoption
from model.ordinance.ward_support.examples import REPRODUCED
from model.ordinance.ward_support.programme import PROGRAMME, WardMeasure, adopted, assess
from model.ordinance.worked_examples import worked_examples

ADOPTED = rules("ward_cooperation", "adopted_2025")
GRANT = WardMeasure(
    id="g", municipality="13122", kind="sme_equipment", investment_jpy=24_000_000, route="audit", site_t=60, cut_t=12
)
PATH = WardMeasure(
    id="p",
    municipality="葛飾区",
    kind="zeb_adoption",
    first_year=2025,
    first_share=0.1,
    last_year=2030,
    last_share=0.6,
    number_of_units=100,
    saving_t_per_unit=2,
)

shares = st.floats(0.01, 0.99)


def grant(under: Rules = ADOPTED, **changes: object) -> float | None:
    (answers,) = assess([GRANT.model_copy(update=changes)], under)
    return answers.finding("grant").value


def test_every_printed_figure_is_reproduced() -> None:
    checks = {(example.id, check.name): (example, check) for example in worked_examples() for check in example.checks}
    assert {key for key, (example, _) in checks.items() if example.programme == "ward_cooperation"} == set(REPRODUCED)
    for key, compute in REPRODUCED.items():
        example, check = checks[key]
        assert check.agrees(compute(example.inputs)), key


def test_shares_and_caps_of_each_route() -> None:
    assert grant() == 16_000_000
    assert grant(investment_jpy=60e6) == 25_000_000
    assert grant(route="own_plan") == 10_000_000
    assert grant(route="audit_half_cut", cut_t=30.0) == 18_000_000
    assert grant(route="audit_half_cut", cut_t=29.9) == 0
    assert grant(route="neither", cut_t=50.0) is None


def test_the_highest_grant_of_fiscal_2025_caps_the_older_page() -> None:
    dear = {"route": "audit_half_cut", "cut_t": 30.0, "investment_jpy": 80e6}
    assert grant(**dear) == 45_000_000
    assert grant(rules_at("ward_cooperation", date(2025, 3, 31)), **dear) == 50_000_000
    assert grant(rules_at("ward_cooperation", date(2025, 4, 1)), **dear) == 45_000_000


@pytest.mark.parametrize(
    ("route", "site", "cut", "verdict"),
    [
        ("audit", 60, 2.99, Verdict.FALLS_SHORT),
        ("audit", 60, 3.0, Verdict.COMPLIES),
        ("audit", 8, 2.4, Verdict.COMPLIES),
        ("audit", 8, 2.39, Verdict.FALLS_SHORT),
        ("neither", 60, 27.9, Verdict.FALLS_SHORT),
        ("neither", 60, 28.0, Verdict.COMPLIES),
    ],
)
def test_the_effect_on_both_sides_of_its_lines(route: str, site: float, cut: float, verdict: Verdict) -> None:
    (answers,) = assess([GRANT.model_copy(update={"route": route, "site_t": site, "cut_t": cut})], ADOPTED)
    assert answers.finding("effect").verdict is verdict
    if verdict is Verdict.FALLS_SHORT and route == "audit":
        assert answers.finding("grant").value == 0


def test_the_effect_counts_from_its_first_day() -> None:
    small = GRANT.model_copy(update={"cut_t": 1.0})
    for day, verdict in ((date(2025, 4, 10), Verdict.FOR_INFORMATION), (date(2025, 4, 11), Verdict.FALLS_SHORT)):
        (answers,) = assess([small], rules_at("ward_cooperation", day))
        assert answers.finding("effect").verdict is verdict


def test_the_proposal_knows_no_equipment_grant() -> None:
    with pytest.raises(BadInput, match="adopted_2025 says"):
        assess([GRANT], rules("ward_cooperation", "seed_2022"))


def test_a_straight_path_by_hand() -> None:
    np.testing.assert_allclose(adopted(PATH), 100 * np.cumsum([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    (answers,) = assess([PATH], ADOPTED)
    assert answers.finding("adopted").value == pytest.approx(210)
    assert answers.finding("carbon").value == pytest.approx(420)
    firms = PATH.model_copy(update={"kind": "sme_adoption"})
    np.testing.assert_allclose(adopted(firms), [10, 20, 30, 40, 50, 60])


@given(shares, shares, st.integers(1, 30))
def test_a_spreading_path_meets_both_ends_and_multiplies_the_odds(one: float, other: float, years: int) -> None:
    path = spreading_adoption(np.arange(2020, 2021 + years), (2020, one), (2020 + years, other))
    assert path[0] == pytest.approx(one)
    assert path[-1] == pytest.approx(other)
    odds = path / (1 - path)
    np.testing.assert_allclose(odds[1:] / odds[:-1], (odds[-1] / odds[0]) ** (1 / years), rtol=1e-6)
    assert (np.diff(path) * np.sign(other - one) >= -1e-12).all()


def test_from_one_tenth_to_nine_tenths_half_way_is_one_half() -> None:
    assert float(spreading_adoption(2030, (2025, 0.1), (2035, 0.9))) == pytest.approx(0.5)
    np.testing.assert_allclose(linear_adoption([2020, 2030, 2040], (2025, 0.1), (2035, 0.9)), [0.1, 0.5, 0.9])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_what_is_adopted_never_falls_and_never_exceeds_what_is_built(path: list[float]) -> None:
    many = adopted_to_date(path, 50.0)
    assert (np.diff(many) >= 0).all()
    assert (many <= 50.0 * np.arange(1, len(path) + 1) + 1e-9).all()


@pytest.mark.parametrize(
    "change",
    [
        {"last_year": 2025},
        {"shape": "spreading", "first_share": 0.0},
        {"number_of_units": None},
        {"kind": "sme_equipment"},
        {"last_share": 1.1},
    ],
)
def test_bad_rows_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WardMeasure(**(PATH.model_dump() | change))


def test_the_worked_rows_are_assessed() -> None:
    assert len(assess(PROGRAMME.examples, ADOPTED)) == 2
