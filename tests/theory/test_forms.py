"""Every form that `template` writes is known again by `check`, in each language and kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from model.catalogue import catalogue
from model.commands.check import kind_of
from model.commands.template import kinds
from model.faults import BadInput, FaultList
from model.forms import check_form, forms
from model.language import Language
from model.record_files import read_records

LANGUAGES: tuple[Language, ...] = ("ja", "en")


@pytest.mark.parametrize("name", forms())
@pytest.mark.parametrize(("suffix", "language"), [(".csv", "ja"), (".csv", "en"), (".yaml", "en")])
def test_a_form_is_known_again_and_right_as_written(tmp_path: Path, name: str, suffix: str, language: Language) -> None:
    path = tmp_path / f"filled{suffix}"
    kinds()[name].write(path, language)
    found = kind_of(path).check(path)
    assert f"`{name}`" in found.en
    assert f"rows: {len(forms()[name].form(language).examples_in(language))};" in found.en


def test_what_is_wrong_with_rows_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bids.csv"
    kinds()["auction_bids"].write(path, "ja")
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace("施設単位", "まとめて")
    lines[2] = lines[2].replace("はい", "多分")
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        check_form(path)
    assert [fault.place.split(" › ")[0] for fault in refused.value.faults] == [f"{path}:2", f"{path}:3"]


def test_a_table_that_is_no_form_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        check_form(path)
    (fault,) = refused.value.faults
    assert fault.given == "a, b"


def test_a_scenario_is_no_form(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntitle: Mine\nbased_on: no_new_policy\nset: {}\n", encoding="utf-8")
    assert kind_of(path).name.en == "scenario"


def test_every_template_has_a_name_in_the_list() -> None:
    listed = {name for name, entry in catalogue().items() if entry.kind in ("programme", "form")}
    assert listed == set(kinds()) - {"scenario"}


def test_values_of_auction_rules_are_checked_by_the_rule_they_are_of(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text("rule,value\nsupplier_share_cap,1.7\nevaluation,cheap\nlevy,3.98\nsupply_start,2027-02-31\n")
    with pytest.raises(BadInput) as bad:
        check_form(path)
    told = [fault("en") for fault in bad.value.faults]
    assert len(told) == 3
    assert all(any(name in one for one in told) for name in ("supplier_share_cap", "evaluation", "supply_start"))
    path.write_text("rule,value\nsupplier_share_cap,0.7\n")
    assert "auction_rules" in check_form(path).en


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".yaml"])
def test_a_file_says_itself_under_which_rules_its_worked_rows_lack_values(tmp_path: Path, suffix: str) -> None:
    for language, words in (("ja", "--rules seed_2022 では記入例の計算に --fallback が必要です"),
                            ("en", "with --rules seed_2022 the worked rows need --fallback")):  # fmt: skip
        path = tmp_path / f"{language}{suffix}"
        kinds()["forest_offset"].write(path, language)
        if suffix == ".xlsx":
            sheets = load_workbook(path).worksheets
            text = "\n".join(str(cell) for sheet in sheets for row in sheet.values for cell in row)
        else:
            text = path.read_text(encoding="utf-8-sig")
        assert f"# {words}" in text
        assert "rows: 2;" in kind_of(path).check(path).en


def test_remarks_are_no_rows_but_a_name_with_a_number_sign_is(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,name\n# nothing else,\n#1,first\n,\n#2,\n", encoding="utf-8")
    records = read_records(path, FaultList())
    assert records is not None
    assert [row.cells for row in records.rows] == [{"id": "#1", "name": "first"}]
