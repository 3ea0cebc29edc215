"""The worked examples of the specification, each as it is printed there."""

from decimal import Decimal

import pytest
from money import amounts, day, history_of, terms_in, terms_text, video, videos_of

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.amounts import digits_of, per_1000, split, to_digits
from shortimize_analytics.analysis.money.months import fee_of
from shortimize_analytics.analysis.money.pay import Rule, views_part
from shortimize_analytics.errors import MoneyFileError

RATE = ((0, Decimal("0.60")),)


def earned(rule, *counts, digits=2, base=Decimal(0)):
    parts = [views_part(rule, count, base=base, digits=digits, rounding="half_up") for count in counts]
    return [str(sum(part)) for part in parts]


def paid_through(tmp_path, states, *, rules, top="", ends=("2026-10-31", "2026-11-30", "2026-12-31")):
    """Close period after period, each with the counts that were known then; return the payouts."""
    out = []
    for place, (known, end) in enumerate(zip(states, ends, strict=False)):
        terms = terms_in(tmp_path, rules[place] if isinstance(rules, list) else rules, top=top)
        state = known if isinstance(next(iter(known.values())), dict) else {"v1": known}
        clips = videos_of(*[video(ad_id) for ad_id in state])
        paid = sa.creator_payouts(clips, history_of(state), terms=terms, end=end, closings=tmp_path / "closings")
        sa.close_payouts(paid, tmp_path / "closings", retroactive=True)
        out.append(paid)
    return out


def statement(paid, name):
    return str(paid.statement[name][0])


def test_1_one_rounding_of_the_total_to_date(tmp_path):
    assert str(to_digits(per_1000(Decimal("0.60"), 12345), digits=2)) == "7.41"
    assert str(to_digits(per_1000(Decimal("1.00"), 2675), digits=2)) == "2.68"
    assert round(2.675, 2) == 2.67  # what a float would have paid
    ends = [f"2026-{month:02}-28" for month in range(1, 13)]
    counts = {end: 333 * (place + 1) for place, end in enumerate(ends)}
    terms = terms_text("rate_per_1000 = 0.50", start="2026-01-01")
    videos, history = videos_of(video(uploaded="2026-01-02")), history_of({"v1": counts})
    lines = []
    for end in ends:
        paid = sa.creator_payouts(
            videos, history, terms=terms_in(tmp_path, terms), end=end, closings=tmp_path / "closings"
        )
        sa.close_payouts(paid, tmp_path / "closings")
        lines += amounts(paid.lines)
    assert lines == ["0.17", "0.16", "0.17", "0.17", "0.16", "0.17", "0.17", "0.16", "0.17", "0.17", "0.16", "0.17"]
    assert sum(map(Decimal, lines)) == Decimal("2.00")
    assert len(sa.verify_closings(tmp_path / "closings")) == 12


def test_2_a_threshold_an_exemption_and_whole_blocks():
    assert earned(Rule(tiers=RATE, min_views=10_000), 9_999, 10_000, 12_000) == ["0.00", "6.00", "7.20"]
    assert earned(Rule(tiers=RATE, views_from=10_000), 9_999, 10_000, 12_000) == ["0.00", "0.00", "1.20"]
    rupiah = ((0, Decimal(4000)),)
    assert digits_of("IDR") == 2
    assert earned(Rule(tiers=rupiah), 45_500) == ["182000.00"]
    assert earned(Rule(tiers=rupiah, block=1000), 45_500) == ["180000.00"]


def test_3_tiers(tmp_path):
    tiers, counts = ((0, Decimal("0.50")), (100_000, Decimal(1))), (99_999, 100_000, 150_000)
    assert earned(Rule(tiers=tiers), *counts) == ["50.00", "50.00", "100.00"]
    assert earned(Rule(tiers=tiers, tier_mode="whole"), *counts) == ["50.00", "100.00", "150.00"]
    falling = "tiers = [{from = 0, rate = 1.00}, {from = 100000, rate = 0.50}]\n"
    assert earned(terms_in(tmp_path, falling).versions["standard"][0].rule, 150_000) == ["125.00"]
    with pytest.raises(MoneyFileError, match=r"99,999 views pay 100\.00, 100,000 pay 50\.00"):
        terms_in(tmp_path, falling + 'tier_mode = "whole"\n')


