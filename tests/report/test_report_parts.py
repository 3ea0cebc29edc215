"""Reports of a part, and one for each part: names of files, labels of one name, and counts that are the part's own."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import files_in, first_page_of

import shortimize_analytics as sa
from shortimize_analytics.errors import IncompleteDataError
from shortimize_analytics.report.batch import MAX_NAME, file_names


def test_each_account_gets_its_report_in_one_run(demo_frames, tmp_path):
    videos, history = demo_frames
    videos = videos[videos["username"].isin(["hook.lab", "slow.kettle", "one.take.only"])].reset_index(drop=True)
    videos.attrs = demo_frames[0].attrs
    done = sa.report_each(videos, history, folder=tmp_path / "each", also=["json"], allow_partial=True)
    assert done["subject"].tolist() == ["hook.lab", "one.take.only", "slow.kettle"]
    assert done["exit_code"].tolist() == [0, 0, 0], done["reason"].tolist()
    assert files_in(tmp_path / "each") == sorted(
        f"{name}.{kind}" for name in done["subject"] for kind in ("pdf", "json")
    )
    assert "only @hook.lab" in first_page_of(tmp_path / "each" / "hook.lab.pdf")
    alone = sa.compose_report(videos, history, account="hook.lab", allow_partial=True)
    sa.write_report(alone, tmp_path / "alone.pdf", also=["json"])
    assert json.loads((tmp_path / "alone.json").read_text("utf-8"))["tables"] == json.loads(
        (tmp_path / "each" / "hook.lab.json").read_text("utf-8")
    )["tables"]  # fmt: skip


def test_each_label_gets_its_report_and_one_that_fails_stops_no_other(demo_frames, tmp_path):
    videos, history = demo_frames
    few = {"Campaign", "Flagship", "Hooks v2"}
    named = videos["label_names"].map(lambda names: len(names) > 0 and set(names) <= few)
    videos = videos[named].reset_index(drop=True)
    (tmp_path / "Flagship.pdf" / "in the way").mkdir(parents=True)
    done = sa.report_each(videos, history, folder=tmp_path, by="label", allow_partial=True).set_index("subject")
    assert done.loc["Flagship", "exit_code"] == 2
    assert "is a folder" in done.loc["Flagship", "reason"]
    others = done.drop(index="Flagship")
    assert (others["exit_code"] == 0).all(), others["reason"].tolist()
    assert len(others) == 3
    assert all(Path(path).is_file() for path in others["path"])
    assert "Only label Hooks v2" in first_page_of(others.loc["Hooks v2", "path"])
    twice = done.loc["Campaign"]  # two labels of one name
    assert twice["path"].is_unique


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=60)), max_size=8, unique=True))
@example([("1", "CON"), ("2", "con.clips"), ("3", "at-CON"), ("4", "AUX"), ("5", "lpt9.x"), ("6", "COM¹")])
@example([("1", "é"), ("2", "e\u0301"), ("3", "É"), ("4", "ß"), ("5", "SS")])
@example([("ab", "🔥"), ("abc", "🔥"), ("", ""), ("x", "..")])
@example([("1", "x" * 500), ("2", "x" * 501), ("3", "字" * 200)])
@example([("b", "a"), ("c", "a"), ("d", "a-b")])
def test_file_names_are_safe_and_distinct_on_every_system(parts):
    names = file_names(parts)
    folded = {unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()) for name in names}
    assert len(folded) == len(names) == len(parts)
    for name in names:
        assert name
        assert not set(name) & set('<>:"/\\|?* \t\n')
        assert all(unicodedata.category(char)[0] not in "CSZ" or char == "-" for char in name)
        assert not name.startswith((".", "-"))
        assert not name.endswith(".")
        assert len(name.encode()) <= MAX_NAME + 40
        stem = name.partition(".")[0].upper()
        ports = {f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"}
        assert stem not in {"CON", "PRN", "AUX", "NUL"} | ports


def test_names_of_files_do_not_depend_on_the_order_of_accounts():
    parts = [("a1b2c3d4e5", "Ann"), ("ffee", "ann"), ("c", "bob")]
    assert sorted(file_names(parts)) == sorted(file_names(parts[::-1])) == ["Ann-a1b2c3d4", "ann-ffee", "bob"]


def test_masked_videos_are_counted_of_the_part_that_is_reported(demo_frames):
    counts = {
        name: sa.period_summary(*demo_frames, account=name).quality["n_masked"] for name in ("hook.lab", "pixelpastry")
    }
    assert counts == {"hook.lab": 0, "pixelpastry": 1}


def test_a_small_part_with_a_masked_video_is_written_and_one_of_masked_videos_alone_is_refused(demo_frames, tmp_path):
    videos, history = demo_frames
    found = sa.compose_report(videos, history, account="pixelpastry")
    assert "1 video is without counts from the API." in found.content["notes"][0]
    assert found.problems == ()
    blank = videos["username"] == "one.take.only"
    videos = videos.assign(latest_views=videos["latest_views"].mask(blank))
    videos.attrs = demo_frames[0].attrs
    assert blank.sum() == 1
    with pytest.raises(IncompleteDataError, match="The counts of 1 video did not come from the API"):
        sa.compose_report(videos, history, account="one.take.only")


def test_a_part_is_written_for_the_labels_that_it_uses_alone(demo_frames, tmp_path):
    videos, history = demo_frames
    own = videos[videos["username"] == "hook.lab"]
    used = own["label_names"].explode().dropna().unique()
    done = sa.report_each(videos, history, folder=tmp_path, by="label", account="hook.lab", allow_partial=True)
    assert sorted(done["subject"]) == sorted(used)
    assert done["exit_code"].eq(0).all()
    assert 0 < len(used) < videos["label_names"].explode().nunique()


def test_labels_of_one_name_are_told_apart_on_page_1(demo_frames):
    videos, history = demo_frames
    names = videos["label_names"].explode()
    for key in videos["label_ids"].explode()[names == "Campaign"].unique():
        found = sa.compose_report(videos, history, label=key, allow_partial=True)
        assert f"Only label Campaign [{key[:4]}]" in found.content["scope"]
        assert found.summary.scope == f"label Campaign [{key[:4]}]"


def test_a_part_counts_its_own_masked_videos_in_every_place(demo_frames):
    for part in ({"account": "one.take.only"}, {"platform": "tiktok"}):
        content = sa.compose_report(*demo_frames, **part).content
        assert " 0 of " in content["footer"]
        assert "without counts" not in [row[0][0]["text"] for row in content["checks"]["rows"]]
    pastry = sa.compose_report(*demo_frames, account="pixelpastry").content
    said = {row[0][0]["text"]: row[1][0]["text"] for row in pastry["checks"]["rows"]}
    assert said["without counts"] == "1 of 43 videos"
    none = sa.compose_report(demo_frames[0].head(0), demo_frames[1].head(0), end="2026-11-15").content
    assert not none["checks"]["rows"]
