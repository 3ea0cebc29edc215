"""Where a month lands: exact so far, honest about the rest."""

import numpy as np
import pandas as pd
import pytest
from money_organisations import FIRST, simulate, until

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.past_landings import interval, p_target, stretched
from shortimize_analytics.errors import InvalidParameterError, MoneyFileError
from shortimize_analytics.simulator import demo_organisation

HEAD = "scope,key,metric,period,target,planned_uploads"


@pytest.fixture(scope="module")
def demo():
    organisation = demo_organisation()
    return sa.prepare(organisation.videos, organisation.history)


def targets_of(tmp_path, *rows):
    path = tmp_path / "targets.csv"
    path.write_text("\n".join([HEAD, *(row + "," * (5 - row.count(",")) for row in rows), ""]))
    return sa.read_targets(path)


def pace(data, tmp_path, *rows, **options):
    return sa.pace_targets(data, targets=targets_of(tmp_path, *rows), **options)


def test_12_landing_interval_and_chance():
    errors = [-0.31, -0.22, -0.15, -0.11, -0.06, -0.02, 0.01, 0.04, 0.09, 0.17, 0.28, 0.45]
    low, high = interval(620_000, 270_000, errors)
    assert (round(low), round(high)) == (818_031, 1_043_444)
    assert round(p_target(620_000, 270_000, errors, target=1_000_000), 3) == 0.154
    assert p_target(620_000, 270_000, errors, target=10**9) == 1 / 13
    assert p_target(620_000, 270_000, errors, target=1) == 1