def test_4_bands_bonuses_and_a_cap_of_the_views_part():
    rule = Rule(
        tiers=((0, Decimal("0.20")),),
        views_max=1_000_000,
        bands=((1_000, Decimal(35)), (10_000, Decimal(50)), (100_000, Decimal(150))),
        bonuses=((100_000, Decimal(50)), (1_000_000, Decimal(250))),
        cap_per_video=Decimal(600),
    )
    pay = [Decimal(amount) + Decimal("12.50") for amount in earned(rule, 999, 1_000, 99_999, 100_000, 1_234_567)]
    assert [str(amount) for amount in pay] == ["12.70", "47.70", "82.50", "232.50", "612.50"]
    assert rule.for_views(1_234_567) + rule.for_steps(1_234_567) == Decimal("650.00")


def test_5_days_that_count_and_a_row_that_comes_late(tmp_path):
    rules = "rate_per_1000 = 0.60\nbase_per_video = 10\ncount_days = 30\n"
    counts = {day("2026-10-05", n): 1000 * n * n for n in range(1, 80) if n != 30}
    state = {"v1": counts}
    first, second, third = paid_through(tmp_path, [state] * 3, rules=rules)
    assert (first.lines["counted"][0], statement(first, "payment")) == (676_000, "415.60")
    late = second.evidence[second.evidence["use"] == "end"].iloc[0]
    assert str(late["cut_off"].date()) == "2026-11-04"
    assert (str(late["date"].date()), late["stale_days"], late["views"]) == ("2026-11-03", 1, 841_000)
    assert statement(second, "payment") == "99.00"
    assert statement(third, "payment") == "0.00"
    state = {"v1": counts | {day("2026-10-05", 30): 900_000}}
    later = sa.creator_payouts(
        videos_of(video()), history_of(state), terms=terms_in(tmp_path, rules), end="2027-01-31",
        closings=tmp_path / "closings",
    )  # fmt: skip
    assert (statement(later, "correction_counts"), statement(later, "earned")) == ("35.40", "0.00")
    assert sum(Decimal(statement(paid, "payment")) for paid in (first, second, third, later)) == Decimal("550.00")


def test_6_a_cap_of_the_period_and_thresholds_by_reset(tmp_path):
    rules = "rate_per_1000 = 1.00\ncap_per_period = 1500\n"
    for now, correction in ((1_700_000, "0.00"), (1_450_000, "-50.00")):
        folder = tmp_path / str(now)
        folder.mkdir()
        states = [{"2026-10-31": 1_800_000}, {"2026-10-31": now, "2026-11-30": now}]
        first, second = paid_through(folder, states, rules=rules)
        assert (statement(first, "earned"), statement(first, "cap")) == ("1800.00", "-300.00")
        assert statement(second, "correction_counts") == correction
    counts = {"2026-10-31": 8_000, "2026-11-30": 15_000, "2026-12-31": 26_000}
    for reset, wanted in (("never", ["0.00", "15.00", "11.00"]), ("period", ["0.00", "0.00", "11.00"])):
        folder = tmp_path / reset
        folder.mkdir()
        rules = f'rate_per_1000 = 1.00\nmin_views = 10000\nreset = "{reset}"\n'
        assert [statement(paid, "payment") for paid in paid_through(folder, [counts] * 3, rules=rules)] == wanted


STATES = [
    {"2026-10-31": 100_000},
    {"2026-10-31": 50_000, "2026-11-30": 70_000},
    {"2026-10-31": 50_000, "2026-11-30": 70_000, "2026-12-31": 170_000},
]


