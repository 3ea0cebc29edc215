"""Two choices of videos against each other: the analysis, and the explorer's tab."""

import re

import numpy as np
import pytest
from explorers import BAD, CASES, DAYS, FEW, few, open_tab

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_the_ratio_of_two_labels_is_that_of_the_engine_for_the_same_videos(demo):
    """`compare_groups` on a column that names the same two sides is the oracle."""
    this, other = VideoFilter(label=["Hooks v2"]), VideoFilter(label=["Talking head"])
    found = sa.compare_two(demo.videos, this=this, other=other)
    sides = this.mask(demo.videos), other.mask(demo.videos)
    side = np.select([sides[0] & ~sides[1], sides[1] & ~sides[0]], ["a", "b"], default="")
    known = demo.videos.assign(side=side).loc[side != ""].reset_index(drop=True)
    oracle = sa.compare_groups(known, by="side", ref="b", min_videos=1)
    for name in ("ratio", "ratio_lo", "ratio_hi", "p", "n_accounts_overlap", "verdict", "method"):
        assert found[name].iloc[0] == oracle[name].iloc[0]
    assert found["ratio_lo"].iloc[0] > 1  # planted: one effect up, the other down
    assert found.attrs["quality"]["in_both"] == (sides[0] & sides[1]).sum() > 0
    turned = sa.compare_two(demo.videos, this=other, other=this)
    assert turned["ratio"].iloc[0] * found["ratio"].iloc[0] == pytest.approx(1, rel=1e-6)


def test_two_accounts_have_the_ratio_that_was_planted_inside_the_interval():
    rng = np.random.default_rng(3)
    views = rng.lognormal(9, 1, 160) * np.tile([3.0, 1.0], 80)
    rows = [
        {"username": "ab"[n % 2], "linked_account_id": "ab"[n % 2], "latest_views": int(views[n])} for n in range(160)
    ]
    videos = few(*rows)
    found = sa.compare_two(videos, this=VideoFilter(account=["a"]), other=VideoFilter(account=["b"])).iloc[0]
    assert found.ratio_lo < 3 < found.ratio_hi
    assert found.ratio_lo > 1
    assert found.verdict == "accounts differ"
    assert found.n_accounts_overlap == 0


def test_nothing_to_compare_has_no_ratio_and_says_why():
    for this, other in ((VideoFilter(search="nobody wrote this"), VideoFilter()), (VideoFilter(), VideoFilter())):
        found = sa.compare_two(FEW, this=this, other=other).iloc[0]
        assert found.isna()["ratio"]
        assert found.verdict == "too few"
        assert found.method


def test_the_tab_puts_two_side_by_side_with_the_interval_of_their_ratio():
    explorer = sa.explore(FEW, DAYS)
    open_tab(explorer, "Compare two")
    panel = explorer._panel
    found = sa.compare_two(
        FEW, DAYS, this=VideoFilter(label=["Hooks v2"]), other=VideoFilter(label=[panel.options["Second"].value])
    ).iloc[0]
    multiple = sa.plots.theme.multiple
    said = words(panel.head.value)
    assert f"“Hooks v2” has {multiple(found.ratio)} the views of" in said
    assert f"95% interval {multiple(found.ratio_lo)} to {multiple(found.ratio_hi)}" in said
    assert f"from {found.n_a} and {found.n_b} videos" in said
    assert panel.picture.png.startswith(b"\x89PNG")
    assert panel.picture.shown["marks"]
    panel.options["Second"].value = panel.options["First"].value
    explorer.flush()
    assert "picked twice" in panel.head.value
    panel.options["Compare"].value = "upload months"
    explorer.flush()
    assert panel.options["First"].label.startswith("November 2026 (")
    assert "“November 2026” has" in panel.head.value
    explorer.choose(VideoFilter(uploaded_start="2026-10-01"))  # what is picked stays, what is offered follows
    assert panel.options["First"].label.startswith("November 2026 (")
    assert len(panel.options["First"].options) == 2


@pytest.mark.parametrize("case", ["none", "one", "nulls", "odd", "columns"])
def test_odd_data_are_compared_or_say_what_is_missing(case):
    explorer = sa.explore(*CASES[case]())
    open_tab(explorer, "Compare two")
    panel = explorer._panel
    for kind in panel.options["Compare"].options:
        panel.options["Compare"].value = kind
        explorer.flush()
        said = panel.head.value
        assert re.search("compare|no videos|picked", said), (kind, said)
        assert BAD.split("&")[0] not in said
