"""The dialect of the public names: held by asking every one of them."""

import inspect
import re
import subprocess
import sys
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

import shortimize_analytics as sa
from shortimize_analytics.client import contract
from shortimize_analytics.errors import ConfigError, InvalidParameterError
from shortimize_analytics.report.compose import ReportOptions
from shortimize_analytics.schema import GROWTH_CURVES, HISTORY, VIDEOS, choices, empty

DAY_PARAMETERS = {"start", "end", "compare", "as_of"} | {
    f"{what}_{edge}" for what in ("uploaded", "updated", "active") for edge in ("start", "end")
}
OTHER_DAYS = re.compile(r"(^|_)(from|to|since|until|begin|first|last|starting|ending|week|day|days|date)(_|$)")
NO_DAYS = {"window_days", "day_zero", "day", "days", "first_day", "last_day"}
"""One day is `day`, a number of them `days`, and a period has a first and a last one."""
OLD_NAMES = {"username", "usernames", "accounts", "linked_account_id", "labels", "collections", "platforms", "h"}
OPEN = {"", "rest", sa.__version__}
"""Defaults of texts that are no closed choice: a search, what a group is compared with, who made a file."""


def own_methods(cls):
    for name, value in vars(cls).items():
        found = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(found) and not name.startswith("_"):
            yield f"{cls.__name__}.{name}", found


PUBLIC = {name: getattr(sa, name) for name in sa.__all__}
FUNCTIONS = {name: found for name, found in PUBLIC.items() if inspect.isfunction(found)}
CLASSES = {name: found for name, found in PUBLIC.items() if inspect.isclass(found)}
RETURNED = {"Explorer": get_type_hints(sa.explore)["return"]}
METHODS = dict(pair for cls in {**CLASSES, **RETURNED}.values() for pair in own_methods(cls))
DOCUMENTED = FUNCTIONS | {name: found for name, found in CLASSES.items() if not issubclass(found, Exception)}


def parameters(found):
    return [each for each in inspect.signature(found).parameters.values() if each.name not in {"self", "cls"}]


