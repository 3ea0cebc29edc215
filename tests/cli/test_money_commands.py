"""The commands about money on the demo: three of them from nothing to a proof."""

import json
import shutil

import openpyxl
import pandas as pd
import pytest
from command_line import shortimize

from shortimize_analytics.cli import main
from shortimize_analytics.simulator.organisation import demo_folder as shipped

MONEY = shipped() / "money"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_three_commands_state_close_and_prove(demo_folder, here):
    common = ("--demo", "--data-dir", demo_folder)
    show = shortimize("payouts", "show", *common, folder=here)
    assert show.returncode == 0, show.stderr
    assert "c-001" in show.stdout
    assert list(here.glob("closings")) == []
    close = shortimize("payouts", "close", *common, "--yes", folder=here)
    assert close.returncode == 0, close.stderr
    assert "closed 2026-10 (2026-10-01 to 2026-10-31): 4 creators" in close.stdout
    assert "nothing was paid" in close.stderr
    home = here / "empty home"
    home.mkdir()
    shutil.move(here / "closings", home / "closings")
    for name in ("2026-09", "2026-10"):
        assert (home / "closings" / name / "closing.json").is_file()
    proof = shortimize(
        "payouts", "verify", "closings", folder=home, HOME=str(home), SHORTIMIZE_DATA_DIR=str(home / "d")
    )
    assert proof.returncode == 0, proof.stderr
    assert "2 closings: every amount follows from the evidence and terms beside it" in proof.stderr
    assert sorted(path.name for path in home.iterdir()) == ["closings"]  # no cache, no archive: nothing else was needed
    path = home / "closings" / "2026-10" / "lines.csv"
    path.write_bytes(path.read_bytes().replace(b"200.00", b"300.00", 1))
    edited = shortimize("payouts", "verify", "closings", folder=home)
    assert edited.returncode == 6
    assert "lines.csv was edited after the closing" in edited.stderr


def test_a_statement_goes_to_a_workbook_with_numbers(demo_folder, here):
    common = ["--demo", "--data-dir", str(demo_folder), "--quiet"]
    assert main(["payouts", "show", *common, "--creator", "c-001", "--table", "lines", "-o", "lines.xlsx"]) == 0
    sheet = openpyxl.load_workbook("lines.xlsx")["lines"]
    place = [cell.value for cell in sheet[1]].index("amount")
    amounts = [row[place].value for row in sheet.iter_rows(min_row=2)]
    assert main(["payouts", "show", *common, "-o", "statement.parquet"]) == 0
    statement = pd.read_parquet("statement.parquet").set_index("creator")
    assert round(sum(amounts), 2) == float(statement.loc["c-001", "balance"])


def test_the_correction_that_was_planted_is_found(demo_folder, here):
    wrong = json.loads((shipped() / "truth.json").read_text())["money"]["correction"]
    common = ["--demo", "--data-dir", str(demo_folder), "--quiet"]
    assert main(["payouts", "show", *common, "--table", "lines", "-o", "lines.csv"]) == 0
    lines = pd.read_csv("lines.csv")
    found = lines[lines["kind"] == "correction_counts"].iloc[0]
    assert (found["creator"], found["period"]) == (wrong["creator"], wrong["day"])
    assert (found["counted_before"], found["counted"]) == (wrong["closed_views"], wrong["views_now"])
    assert found["amount"] == -30.04
    crossed = lines[lines["clip"] == "kettle-orbit"]
    assert (crossed["kind"] == "base").sum() == 1  # two posts, one clip, one base fee


def test_what_may_still_change_is_refused_and_shown_on_request(demo_folder, here, capsys):
    common = ["--demo", "--data-dir", str(demo_folder)]
    assert main(["payouts", "show", *common, "--end", "2026-11-22"]) == 5
    assert "figures of 2026-11 may still change (unsettled" in capsys.readouterr().err
    assert main(["payouts", "show", *common, "--end", "2026-11-22", "--allow-partial"]) == 0
    assert "provisional: figures may still change and cannot be closed" in capsys.readouterr().err
    assert main(["payouts", "close", *common, "--end", "2026-11-22", "--allow-partial", "--yes"]) == 5
    assert "2026-11 cannot be closed" in capsys.readouterr().err


