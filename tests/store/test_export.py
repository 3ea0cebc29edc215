"""Frames as files: what stands in the frame stands in the file."""

import json

import pandas as pd
import pytest
from command_line import shortimize
from organisations import small_organisation

from shortimize_analytics.schema import VIDEOS, cast
from shortimize_analytics.store.export import write_frame


def test_csv_joins_lists(tmp_path):
    frame = small_organisation(3).videos.assign(label_names=pd.Series([["a", "b, c"], [], None], dtype=object))
    back = pd.read_csv(write_frame(frame, tmp_path / "videos.csv"), keep_default_na=False)
    assert back["label_names"].tolist() == ["a; b, c", "", ""]
    assert back["label_ids"].tolist() == ["l1; l2", "l1", "l1; l2"]


def test_csv_runs_no_formula_that_begins_a_list(tmp_path):
    frame = pd.DataFrame({"label_names": pd.Series([["=HYPERLINK(1)", "b"]], dtype=object)})
    back = pd.read_csv(write_frame(frame, tmp_path / "labels.csv"))
    assert back["label_names"].tolist() == ["'=HYPERLINK(1); b"]


def test_json_keeps_an_instant_to_the_microsecond(tmp_path):
    frame, _ = cast([{"ad_id": "a", "created_at": "2026-02-22T00:31:05.461255+00:00"}], VIDEOS)
    (row,) = json.loads(write_frame(frame, tmp_path / "videos.json").read_text(encoding="utf-8"))
    assert pd.Timestamp(row["created_at"]) == frame["created_at"][0]


@pytest.mark.parametrize(
    "values",
    [[1, "text", {"a": [1]}], [{}, {}, None], [[1, "a"], None, []], [2**70, None, 1], ["half \ud800", None, "whole"]],
    ids=["kinds", "empty objects", "mixed lists", "large", "half a character"],
)
def test_parquet_holds_any_field_that_the_api_may_add(tmp_path, values):
    rows = [{"ad_id": str(number), "brand_new": value} for number, value in enumerate(values)]
    frame, _ = cast(rows, VIDEOS)
    back = pd.read_parquet(write_frame(frame, tmp_path / "videos.parquet"))
    assert [None if pd.isna(text) else json.loads(text) for text in back["brand_new"]] == values
    assert back["ad_id"].tolist() == ["0", "1", "2"]


def test_parquet_keeps_a_new_field_of_one_kind_as_it_is(tmp_path):
    frame, _ = cast([{"ad_id": "a", "brand_new": {"score": 1}, "tags": ["x"]}], VIDEOS)
    back = pd.read_parquet(write_frame(frame, tmp_path / "videos.parquet"))
    assert (back["brand_new"][0], list(back["tags"][0])) == ({"score": 1}, ["x"])


def test_a_home_folder_is_found_without_a_shell(tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert write_frame(pd.DataFrame({"a": [1]}), "~/a.csv") == tmp_path / "a.csv"


def test_a_quiet_export_of_the_archive_says_nothing(demo_folder, tmp_path):
    done = shortimize("archive", "export", "--demo", "--quiet", "--data-dir", demo_folder, "-o", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == ["history.parquet", "videos.parquet"]
