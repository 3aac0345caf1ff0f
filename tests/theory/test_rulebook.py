"""The rulebook: what it holds, what it refuses, and which row counts on which day."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from model.faults import BadInput
from model.ordinance.municipalities import find_municipality, municipalities
from model.ordinance.rulebook import RULE_SETS, read_rulebooks, rulebooks, rules, rules_at, rules_folder, source_ids
from model.ordinance.worked_examples import worked_examples

ORIGINALS = Path(__file__).resolve().parents[3] / "shared" / "data" / "rules"


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the collected rule data are not beside the checkout")
def test_every_collected_parameter_came_over_unchanged() -> None:
    facts = ("value", "unit", "rule_set", "source_id", "quality", "term_ja")
    compared = 0
    for path in ORIGINALS.glob("*.yaml"):
        if path.stem in rulebooks():
            ours = {(row.id, row.rule_set): row for row in rulebooks()[path.stem].parameters}
            for row in yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]:
                mine = ours[row["id"], row["rule_set"]]
                assert mine.valid_from.isoformat() == row["valid_from"]
                assert {fact: getattr(mine, fact) for fact in facts} == {fact: row[fact] for fact in facts}
                compared += 1
    assert compared == 398


def test_the_rule_data_are_complete() -> None:
    assert len(rulebooks()) == 14
    assert sum(len(example.checks) for example in worked_examples()) == 149
    assert {example.source_id for example in worked_examples()} <= source_ids(rules_folder())
    assert len(source_ids(rules_folder())) == 122


def test_municipalities_follow_the_press_account_of_the_zones() -> None:
    places = municipalities().values()
    assert len(places) == 62
    wards = {place.name_ja: place.zone_rate for place in places if place.kind == "ward"}
    assert {name for name, rate in wards.items() if rate == 0.3} == {"千代田区", "中央区"}
    assert {name for name, rate in wards.items() if rate == 0.85} == {"目黒区", "世田谷区"}
    assert sum(rate == 0.7 for rate in wards.values()) == 19
    assert sum(place.quality == "estimate" for place in places) == 13


def test_a_municipality_is_found_by_code_and_by_either_name() -> None:
    assert find_municipality("13112") is find_municipality("世田谷区") is find_municipality(" SETAGAYA ")
    assert find_municipality("横浜市") is None


def test_a_null_stops_and_says_what_the_other_rule_set_holds() -> None:
    with pytest.raises(BadInput) as stopped:
        rules("plan_programme", "seed_2022").number("capacity_per_area")
    (fault,) = stopped.value.faults
    for language in ("en", "ja"):
        said = fault(language)
        assert "capacity_per_area" in said
        assert "0.15" in said
        assert "adopted_2025" in said
        assert "wp2023_p13" in said


def test_a_missing_row_stops_and_a_chosen_fallback_is_recorded() -> None:
    with pytest.raises(BadInput, match="seed_2022 says"):
        rules("report_programme", "adopted_2025").value("zev_guidance")
    chosen = rules("report_programme", "adopted_2025", fallback=True)
    assert chosen.number("zev_guidance", "v2h_or_v2b_min") == 1
    assert chosen.number("uniform_rate") == 0.85
    assert {used.parameter.id: used.fallback for used in chosen.used} == {"zev_guidance": True, "uniform_rate": False}


def test_unknown_in_both_sets_stops_even_with_fallback() -> None:
    with pytest.raises(BadInput, match="no other rule set"):
        rules("cap_and_trade", "adopted_2025", fallback=True).value("credit_price_recent")


def test_a_fallback_is_never_taken_where_the_set_itself_has_a_value() -> None:
    for name, book in rulebooks().items():
        for rule_set in RULE_SETS:
            own = rules(name, rule_set, fallback=True)
            for row in book.parameters:
                if row.rule_set == rule_set and row.value is not None:
                    assert own.value(row.id) == row.value
            assert not any(used.fallback for used in own.used)


def test_a_wrong_id_is_an_error_of_the_programmer() -> None:
    with pytest.raises(KeyError):
        rules("plan_programme", "seed_2022").value("no_such_parameter")


def test_an_unknown_programme_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean: plan_programme"):
        rules("plan_program", "seed_2022")


@pytest.mark.parametrize(
    ("programme", "parameter", "path", "first", "before", "after"),
    [
        ("report_programme", "zone_rates", ("zone_30",), date(2022, 8, 1), None, "seed_2022"),
        ("report_programme", "uniform_rate", (), date(2025, 4, 1), "seed_2022", "adopted_2025"),
        ("plan_programme", "capacity_bounds", (0, "lower_kw"), date(2025, 4, 1), "seed_2022", "adopted_2025"),
        (
            "plan_programme",
            "non_residential_bei_max",
            ("use_1_factories",),
            date(2024, 4, 1),
            "seed_2022",
            "adopted_2025",
        ),
    ],
)
def test_the_row_changes_on_its_first_day(
    programme: str, parameter: str, path: tuple[str | int, ...], first: date, before: str | None, after: str
) -> None:
    eve = rules_at(programme, first - timedelta(days=1))
    if before is None:
        with pytest.raises(BadInput, match=f"starts on {first}"):
            eve.value(parameter, *path)
    else:
        eve.value(parameter, *path)
        assert [used.parameter.rule_set for used in eve.used] == [before]
    on_the_day = rules_at(programme, first)
    on_the_day.value(parameter, *path)
    assert [used.parameter.rule_set for used in on_the_day.used] == [after]
    assert not any(used.fallback for used in on_the_day.used)


def test_after_the_newer_set_starts_an_older_row_is_a_fallback() -> None:
    eve, first = date(2025, 3, 31), date(2025, 4, 1)
    assert rules_at("report_programme", eve).number("expected_obliged_suppliers") == 50
    with pytest.raises(BadInput):
        rules_at("report_programme", first).number("expected_obliged_suppliers")
    late = rules_at("report_programme", first, fallback=True)
    assert late.number("expected_obliged_suppliers") == 50
    assert [used.fallback for used in late.used] == [True]


def test_a_row_ends_with_its_last_day() -> None:
    """The house grant of three levels ended on 30 September 2024, when that of levels A to C began."""
    last = date(2024, 9, 30)
    levels = rules_at("subsidies", last).value("zero_emission_house_grant")
    assert [row["level"] for row in levels] == [1, 2, 3]
    after = rules_at("subsidies", last + timedelta(days=1))
    assert not after.known("zero_emission_house_grant") or after.value("zero_emission_house_grant") != levels


def test_rules_of_another_file_share_the_memory() -> None:
    own = rules("plan_programme", "seed_2022")
    assert own.beside("pv_economics").number("yield") == 1000
    assert [(used.programme, used.parameter.id) for used in own.used] == [("pv_economics", "yield")]
    assert own.fresh().used == ()


def test_every_fault_of_the_rule_files_is_told_at_once(tmp_path: Path) -> None:
    row = (
        "{id: a, value: 1, unit: m2, valid_from: '2022-08-01', rule_set: seed_2022, source_id: s1, "
        "quality: published, term_ja: 用語}"
    )
    head = "programme: p\ntitle_ja: 制度\ntitle_en: P\nschema_version: 1\nparameters:\n"
    (tmp_path / "sources.csv").write_text("source_id\ns1\n", encoding="utf-8")
    (tmp_path / "twice.yaml").write_text(f"{head}- {row}\n- {row}\n", encoding="utf-8")
    (tmp_path / "source.yaml").write_text(head + "- " + row.replace("s1", "s9"), encoding="utf-8")
    (tmp_path / "quality.yaml").write_text(head + "- " + row.replace("published", "certain"), encoding="utf-8")
    (tmp_path / "day.yaml").write_text(head + "- " + row.replace("2022-08-01", "2022-02-30"), encoding="utf-8")
    (tmp_path / "extra.yaml").write_text(head + "- " + row.replace("term_ja", "colour: red, term_ja"), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_rulebooks(tmp_path)
    places = " ".join(fault.place for fault in refused.value.faults)
    for name in ("twice", "source", "quality", "day", "extra"):
        assert f"{name}.yaml" in places