def positional(found):
    return [each.name for each in parameters(found) if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def literals(hint):
    """Return the Literals in a type."""
    return [hint] if get_origin(hint) is Literal else [one for part in get_args(hint) for one in literals(part)]


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout


def test_tab_shows_the_public_names_and_nothing_else_before_and_after_use():
    show = "print(*dir(sa), sep=',');"
    used = "[getattr(sa, name) for name in sa.__all__]; import shortimize_analytics.cli.parser;"
    before, after = python(f"import shortimize_analytics as sa; {show}{used}{show}").split()
    assert before == after == ",".join(sorted(sa.__all__))
    assert sorted(sa.__all__) == list(dict.fromkeys(sorted(sa.__all__)))


@pytest.mark.parametrize("first", ["", "shortimize_analytics.schema.cast", "shortimize_analytics.errors", "pandas"])
def test_errors_and_schema_are_always_there(first):
    code = f"import {first}\n" if first else ""
    code += "import shortimize_analytics as sa; print(sa.errors.ShortimizeError.exit_code, sa.schema.VIDEOS.name)"
    assert python(code + "; print(sa.schema.cast([], sa.schema.VIDEOS)[0].shape[0])").split() == ["1", "videos", "0"]


def test_days_and_choices_can_be_read_without_pandas():
    code = "import sys, shortimize_analytics.cli.parser as p; p.build_parser(); print('pandas' in sys.modules)"
    assert python(code).split() == ["False"]


@pytest.mark.parametrize("name", FUNCTIONS | METHODS)
def test_types_can_be_asked_for(name):
    assert "return" in get_type_hints((FUNCTIONS | METHODS)[name])


@pytest.mark.parametrize("name", FUNCTIONS | METHODS)
def test_at_most_two_parameters_go_without_their_name(name):
    assert len(positional((FUNCTIONS | METHODS)[name])) <= 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_videos_come_first_and_history_second(name):
    given = positional(FUNCTIONS[name])
    names = [each.name for each in parameters(FUNCTIONS[name])]
    if "videos" in names and "history" in names:
        assert given == ["videos", "history"]
    assert "videos" not in given or given[0] in {"videos", "client"}


@pytest.mark.parametrize("name", FUNCTIONS | METHODS | {"VideoFilter": sa.VideoFilter})
def test_days_are_spelt_in_one_way_and_so_are_accounts_labels_and_platforms(name):
    found = {**FUNCTIONS, **METHODS, "VideoFilter": sa.VideoFilter}[name]
    names = {each.name for each in parameters(found)}
    assert not {each.name for each in parameters(found) if each.kind == each.KEYWORD_ONLY} & OLD_NAMES
    assert not {each for each in names - DAY_PARAMETERS - NO_DAYS if OTHER_DAYS.search(each)}


@pytest.mark.parametrize("name", FUNCTIONS | {"VideoFilter": sa.VideoFilter})
def test_a_closed_choice_is_a_literal(name):
    found = {**FUNCTIONS, "VideoFilter": sa.VideoFilter.__init__}[name]
    hints = get_type_hints(found)
    for each in parameters(found):
        if isinstance(each.default, str) and each.default not in OPEN:
            assert each.default in get_args(*literals(hints[each.name])), each.name


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_docstring_has_its_sections_and_an_example_that_runs(name):
    found = DOCUMENTED[name]
    text = inspect.getdoc(found)
    assert text.splitlines()[0].endswith((".", ":")), "one line that says it"
    sections = set(re.findall(r"^(\w+)\n-+$", text, re.MULTILINE))
    if inspect.isfunction(found):
        assert sections >= {"Returns", "Examples"} | ({"Parameters"} if parameters(found) else set())
        # a line of names ends without a full stop, whatever it lists
        listed = re.findall(r"^(?:\*\*)?\w+(?:, (?:\*\*)?\w+)*$", text, re.MULTILINE)
        documented = {each.lstrip("*") for line in listed for each in line.split(", ")}
        assert {each.name for each in parameters(found)} <= documented
        assert ">>>" in text


def test_the_options_of_many_reports_are_those_of_one():
    one = {each.name for each in parameters(sa.compose_report) if each.kind == each.KEYWORD_ONLY}
    assert one - {"everyone"} == set(ReportOptions.__annotations__)
    hints = get_type_hints(sa.compose_report)
    assert {name: hints[name] for name in ReportOptions.__annotations__} == get_type_hints(ReportOptions)


def test_the_tiers_are_those_of_the_contract():
    assert set(get_args(choices.Tier)) == {"auto", *contract.TIERS, contract.UNPACED}
    assert set(get_args(choices.Plan)) == set(contract.TIERS)


NOTHING = (empty(VIDEOS), empty(HISTORY))
CLOSED = {
    "mode": lambda value: sa.rank_outliers(*NOTHING, mode=value),
    "value": lambda value: sa.growth_curves(*NOTHING, value=value),
    "value of a plot": lambda value: sa.plot_growth_curves(empty(GROWTH_CURVES), value=value),
    "model": lambda value: sa.fit_growth(*NOTHING, model=value),
    "freq": lambda value: sa.uploads_over_time(NOTHING[0], freq=value),
    "outcome": lambda value: sa.compare_labels(*NOTHING, outcome=value),
    "period": lambda value: sa.period_summary(*NOTHING, period=value, end="2026-03-15"),
    "paper": lambda value: sa.compose_report(*NOTHING, paper=value, end="2026-03-15"),
    "by": lambda value: sa.report_each(*NOTHING, folder="x", by=value),
    "also": lambda value: sa.write_report(sa.compose_report(*NOTHING, end="2026-03-15"), "x.pdf", also=[value]),
    "tier": lambda value: sa.connect("key", tier=value),
    "private": lambda value: sa.VideoFilter(private=value),
    "format": lambda value: sa.VideoFilter(format=value),
    "count": lambda value: sa.VideoFilter(count=value),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("value", ["nothing of the kind", None, 5, ["age"]], ids=repr)
def test_an_unknown_choice_is_refused_in_one_sentence(name, value):
    if (value is None and name in {"model", "paper", "format"}) or (name == "paper" and not isinstance(value, str)):
        return  # None leaves these out; of a report's looks, whatever is no text is refused as such
    with pytest.raises((InvalidParameterError, ConfigError), match=r"is unknown.*; choose one of \w") as caught:
        CLOSED[name](value)
    assert f"{name.split()[0]}={value!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("mode", "Strikt", "strict"),
        ("period", "months", "month"),
        ("outcome", "view", "views"),
        ("tier", "premuim", "premium"),
        ("also", "xls", "xlsx"),
        ("private", "excluded", "exclude"),
        ("by", "acount", "account"),
    ],
)
def test_a_near_miss_is_asked_about(name, value, meant):
    with pytest.raises((InvalidParameterError, ConfigError), match=rf"\(did you mean {meant}\?\)"):
        CLOSED[name](value)


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [("outliers --mode", "age_", "age"), ("weekly --period", "weeek", "week"), ("report weekly --paper", "A4", "a4")],
)
def test_the_commands_offer_the_same_choices(option, value, meant, capsys):
    from shortimize_analytics.cli import main

    *command, name = option.split()
    with pytest.raises(SystemExit) as caught:
        main([*command, "--demo", name, value])
    assert caught.value.code == 2
    assert f"argument {name}: '{value}' is unknown (did you mean {meant}?); choose one of" in capsys.readouterr().err
