"""`run.py reproduce` through the command line: every printed figure, the files it writes, and when it fails."""

import csv
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from model.command_line import main
from model.ordinance import reproduction
from model.ordinance.reproduction import Comparison, comparisons, reproductions
from model.ordinance.worked_examples import Check, contradictions, worked_examples
from model.report.reproduction_page import difference_text, page

Run = Callable[..., tuple[int, str]]


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line in an empty folder; return its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([str(one) for one in arguments])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return run_here


def test_all_149_printed_figures_agree(run: Run, tmp_path: Path) -> None:
    code, said = run("reproduce", "--lang", "en")
    assert code == 0, said
    assert "149 of 149 figures agree (contradictions in print confirmed: 1)." in said
    rows = list(csv.reader((tmp_path / "results/reproduction/figures.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 150
    outcomes = [row[8] for row in rows[1:]]
    assert outcomes.count("contradiction confirmed") == 1
    assert outcomes.count("agrees") == 148
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["rp_500_houses/required_kw"][5:7] == ["850", "850.0"]
    assert by_name["jp_office/t"][5] == "1695"
    assert float(by_name["jp_office/t"][6]) == pytest.approx(1695.195)


def test_nothing_is_computed_that_is_not_printed() -> None:
    printed = {(example.id, check.name) for example in worked_examples() for check in example.checks}
    assert set(reproductions()) <= printed


def test_a_wrong_figure_and_a_missing_one_end_with_exit_code_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    known = reproductions()
    wrong = known | {("rp_500_houses", "required_kw"): lambda given: 851}
    monkeypatch.setattr(reproduction, "reproductions", lambda: wrong)
    code, said = run("reproduce", "--lang", "en", "--out", "one")
    assert code == 1
    assert "148 of 149" in said
    assert "differs" in Path("one/figures.csv").read_text(encoding="utf-8-sig")
    missing = {key: value for key, value in known.items() if key != ("rp_500_houses", "required_kw")}
    monkeypatch.setattr(reproduction, "reproductions", lambda: missing)
    code, said = run("reproduce", "--lang", "ja", "--out", "two")
    assert code == 1
    assert "149件中148件が一致" in said
    assert "未計算" in Path("two/figures.csv").read_text(encoding="utf-8-sig")


def test_the_contradiction_is_named_with_the_value_that_is_consistent(run: Run) -> None:
    _, said = run("reproduce", "--lang", "en")
    assert "11,350 GJ" in said
    assert "12,350 GJ" in said
    text = Path("results/reproduction/contradictions.csv").read_text(encoding="utf-8-sig")
    assert text.count("\n") == len(contradictions()) + 1 == 5
    assert "0.9912" in text


def test_the_evidence_of_every_contradiction_is_a_check_of_the_file() -> None:
    names = {f"{example.id}/{check.name}" for example in worked_examples() for check in example.checks}
    assert {name for one in contradictions() for name in one.checks} <= names


def test_the_page_speaks_both_languages_and_loads_nothing(run: Run) -> None:
    run("reproduce", "--lang", "ja")
    text = Path("results/reproduction/index.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(text)
    assert not tags.open
    assert not {"script", "link", "img", "iframe"} & set(tags.tags)
    assert tags.links == ["#ja", "#en"]
    assert "url(" not in text
    assert text.count("<section") == 2
    assert "公表数値の再現" in text
    assert "Printed figures, reproduced" in text


def test_every_text_on_the_page_is_escaped() -> None:
    first = comparisons()[0]
    bad = "<script>alert(1)</script>"
    check = first.check.model_copy(update={"label_en": bad, "label_ja": bad})
    example = first.example.model_copy(update={"title_en": bad, "title_ja": bad})
    text = page([Comparison(example, check, True, 850)], [])
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 4


@pytest.mark.parametrize(
    ("printed", "ours", "said"),
    [(850, 850.0, "0"), (46, 46.4, "+0.4"), (6, 5.652173913, "-0.3478"), (True, True, "–"), ([1, 2], [1, 2.5], "+0.5")],
)
def test_differences_are_shown_with_their_sign(printed: object, ours: object, said: str) -> None:
    check = Check(name="x", label_en="x", label_ja="x", expected=printed, kind="published")
    assert difference_text(Comparison(worked_examples()[0], check, True, ours)) == said


def test_a_file_in_the_place_of_the_folder_is_refused(run: Run) -> None:
    Path("taken").write_text("")
    code, said = run("reproduce", "--out", "taken", "--lang", "en")
    assert code == 2
    assert "name a folder" in said
