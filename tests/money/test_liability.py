"""What will be owed: pay of draws, bent by caps and thresholds as pay is."""

from decimal import Decimal

import numpy as np
import pytest
from money import terms_in

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.counts import Count
from shortimize_analytics.analysis.money.liability import Rise, pay_of_draws
from shortimize_analytics.analysis.money.posts import Post
from shortimize_analytics.analysis.money.stretches import parse_stretch
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.simulator import demo_organisation


@pytest.fixture(scope="module")
def demo():
    organisation = demo_organisation()
    return sa.prepare(organisation.videos, organisation.history)


def test_12_pay_of_draws_is_not_pay_of_the_mean(tmp_path):
    terms = terms_in(tmp_path, "rate_per_1000 = 1.00\ncap_per_video = 150\n")
    november = parse_stretch("2026-11")
    posts = {"v1": Post("v1", "c-1", "v1", "tiktok", november.first)}

    def mean_pay(*counts):
        draws = [{("v1", november.last): Count(november.last, count, None, "")} for count in counts]
        return pay_of_draws(posts, draws, terms=terms, ends=[november], since=november.first)["c-1"].mean()

    assert mean_pay(50_000, 250_000) == 100
    assert mean_pay(150_000) == 150


def test_a_rise_follows_the_share_curve_and_never_falls():
    shares = np.array([0.0, 0.4, 0.6, 0.8, 1.0])
    young = Rise(now=100, age=2, at_horizon=np.array([200.0, 50.0]), daily=3.0)
    assert young.at(3, shares).tolist() == [150, 100]
    assert young.at(4, shares).tolist() == [200, 100]
    assert young.at(6, shares).tolist() == [206, 100]
    assert Rise(now=100, age=9, at_horizon=None, daily=2.5).at(13, shares) == 110


def test_what_is_over_is_what_is_due(demo, tmp_path):
    terms = terms_in(tmp_path, "rate_per_1000 = 0.60\ncount_days = 30\n", creators={"c-1": ["tiktok/hook.lab"]})
    row = sa.forecast_payouts(demo, terms=terms, end="2026-09-30").iloc[0]
    assert row["n_clips"] == 0
    assert float(row["due"]) == row["lo80"] == row["expected"] == row["hi80"]
    paid = sa.creator_payouts(demo, terms=terms, end="2026-09-30")
    assert paid.statement["earned"][0] == row["due"]


def test_young_posts_make_it_an_estimate(demo, tmp_path):
    people = {"c-1": ["tiktok/hook.lab"], "c-2": ["youtube/brisk_orbit"]}
    found = sa.forecast_payouts(demo, terms=terms_in(tmp_path, creators=people), end="2026-12-31")
    assert (found["n_clips"] > 5).all()
    assert (found["due"].astype(float) < found["lo80"]).all()
    assert (found["lo80"] < found["expected"]).all()
    assert (found["expected"] < found["hi80"]).all()
    assert isinstance(found["due"][0], Decimal)
    capped = terms_in(tmp_path, "rate_per_1000 = 0.60\ncap_per_period = 100\n", creators=people)
    bent = sa.forecast_payouts(demo, terms=capped, end="2026-12-31")
    assert (bent["expected"] < found["expected"]).all()
    again = sa.forecast_payouts(demo, terms=capped, end="2026-12-31")
    assert again.equals(bent)


def test_draws_out_of_range(demo, tmp_path):
    with pytest.raises(InvalidParameterError, match="draws=5 is out of range"):
        sa.forecast_payouts(
            demo, terms=terms_in(tmp_path, creators={"c": ["tiktok/hook.lab"]}), end="2026-12-31", draws=5
        )
