"""Cost figures: exact where they are, estimated where they must be, and never of more than was paid for."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from money import day, history_of, terms_in, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.analysis.forecast.totals import Errors
from shortimize_analytics.analysis.money.at_age import AtAge
from shortimize_analytics.analysis.money.cost_scopes import make_scene
from shortimize_analytics.analysis.money.costs import Group, _figures, _interval
from shortimize_analytics.errors import InvalidParameterError, MoneyFileError
from shortimize_analytics.simulator import demo_organisation

NAMES = ["cost", "views_now", "views_at_age", "cpm", "cpm_lo", "cpm_hi", "cpm_today", "cpv"]


def costs_of(tmp_path, *rows, header="scope,key,kind,amount,currency,uploaded_from,uploaded_to,count_days,note"):
    path = tmp_path / "costs.csv"
    commas = header.count(",")
    path.write_text("\n".join([header, *(row + "," * (commas - row.count(",")) for row in rows), ""]))
    return sa.read_costs(path)


@pytest.fixture(scope="module")
def demo():
    organisation = demo_organisation()
    return sa.prepare(organisation.videos, organisation.history)


@pytest.fixture(scope="module")
def forecasts(demo):
    return sa.forecast_views(demo)


def figures(demo, forecasts, costs, **options):
    return sa.cost_figures(demo, costs=costs, forecasts=forecasts, **options)


def test_11_cpm_at_equal_age():
    ids = ["old", "older", "young"]
    found = AtAge(
        age=30, views=np.array([200_000, 50_000, 120_000.0]), now=np.array([200_000, 50_000, 30_000.0]),
        young=np.array([False, False, True]), estimated=np.array([False, False, True]),
        forecast=np.array([False, False, True]), logs=np.log1p([0, 0, 110_000]), above=np.ones(3),
        model_age=np.array([0, 0, 3]), lo80=np.array([0, 0, 60_000.0]), hi80=np.array([0, 0, 260_000.0]),
        acts=np.array([4_000, 5_250, np.nan]), at_newest=np.zeros(3, dtype=bool), errors=Errors({}), short=False,
    )  # fmt: skip
    scene = make_scene(sa.prepare(videos_of(*map(video, ids))).videos, costs=pd.DataFrame(), terms=None)
    group = Group("organisation", "", "all", "USD", np.arange(3), Decimal(1000), set())
    row = _figures(group, scene, found, {}, level=0.8)
    assert [round(row[name], 4) for name in ("cpm", "cpm_lo", "cpm_hi", "cpm_today")] == [
        2.7027,
        1.9608,
        3.2258,
        3.5714,
    ]
    assert np.isnan(row["cpe"])
    whole = Group("organisation", "", "all", "USD", np.arange(2), Decimal(1000), set())
    assert round(_figures(whole, scene, found, {}, level=0.8)["cpe"], 4) == 0.1081
    assert _interval(np.arange(2), found, {}, level=0.8) == (250_000, 250_000)


def test_the_total_adds_up_and_is_every_video_once(demo, forecasts, tmp_path):
    costs = costs_of(
        tmp_path, "account,tiktok/hook.lab,fixed,900,USD", "label,Talking head,fixed,100.01,USD",
        "organisation,,fixed,5000,USD,2026-10-01,2026-10-31", "account,youtube/brisk_orbit,fixed,70,EUR",
        "account,tiktok/hook.lab,fixed,-100,USD,,,,refund",
    )  # fmt: skip
    found = figures(demo, forecasts, costs)
    totals = found[found["scope"] == "total"].set_index("currency")
    assert totals["cost"].to_dict() == {"EUR": Decimal(70), "USD": Decimal("5900.01")}
    rows = found[found["scope"] != "total"]
    assert rows.groupby("currency")["cost"].sum().to_dict() == totals["cost"].to_dict()
    assert totals.loc["USD", "n_videos"] < rows.loc[rows["currency"] == "USD", "n_videos"].sum()
    for by in ("video", "account", "platform"):
        split = figures(demo, forecasts, costs, by=by)
        split = split[split["scope"] != "total"]
        assert split.groupby("currency")["cost"].sum().to_dict() == totals["cost"].to_dict()
        assert split["n_videos"].sum() == totals["n_videos"].sum()
        assert split["notes"].str.contains("allocated").any()


def test_twice_the_costs_are_twice_the_cpm(demo, forecasts, tmp_path):
    one = figures(demo, forecasts, costs_of(tmp_path, "account,tiktok/hook.lab,fixed,900,USD"))
    two = figures(demo, forecasts, costs_of(tmp_path, "account,tiktok/hook.lab,fixed,1800,USD"))
    for name in ("cpm", "cpm_lo", "cpm_hi", "cpm_today", "cpv"):
        assert two[name].tolist() == pytest.approx((2 * one[name]).tolist())


def test_ten_times_the_views_are_a_tenth_of_the_cpm(tmp_path):
    counts = {f"v{n}": {day("2026-08-05", d): (n + 1) * 40 * d * (d + n) for d in range(60)} for n in range(5)}
    costs = costs_of(tmp_path, "organisation,,fixed,900,USD")
    rows = []
    for factor in (1, 10):
        videos = videos_of(*(
            video(name, uploaded="2026-08-05", latest_views=factor * max(days.values()),
                  latest_updated_at="2026-10-04T00:00:00Z")
            for name, days in counts.items()
        ))  # fmt: skip
        scaled = {name: {when: factor * views for when, views in days.items()} for name, days in counts.items()}
        rows.append(sa.cost_figures(videos, history_of(scaled), costs=costs).iloc[0])
    assert rows[1]["cpm"] == pytest.approx(rows[0]["cpm"] / 10)
    # all are older than 30 days: nothing is estimated, whatever the day
    assert rows[0]["cpm_lo"] == rows[0]["cpm"] == rows[0]["cpm_hi"]
    assert (rows[0]["n_young"], rows[0]["n_estimated"]) == (0, 0)
    at_30 = sum(days[day("2026-08-05", 30)] for days in counts.values())
    assert rows[0]["views_at_age"] == at_30


def test_a_label_on_every_video_is_the_organisation(tmp_path):
    organisation = demo_organisation()
    ids = pd.Series([["all"]] * len(organisation.videos), dtype=object)
    names = pd.Series([["Everything"]] * len(organisation.videos), dtype=object)
    data = sa.prepare(organisation.videos.assign(label_ids=ids, label_names=names), organisation.history)
    forecasts = sa.forecast_views(data)
    rows = [
        figures(data, forecasts, costs_of(tmp_path, cost)).iloc[1]
        for cost in ("label,Everything,fixed,900,USD", "organisation,,fixed,900,USD")
    ]
    for name in [*NAMES, "n_videos", "n_young", "n_estimated"]:
        assert rows[0][name] == rows[1][name]


def test_what_another_cost_is_changes_no_row(demo, forecasts, tmp_path):
    alone = figures(demo, forecasts, costs_of(tmp_path, "account,tiktok/hook.lab,fixed,900,USD"))
    beside = figures(
        demo, forecasts,
        costs_of(tmp_path, "account,youtube/brisk_orbit,fixed,1,USD", "account,tiktok/hook.lab,fixed,900,USD"),
    )  # fmt: skip
    mine = [found[found["name"] == "tiktok/hook.lab"][NAMES].iloc[0].tolist() for found in (alone, beside)]
    assert mine[0] == mine[1]


def test_a_rate_counts_up_to_its_last_day_and_rounds_once(tmp_path):
    counts = {name: {day("2026-10-05", n): 333 * n for n in range(40)} for name in ("v1", "v2", "v3")}
    videos = videos_of(*(video(name, latest_updated_at="2026-11-13T00:00:00Z") for name in counts))
    costs = costs_of(tmp_path, "organisation,,per_1000,0.50,USD,,,10", "organisation,,per_1000,0.50,USD,,,50")
    rows = sa.cost_figures(videos, history_of(counts), costs=costs, by="video")
    assert str(rows["cost"][0]) == str(Decimal("5.00") + Decimal("19.48"))  # 3 × 3,330 and 3 × 12,987 views
    assert sum(rows["cost"][1:]) == rows["cost"][0]
    assert "still_counting" in rows["notes"][0]


def test_removed_and_private_videos_were_paid_for_too(demo, forecasts, tmp_path):
    costs = costs_of(tmp_path, "organisation,,fixed,900,USD")
    row = figures(demo, forecasts, costs).iloc[0]
    ready = demo.videos
    posts = ready["dup_group"].fillna(ready["ad_id"]).nunique()
    assert row["n_videos"] == posts
    assert row["n_without_views"] <= ready["latest_views"].isna().sum()


def test_a_collaboration_is_paid_for_once(demo, forecasts, tmp_path):
    group = demo.videos.dropna(subset="dup_group").groupby("dup_group")["ad_id"].agg(list).iloc[0]
    costs = costs_of(tmp_path, *(f"video,{ad_id},fixed,10,USD" for ad_id in group))
    found = figures(demo, forecasts, costs)
    assert found["cost"][0] == 10 * len(group)


def test_young_videos_are_dear_today_and_not_at_equal_age(demo, forecasts, tmp_path):
    row = figures(demo, forecasts, costs_of(tmp_path, "organisation,,fixed,900,USD,2026-11-10,2026-11-22")).iloc[0]
    assert row["n_young"] > 10
    assert row["cpm_lo"] < row["cpm"] < row["cpm_hi"] < row["cpm_today"]
    assert 0 <= row["cov_backtest"] <= 1
    assert row["n_backtest"] > 10
    wider = figures(
        demo, forecasts, costs_of(tmp_path, "organisation,,fixed,900,USD,2026-11-10,2026-11-22"), level=0.95
    ).iloc[0]  # fmt: skip
    assert wider["cpm_lo"] < row["cpm_lo"] < row["cpm_hi"] < wider["cpm_hi"]


def test_keys_that_are_nobodys_come_all_at_once_with_candidates(demo, forecasts, tmp_path):
    costs = costs_of(
        tmp_path, "account,tiktok/hook.lap,fixed,900,USD", "label,Talking heads,fixed,10,USD",
        "video,https://www.tiktok.com/@x/video/1,fixed,5,USD", "creator,c-1,fixed,5,USD",
        "account,tiktok/hook.lab,fixed,1,USD",
    )  # fmt: skip
    with pytest.raises(MoneyFileError) as caught:
        figures(demo, forecasts, costs)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'costs.csv'}: 4 problems")
    assert "line 2, key 'tiktok/hook.lap': no video is of this account" in text
    assert "tiktok/hook.lab" in text
    assert "line 3, key 'Talking heads': no video carries this label; write its id, or one of Talking head" in text
    assert "line 5, key 'c-1': pass terms" in text
    kept = figures(demo, forecasts, costs, allow_partial=True)
    assert kept["cost"][0] == Decimal("921.00")
    assert (kept["scope"] == "unmatched").sum() == 4
    assert sum(kept["cost"][1:]) == kept["cost"][0]


def test_a_cost_of_days_without_uploads_stays_in_the_total(demo, forecasts, tmp_path):
    found = figures(demo, forecasts, costs_of(tmp_path, "account,tiktok/hook.lab,fixed,9,USD,2024-01-01,2024-01-31"))
    assert found["n_videos"].tolist() == [0, 0]
    assert found["cost"].tolist() == [Decimal("9.00")] * 2
    assert found["cpm"].isna().all()
    assert found["notes"][1] == "no_videos"


def test_costs_of_creators_need_terms_or_closings(demo, forecasts, tmp_path):
    terms = terms_in(tmp_path, creators={"c-1": ["tiktok/hook.lab"]})
    found = figures(demo, forecasts, costs_of(tmp_path, "creator,c-1,fixed,900,USD"), terms=terms)
    lab = (demo.videos["username"] == "hook.lab").sum()
    assert found["n_videos"][1] == lab
    folder = tmp_path / "closings"
    paid = sa.creator_payouts(demo, terms=terms, end="2026-10-31", closings=folder)
    assert paid.provisional  # the demo's own history has no instants of its requests: nothing can be closed
    videos = videos_of(video())
    counts = {"v1": {day("2026-10-05", n): 1000 * n + n % 2 * 400 for n in range(60)}}
    mine = terms_in(tmp_path)
    sa.close_payouts(
        sa.creator_payouts(videos, history_of(counts), terms=mine, end="2026-10-31", closings=folder), folder
    )
    stated = sa.cost_figures(videos, history_of(counts), costs=sa.payout_costs(folder), by="creator")
    assert stated[["scope", "key", "cost"]].to_dict("records")[1] == {
        "scope": "creator", "key": "c-1", "cost": Decimal("15.60"),
    }  # fmt: skip


@pytest.mark.parametrize(("options", "words"), [
    ({"by": "colour"}, "by='colour' is unknown"), ({"level": 1.0}, "level=1.0 is out of range"),
    ({"age": 1}, "out of range"), ({"costs": pd.DataFrame({"a": [1]})}, "costs lack the columns scope"),
])  # fmt: skip
def test_options_out_of_range(demo, tmp_path, options, words):
    costs = costs_of(tmp_path, "organisation,,fixed,900,USD")
    with pytest.raises(InvalidParameterError, match=words):
        sa.cost_figures(demo, **{"costs": costs, **options})


def test_a_video_of_the_last_days_is_expected_as_its_accounts_uploads_usually_are(demo, forecasts, tmp_path):
    """Counted at its first views it would make its account look dear."""
    costs = costs_of(tmp_path, "organisation,,fixed,100,USD,2026-11-22,2026-11-22")
    row = figures(demo, forecasts, costs).iloc[-1]
    assert "at_usual_count" in row["notes"].split(",")
    assert "at_newest_count" not in row["notes"]
    assert row["cpm_lo"] < row["cpm"] < row["cpm_hi"] < row["cpm_today"]
    again = figures(demo, forecasts, costs).iloc[-1]
    assert (again["cpm_lo"], again["cpm_hi"]) == (row["cpm_lo"], row["cpm_hi"])
