"""`shortimize scale`: from an archive on disk to each table, as somebody at a terminal runs it."""

import re
import socket
from dataclasses import fields
from typing import get_args

import pandas as pd
import pytest

import shortimize_analytics as sa
from shortimize_analytics.analysis.periods.summary import PeriodTables
from shortimize_analytics.cli import main
from shortimize_analytics.cli.parser import WeekTable

pytestmark = pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")


def test_a_digest_and_every_table_of_it(demo_folder, tmp_path, capsys):
    common = ["--demo", "--quiet", "--data-dir", demo_folder]
    out = str(tmp_path / "digest")
    assert main(["scale", "digest", out, *common, "--end", "2026-11-15", "-o", str(tmp_path / "costs.csv")]) == 0
    assert pd.read_csv(tmp_path / "costs.csv")["seconds"].notna().all()
    client = sa.connect(demo=True, data_dir=demo_folder)
    kept = sa.load_archive(client)
    expected = {
        "outliers": sa.rank_outliers(*kept, end="2026-11-15"),
        "growth": sa.growth_curves(*kept, by="platform"),
        "forecast": sa.forecast_views(*kept),
        "weekly": sa.period_summary(*kept, end="2026-11-15").labels,
    }
    more = {"weekly": ["--table", "labels"], "growth": ["--by", "platform"]}
    for name, table in expected.items():
        path = tmp_path / f"{name}.parquet"
        assert main(["scale", name, out, *common, *more.get(name, []), "-o", str(path)]) == 0
        found = pd.read_parquet(path)
        first = [column for column in ("ad_id", "label_id", "group", "age_days") if column in found]
        pd.testing.assert_frame_equal(found[first], table[first])
    assert main(["scale", "weekly", str(tmp_path / "none"), *common]) == 6
    assert "holds no whole digest" in capsys.readouterr().err


def test_every_table_of_the_week_has_its_option():
    assert list(get_args(WeekTable)) == [each.name for each in fields(PeriodTables)][3:]


@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_a_digest_by_other_processes_says_what_was_done_and_what_it_cost(demo_folder, tmp_path, capsys, where, request):
    own = ["--workers", "2"]
    if where == "cluster":
        own = ["--scheduler", request.getfixturevalue("cluster").scheduler.address]
    command = ["scale", "digest", str(tmp_path), "--demo", "--data-dir", demo_folder, *own]
    days = len(sa.load_archive(data_dir=demo_folder).history)
    for reused in ("", ", 1 of them from an earlier run"):
        assert main(command) == 0
        said = capsys.readouterr().out
        assert re.match(rf"{days:,} days of [0-9]+ videos in 1 part{reused}: {re.escape(str(tmp_path))}\n", said), said
        assert re.search(r"of it all, all workers +[0-9.]+ +[0-9.]+ ", said)


@pytest.mark.parametrize("address", ["nonsense://x", "tls://127.0.0.1:8786", "tcp://127.0.0.1:{gone}", "{silent}"])
def test_a_scheduler_that_does_not_answer_is_a_setting_that_is_wrong(demo_folder, tmp_path, capsys, address):
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as gone:
        address = address.format(gone=gone.getsockname()[1], silent=f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        gone.close()
        command = ["scale", "digest", str(tmp_path), "--demo", "--data-dir", demo_folder, "--scheduler", address]
        assert main(command) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"no scheduler answers at {address}" in said


def test_no_process_at_all_and_two_places_to_map_at_are_refused(demo_folder, tmp_path, capsys):
    command = ["scale", "digest", str(tmp_path), "--demo", "--data-dir", demo_folder]
    assert main([*command, "--workers", "0"]) == 2
    assert "--workers 0 is below 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--workers", "2", "--scheduler", "tcp://127.0.0.1:8786"])
    assert "not allowed with" in capsys.readouterr().err
