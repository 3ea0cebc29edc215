"""The page on delivery: its files are read, its commands exist, and its rates are those of the code."""

import re
import shlex
from pathlib import Path

import pytest

from shortimize_analytics.cli.parser import build_parser
from shortimize_analytics.delivery.channel_tables import KEYS
from shortimize_analytics.delivery.configuration import read_delivery
from shortimize_analytics.delivery.false_alarms import RATES
from shortimize_analytics.delivery.rule_options import RULE_NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "delivery.md").read_text(encoding="utf-8")


def blocks(kind):
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```", PAGE, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


@pytest.mark.parametrize("text", blocks("toml"))
def test_every_configuration_is_read(text, tmp_path, monkeypatch):
    for name in re.findall(r'env = "(\w+)"', text):
        monkeypatch.setenv(name, "https://host.example/x")
    path = tmp_path / "delivery.toml"
    path.write_text(text, encoding="utf-8")
    found = read_delivery(path)
    assert len(found.check()) == text.count("[channels.")


def test_every_type_of_channel_has_its_line():
    lines = re.findall(r"^\| `(\w+)` \| (?:.*)$", PAGE.partition("## What is sent")[0], re.MULTILINE)
    assert set(lines) == set(KEYS)


def test_every_command_line_has_options_that_exist():
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    assert len(lines) == 4
    for line in lines:
        assert build_parser().parse_args(shlex.split(line)[1:]).run


def test_the_table_of_rules_has_the_rates_of_the_code():
    shown = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", PAGE.partition("## Alerts")[2], re.MULTILINE))
    assert list(shown) == list(RULE_NAMES)
    for name, rate in RATES.items():
        said = f"{rate.value:.2f} ({rate.low:.2f}–{rate.high:.2f})" if rate.value else f"< {rate.high:.2f}, none seen"
        assert shown[name] == said


def test_the_python_of_the_page_verifies_a_signature():
    names = {}
    exec(blocks("python")[0], names)
    assert names["is_ours"](b"{}", "sha256=" + "0" * 64, "secret") is False
