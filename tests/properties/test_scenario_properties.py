"""What must hold of scenario files however they are written, and of any text that someone calls a scenario."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.faults import BadInput
from model.levers import FAMILY_OF, LEVER_FAMILIES, lever_value, plain
from model.paths import scenarios_folder
from model.scenario import ROOT_SCENARIO, load_scenario
from model.year_path import FIRST_YEAR, LAST_YEAR, SharePath, YearPath, path_values, share_path_values

ROOT = load_scenario(ROOT_SCENARIO)
years = st.integers(FIRST_YEAR, LAST_YEAR)
EVERY_YEAR = np.arange(FIRST_YEAR, LAST_YEAR + 1)


def loaded(text: str, name: str = "mine") -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)


def shuffled(value: Any, random: Any) -> Any:
    """Return mappings in another order and whole numbers written as fractions or not."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    return int(value) if isinstance(value, float) and value.is_integer() and random.random() < 0.5 else value


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_hash_does_not_depend_on_order_form_or_derivation(random: Any) -> None:
    dotted = {name: shuffled(lever_value(ROOT.levers, name), random) for name in FAMILY_OF}
    for section in random.sample(["demand", "solar", "renovation", "equipment"], 2):
        for name in [name for name in dotted if name.startswith(section)]:
            del dotted[name]
        dotted[section] = shuffled(plain(getattr(ROOT.levers, section)), random)
    moved = shuffled(dotted, random)
    body = {"name": "mine", "title": "x", "set": moved}
    if random.random() < 0.5:
        body["based_on"] = "carbon_half"
    # JSON is YAML, and shares no code with the reader.
    text = json.dumps(shuffled(body, random), indent=random.choice([None, 2])) + "\n# a remark\n"
    assert loaded(text).content_hash == ROOT.content_hash


paths = st.one_of(
    st.floats(0, 1), st.dictionaries(years, st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=5)
)


@settings(max_examples=40, deadline=None)
@given(paths, st.floats(0.5, 2), st.sampled_from([None, 2000, 2035, 2060]), st.integers(2023, 2050))
def test_overrides_equal_a_derived_file(path: Any, factor: float, last_year: int | None, last: int) -> None:
    values = {
        "electricity.renewable_share": path,
        "stock.lifetime_factor.residential": factor,
        "equipment.last_year.gas_cooker": last_year,
        "years.last": last,
    }
    overrides = [f"{name}={json.dumps(value)}" for name, value in values.items()]
    head = {"name": "mine", "title": "x", "based_on": ROOT_SCENARIO}
    derived = loaded(json.dumps(head | {"set": values}))
    overridden = load_scenario(ROOT_SCENARIO, overrides)
    assert overridden.content_hash == derived.content_hash
    assert overridden.levers == derived.levers


@given(st.dictionaries(years, st.floats(-1e6, 1e6), min_size=1, max_size=6))
def test_interpolation_stays_within_its_points_and_meets_them(points: dict[int, float]) -> None:
    values = path_values(YearPath.of(points), EVERY_YEAR)
    slack = 1e-9 * max(1.0, max(abs(value) for value in points.values()))
    assert values.min() >= min(points.values()) - slack
    assert values.max() <= max(points.values()) + slack
    for year, value in points.items():
        assert abs(values[year - FIRST_YEAR] - value) <= slack


@given(
    st.dictionaries(
        years, st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99), min_size=1), min_size=1, max_size=5
    )
)
def test_shares_sum_to_one_in_every_year(weights: dict[int, dict[str, int]]) -> None:
    shares = {
        year: {label: weight / sum(labels.values()) for label, weight in labels.items()}
        for year, labels in weights.items()
    }
    found = share_path_values(SharePath.of(shares), EVERY_YEAR, ["d", "b", "a", "c"])
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    assert found.min() >= 0


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_damaged_file_is_bad_input_or_fine_but_never_an_accident(random: Any, damages: int) -> None:
    text = (scenarios_folder() / "carbon_half.yaml").read_text(encoding="utf-8")
    for _ in range(damages):
        at = random.randrange(len(text))
        kind = random.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + random.randrange(1, 40) :]
        elif kind == 1:
            text = text[:at] + random.choice(list("{}[]:&*!|>%@`'\"#\t\n-?, 09aé東\x00\x85")) + text[at:]
        elif kind == 2:
            lines = text.split("\n")
            random.shuffle(lines)
            text = "\n".join(lines)
        else:
            other = random.randrange(len(text))
            text = text[:at] + text[other : other + 30] + text[at:]
    try:
        loaded(text, "carbon_half")
    except BadInput as bad:
        for fault in bad.faults:
            assert fault.place
            assert fault("en") and fault("ja")


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=6,
).map(json.dumps)
names = st.sampled_from([*FAMILY_OF, *LEVER_FAMILIES, "", "years", "x", "renovation.rate.all"])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(names, st.text(max_size=20) | plain_values)
def test_any_override_is_bad_input_or_fine(key: str, value: str) -> None:
    try:
        load_scenario(ROOT_SCENARIO, [f"{key}={value}"])
    except BadInput as bad:
        assert all("--set" in fault.place for fault in bad.faults)