def test_12_what_everyone_asks_for():
    days, gone, so_far, target = 30, 22, 620_000, 1_000_000
    assert round(so_far * days / gone) == 845_455
    assert round(so_far / (target * gone / days), 4) == 0.8455
    assert -(-(target - so_far) // (days - gone)) == 47_500


def test_errors_are_stretched_for_how_few_they_are():
    errors = np.linspace(-0.5, 0.5, 11)
    assert stretched(errors, left=7)[-1] == pytest.approx(0.5 * np.sqrt(1 + 1 / 11))
    assert stretched(errors, left=28)[-1] == pytest.approx(0.5 * np.sqrt(1 + 4 / 11))
    assert np.median(stretched(errors, left=28)) == pytest.approx(0)


@pytest.mark.parametrize(
    "scope", ["organisation,", "account,tiktok/hook.lab", "label,Talking head", "account,instagram/slow.kettle"]
)
def test_what_is_over_is_what_the_summary_says(demo, tmp_path, scope):
    row = pace(demo, tmp_path, f"{scope},,2026-10,1000").iloc[0]
    kind, key = scope.split(",")
    part = {} if kind == "organisation" else {kind: key.split("/")[-1]}
    october = sa.period_summary(demo, start="2026-10-01", end="2026-10-31", **part)
    assert row["so_far"] == october.totals["views_gained"][0] == row["landing"]
    assert (row["days_left"], row["verdict"]) == (0, "reached")
    assert pd.isna(row["lo80"])
    assert pd.isna(row["p_target"])
    missed = pace(demo, tmp_path, f"{scope},,2026-10,900000000").iloc[0]
    assert missed["verdict"] == "missed"


def test_so_far_is_exact_while_the_month_runs(demo, tmp_path):
    row = pace(demo, tmp_path, "organisation,,,2026-11,45000000").iloc[0]
    begun = sa.period_summary(demo, start="2026-11-01", end="2026-11-22")
    assert row["so_far"] == begun.totals["views_gained"][0]
    assert (row["days_left"], str(row["as_of"].date())) == (8, "2026-11-22")
    assert row["landing"] == pytest.approx(row["so_far"] + row["rest_young"] + row["rest_back"] + row["rest_new"])
    assert row["linear"] == pytest.approx(row["so_far"] * 30 / 22)
    assert row["needed_per_day"] == max(0, -(-(45_000_000 - row["so_far"]) // 8))
    assert row["lo80"] < row["landing"] < row["hi80"]
    assert row["n_origins"] >= 10
    assert 0 < row["mdape"] < 1


def test_more_planned_uploads_never_land_lower(demo, tmp_path):
    targets = targets_of(tmp_path, "organisation,,,2026-11,60000000,60")
    several = pd.concat([targets.assign(planned_uploads=planned) for planned in (60, 90, 150, 400)])
    landings = sa.pace_targets(demo, targets=several)["landing"].tolist()
    assert landings == sorted(landings)
    assert landings[0] < landings[-1]


def test_needed_uploads_lift_the_landing_to_the_target(demo, tmp_path):
    row = pace(demo, tmp_path, "account,tiktok/tiny.gearbox,,2026-11,2000000").iloc[0]
    made = ((demo.videos["username"] == "tiny.gearbox") & (demo.videos["uploaded_at"] >= "2026-11-01")).sum()
    needed = int(row["needed_uploads"])
    assert needed > 0
    targets = targets_of(tmp_path, "account,tiktok/tiny.gearbox,,2026-11,2000000")
    several = pd.concat([targets.assign(planned_uploads=made + extra) for extra in (needed, needed - 1)])
    enough, short = sa.pace_targets(demo, targets=several)["landing"]
    assert short < 2_000_000 <= enough


def test_a_higher_target_is_less_likely(demo, tmp_path):
    targets = targets_of(tmp_path, "organisation,,,2026-11,5")
    amounts = (1_000_000, 41_000_000, 45_000_000, 60_000_000, 900_000_000)
    rows = sa.pace_targets(demo, targets=pd.concat([targets.assign(target=amount) for amount in amounts]))
    chances = rows["p_target"].tolist()
    assert chances == sorted(chances, reverse=True)
    assert (rows["verdict"][0], rows["verdict"][4]) == ("reached", "off track")


def test_other_metrics_and_scopes(demo, tmp_path):
    video = demo.videos.sort_values("uploaded_at").dropna(subset="uploaded_at").iloc[-20]
    rows = pace(
        demo, tmp_path, "organisation,,upload_views,2026-11,30000000", "organisation,,uploads,2026-11,120",
        "account,tiktok/hook.lab,upload_views,2026-11,3000000", "label,Talking head,,2026-W47,1000000",
        f"video,{video['ad_link']},,2026-11-20..2026-12-10,100000",
    )  # fmt: skip
    ready = demo.videos[demo.videos["counts_in_totals"].astype(bool)]
    november = ready["uploaded_at"].between(pd.Timestamp("2026-11-01"), pd.Timestamp("2026-11-22"))
    assert rows["so_far"][1] == november.sum()
    assert rows["landing"][1] > rows["so_far"][1]
    assert rows["so_far"][0] == pytest.approx(ready.loc[november, "latest_views"].sum(), rel=0.02)
    assert rows["landing"][0] > rows["so_far"][0]
    assert rows["verdict"][3] == "reached"  # the week is over
    assert rows["days_left"][3] == 0
    assert rows["rest_new"][4] == 0
    assert rows["landing"].notna().all()


def test_a_period_to_come_counts_only_its_own_days(demo, tmp_path):
    rows = pace(
        demo, tmp_path, "organisation,,,2026-11-23..2026-12-22,1000000", "organisation,,,2026-12-03..2026-12-22,1000000"
    )
    first = pace(demo, tmp_path, "organisation,,,2026-11-23..2026-12-02,1000000")
    assert rows["so_far"].tolist() == [0, 0]
    assert rows["landing"][0] == pytest.approx(rows["landing"][1] + first["landing"][0], rel=0.02)


def test_a_period_before_the_history_is_partial(demo, tmp_path):
    row = pace(demo, tmp_path, "organisation,,,2026-05-01..2026-12-31,900000000").iloc[0]
    assert row["verdict"] == "unknown"
    assert "partial_history" in row["notes"]
    assert pd.isna(row["landing"])
    assert row["so_far"] > 0


def test_a_past_day_knows_nothing_of_what_came_after(demo, tmp_path):
    cut = sa.prepare(*until(demo_organisation().videos, demo_organisation().history, pd.Timestamp("2026-11-10")))
    then = pace(cut, tmp_path, "organisation,,,2026-11,45000000").iloc[0]
    seen = pace(demo, tmp_path, "organisation,,,2026-11,45000000", as_of="2026-11-10").iloc[0]
    assert then["days_left"] == seen["days_left"] == 20
    # later rows fill gaps in the counts of the day, as in every account of a period
    assert seen["so_far"] == pytest.approx(then["so_far"], rel=1e-4)
    assert seen["landing"] == pytest.approx(then["landing"], rel=0.02)


def test_the_backtest_prints_the_rivals_beside_it(demo, tmp_path):
    targets = targets_of(tmp_path, "organisation,,,2026-11,45000000", "account,tiktok/hook.lab,,2026-11,3000000")
    found = sa.backtest_pacing(demo, targets=targets)
    assert set(found["name"]) == {"organisation", "tiktok/hook.lab"}
    one = found[found["scope"] == "organisation"]
    assert (one["days_left"] == 8).all()
    assert ((one["end"] - one["origin"]).dt.days == 8).all()
    assert one["lo80"].notna().any()
    row = sa.pace_targets(demo, targets=targets).iloc[0]
    error = (one["landing"] / one["actual"] - 1).abs().median()
    assert row["mdape"] == pytest.approx(error)


def test_keys_that_are_nobodys(demo, tmp_path):
    with pytest.raises(MoneyFileError, match="line 2, key 'tiktok/nobody': no video is of this account"):
        pace(demo, tmp_path, "account,tiktok/nobody,,2026-11,5")
    with pytest.raises(InvalidParameterError, match="targets lack the columns scope"):
        sa.pace_targets(demo, targets=pd.DataFrame({"a": [1]}))
    with pytest.raises(InvalidParameterError, match="as_of='x' is no day"):
        pace(demo, tmp_path, "organisation,,,2026-11,5", as_of="x")


def test_landings_of_simulated_accounts_are_covered():
    """A small part of `make bench money`, which prints the coverage with n."""
    inside = n = 0
    for seed in (1, 2):
        videos, history = simulate(seed, days=230, accounts=6)
        targets = pd.DataFrame({
            "scope": "account", "key": [f"account-{who}" for who in range(6)], "metric": "views_gained",
            "start": FIRST + pd.Timedelta(days=200), "end": FIRST + pd.Timedelta(days=229), "target": 10**6,
        })  # fmt: skip
        day = FIRST + pd.Timedelta(days=219)
        past = sa.prepare(*until(videos, history, day))
        rows = sa.pace_targets(past, targets=targets)
        assert (rows["days_left"] == 10).all()
        truth = sa.pace_targets(videos, history, targets=targets)["so_far"]
        inside += int(((truth >= rows["lo80"]) & (truth <= rows["hi80"])).sum())
        n += len(rows)
        assert rows["cov_backtest"].between(0.6, 1).all()
    assert inside / n >= 0.5