def test_closing_asks_unless_told(demo_folder, here, capsys):
    assert main(["payouts", "close", "--demo", "--data-dir", str(demo_folder)]) == 2
    assert "without being asked, add --yes" in capsys.readouterr().err


@pytest.mark.parametrize(("command", "code", "words"), [
    (["payouts", "show"], 2, "name a file, as terms.toml; with --demo it is the demo's own"),
    (["costs", "nowhere.csv", "--demo"], 6, "nowhere.csv cannot be read"),
    (["costs", "bad.csv", "--demo"], 2, "line 2, amount '$5': write digits"),
    (["targets", "bad.csv", "--demo"], 2, "line 1, kind: unknown"),
    (["payouts", "show", "--demo", "--creator", "c-9"], 2, "the terms know nobody of this id; there is c-001"),
    (["payouts", "verify", "."], 6, "holds no closing"),
    (["payouts", "show", "--demo", "--table", "all"], 2, "'all' is unknown"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_in_one_line(here, capsys, command, code, words):
    (here / "bad.csv").write_text("scope,key,kind,amount,currency\norganisation,,fixed,$5,USD\n")
    try:
        got = main(command)
    except SystemExit as stop:
        got = stop.code
    assert got == code
    assert words in capsys.readouterr().err


def test_costs_targets_and_clips(demo_folder, here):
    common = ["--demo", "--data-dir", str(demo_folder), "--quiet"]
    assert main(["costs", *common, "-o", "costs.parquet"]) == 0
    costs = pd.read_parquet("costs.parquet")
    assert costs["scope"].tolist()[:2] == ["total", "total"]
    assert set(costs["currency"]) == {"EUR", "USD"}
    assert main(["costs", *common, "--by", "platform", "-o", "by.csv"]) == 0
    assert "allocated" in pd.read_csv("by.csv")["notes"].str.cat(sep=",")
    assert main(["targets", *common, "-o", "targets.csv"]) == 0
    targets = pd.read_csv("targets.csv")
    assert targets["verdict"].tolist()[-1] == "missed"
    assert main(["targets", *common, "--backtest", "-o", "backtest.csv"]) == 0
    assert {"landing", "linear", "last28"} <= set(pd.read_csv("backtest.csv"))
    assert main(["payouts", "clips", *common, "-o", "clips.csv"]) == 0
    assert len(pd.read_csv("clips.csv")) > 0


def test_statements_of_all_creators_in_both_editions(demo_folder, here, capsys):
    common = ["--demo", "--data-dir", str(demo_folder)]
    assert main(["report", "monthly", *common, "--each", "creator", "-o", "statements", "--also", "html"]) == 0
    assert "wrote 4 statements of 2026-10 to statements" in capsys.readouterr().out
    names = sorted(path.name for path in (here / "statements").iterdir())
    assert names == sorted(f"c-00{number}.{kind}" for number in range(1, 5) for kind in ("pdf", "html"))
    assert (here / "statements" / "c-001.pdf").read_bytes().startswith(b"%PDF-")
    assert main(["report", "monthly", *common, "--each", "creator", "-o", "x", "--also", "xlsx"]) == 2


def test_a_report_says_what_it_cost_and_where_the_month_lands(demo_folder, here):
    files = ["--costs", str(MONEY / "costs.csv"), "--targets", str(MONEY / "targets.csv")]
    files += ["--terms", str(MONEY / "terms.toml")]
    common = ["--demo", "--data-dir", str(demo_folder), "--quiet", "--also", "html"]
    assert main(["report", "monthly", *common, *files, "-o", "report.pdf"]) == 0
    page = (here / "report.html").read_text()
    assert "<h2>What it cost</h2>" in page
    assert "<h2>How the targets stand</h2>" in page
    assert "USD per 1,000 views" in page
