"""`shortimize scale`: from an archive on disk to each table, as somebody at a terminal runs it."""

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


def test_a_scheduler_that_does_not_answer_is_a_setting_that_is_wrong(demo_folder, tmp_path, capsys):
    command = ["scale", "digest", str(tmp_path), "--demo", "--data-dir", demo_folder, "--scheduler", "nonsense://x"]
    assert main(command) == 2
    assert "no scheduler answers at nonsense://x" in capsys.readouterr().err