def test_7_a_debt_is_carried_and_never_paid(tmp_path):
    first, second, third = paid_through(tmp_path, STATES, rules="rate_per_1000 = 0.60", top="min_payment = 25")
    assert statement(first, "payment") == "60.00"
    parts = ("earned", "correction_counts", "balance", "payment", "carried_out")
    assert [statement(second, part) for part in parts] == ["12.00", "-30.00", "-18.00", "0.00", "-18.00"]
    assert [statement(third, part) for part in ("earned", "carried_in", "payment")] == ["60.00", "-18.00", "42.00"]
    assert sum(Decimal(statement(paid, "payment")) for paid in (first, second, third)) == Decimal("102.00")
    sa.verify_closings(tmp_path / "closings")


def test_7_reported_corrections_are_shown_and_not_paid(tmp_path):
    top = 'min_payment = 25\ncorrections = "report"'
    _, second, third = paid_through(tmp_path, STATES, rules="rate_per_1000 = 0.60", top=top)
    shown = second.lines[second.lines["kind"] == "correction_counts"].iloc[0]
    assert (str(shown["pay"] - shown["pay_before"]), str(shown["amount"]), shown["notes"]) == (
        "-30.00", "0.00", "forgiven",
    )  # fmt: skip
    assert [statement(second, part) for part in ("balance", "payment", "carried_out")] == ["12.00", "0.00", "12.00"]
    assert statement(third, "payment") == "72.00"
    sa.verify_closings(tmp_path / "closings")


@pytest.mark.parametrize(("more", "wanted"), [
    ("min_views = 20000\ncap_per_video = 30\n", {"each": "92.50", "sum": "42.50", "best": "42.50"}),
    ("", {"each": "112.50", "sum": "87.50", "best": "52.50"}),
])  # fmt: skip
def test_8_posts_of_one_clip(tmp_path, more, wanted):
    posts = {"v1": 40_000, "v2": 25_000, "v3": 10_000}
    videos = videos_of(*[video(ad_id) for ad_id in posts])
    history = history_of({ad_id: {"2026-10-31": views} for ad_id, views in posts.items()})
    for mode, pay in wanted.items():
        rules = f'rate_per_1000 = 1.00\nbase_per_video = 12.50\ncross_posts = "{mode}"\n{more}'
        terms = terms_in(tmp_path, rules, clips=[f"clip-1,{ad_id}" for ad_id in posts])
        paid = sa.creator_payouts(videos, history, terms=terms, end="2026-10-31")
        assert statement(paid, "payment") == pay


def test_9_splitting_and_proportions(tmp_path):
    assert [str(part) for part in split(Decimal("100.00"), 7, digits=2)] == ["14.29"] * 4 + ["14.28"] * 3
    assert sum(split(Decimal("-100.00"), 7, digits=2)) == Decimal(-100)
    terms = terms_in(tmp_path)
    retainer = Rule(base_per_period=Decimal(750), posts_required=60)
    assert str(fee_of(retainer, 37, terms=terms)) == "462.50"
    whole = Rule(base_per_period=Decimal(750), posts_required=60, base_rule="all_or_nothing")
    assert fee_of(whole, 37, terms=terms) == 0
    rules = "base_per_video = 12.50\nbase_videos = 60\n"
    posts = [f"v{number:02}" for number in range(63)]
    history = history_of({ad_id: {"2026-10-31": 5} for ad_id in posts})
    videos = videos_of(*[video(ad_id) for ad_id in posts])
    paid = sa.creator_payouts(videos, history, terms=terms_in(tmp_path, rules), end="2026-10-31")
    assert statement(paid, "payment") == "750.00"


def test_10_counts_come_before_terms(tmp_path):
    states = [{"2026-10-31": 100_000}, {"2026-10-31": 110_000, "2026-11-30": 110_000}]
    rules = ["rate_per_1000 = 0.60", "rate_per_1000 = 0.70"]
    first, second = paid_through(tmp_path, states, rules=rules)
    assert statement(first, "payment") == "60.00"
    kinds = ("correction_counts", "correction_terms", "earned", "payment")
    assert [statement(second, kind) for kind in kinds] == ["6.00", "11.00", "0.00", "17.00"]
    why = second.lines.set_index("kind")["reason"]
    assert why["correction_counts"] == "v1: 100,000 → 110,000 views"
    assert why["correction_terms"] == "tiers [0: 0.60] → [0: 0.70]"
    sa.verify_closings(tmp_path / "closings")
