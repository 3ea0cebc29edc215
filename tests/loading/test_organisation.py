"""Accounts and the vendor's own sum: every shape of answer, odd rows at their own cost, what they are compared with."""

import pandas as pd
import pytest
from canned_server import canned
from organisations import AS_OF, connect, load_both, small_organisation

import shortimize_analytics as sa
from shortimize_analytics.errors import DataQualityWarning, IncompleteDataError, InvalidParameterError
from shortimize_analytics.schema import ACCOUNTS, HISTORY, ORGANISATION_HISTORY, VIDEOS, cast, empty

pytestmark = pytest.mark.usefixtures("now")

FACTS = [
    {"account_id": "account-0", "latest_followers_count": 5000, "tracking_type": "latest_30", "label_ids": ["l2"]},
    {"account_id": "account-1", "latest_followers_count": 0, "tracking_type": "latest_200"},
]


def account(number, **more):
    return {"account_id": f"a{number}", "username": f"Name.{number}", "platform": "TikTok", **more}


def rows_of(load, *answers, **options):
    with canned(*answers) as server, connect(server) as client:
        frame = load(client, **options)
    return frame, [path for _, path, _ in server.asked]


def test_accounts_and_sums_of_a_simulated_organisation(simulator):
    organisation = small_organisation(as_of=AS_OF)
    organisation.accounts = FACTS
    with simulator(organisation=organisation) as server, connect(server) as client:
        accounts, some = sa.load_accounts(client), sa.load_accounts(client, label="Plain")
        days = sa.load_organisation_history(client, start="2026-11-20")
        videos, history = load_both(client)
    assert accounts["account_id"].tolist() == ["account-0", "account-1", "account-2"]
    assert accounts["latest_followers_count"].tolist() == [5000, 0, pd.NA]
    assert accounts["tracking_type"].tolist()[:2] == ["latest_30", "latest_200"]
    assert accounts[ACCOUNTS.names].dtypes.equals(empty(ACCOUNTS).dtypes)
    assert some["account_id"].tolist() == ["account-0"]
    sums = history.groupby("date")["views"].sum()
    assert days["views"].tolist() == sums[days["date"]].tolist()
    assert days["date"].dt.day.tolist() == [20, 21, 22, 23]
    assert days.columns.tolist() == ORGANISATION_HISTORY.names
    metrics = sa.account_metrics(videos, listed=accounts).set_index("account")
    assert metrics["followers"].reindex(accounts["account_id"]).tolist() == [5000, 0, pd.NA]
    usual = metrics.loc["account-0", "median_views_non_zero"]
    assert metrics["views_per_follower"].dropna().to_dict() == {"account-0": usual / 5000}
    assert sa.account_metrics(videos)["views_per_follower"].isna().all()


@pytest.mark.parametrize("shape", ["array", "pages", "pages without a size", "one page"])
def test_accounts_come_whole_in_every_shape(shape):
    rows = [account(number) for number in range(5)]
    size = {"limit": 2} if shape == "pages" else {}
    pages = [rows[at : at + 2] for at in (0, 2, 4)]
    answers = {
        "array": [(200, rows)],
        "one page": [(200, {"data": rows, "pagination": {"total": 5}})],
    }.get(shape, [(200, {"data": page, "pagination": {"total": 5, **size}}) for page in pages])
    frame, asked = rows_of(sa.load_accounts, *answers)
    assert sorted(frame["account_id"]) == [f"a{number}" for number in range(5)]
    assert set(frame["platform"]) == {"tiktok"}
    assert all("paginated=true" in path and "order_by" not in path for path in asked)
    assert len(asked) - len(answers) in ((0, 1) if len(answers) > 1 else (0,))  # the last page may look full


def test_a_list_of_accounts_that_falls_short_of_its_total_is_an_error():
    short = {"data": [account(1)], "pagination": {"total": 2, "limit": 5}}
    with pytest.raises(IncompleteDataError, match="1 accounts arrived, but the API announced 2"):
        rows_of(sa.load_accounts, (200, short))
    # the same page whatever was asked for: repeats stand where others are missing
    short["pagination"]["limit"] = 1
    with pytest.raises(
        IncompleteDataError, match=r"1 accounts arrived \(1 more were repeats\), but the API announced 2"
    ):
        rows_of(sa.load_accounts, (200, short))
    twice = {"data": [account(1), account(1), account(2)], "pagination": {"total": 3, "limit": 5}}
    with pytest.warns(DataQualityWarning, match="announced 3 accounts, but 1 of its rows are repeats, at each reading"):
        assert len(rows_of(sa.load_accounts, (200, twice))[0]) == 2


def test_an_odd_account_costs_its_own_cell_or_row_and_says_so():
    odd = [
        account(1, latest_followers_count="12,000", empty=False, total_views=7),
        account(2, latest_followers_count=-4, tracking_type=None),
        account(3, latest_followers_count={"count": 9}, label_ids="l1"),
        {"username": "nobody"},
        account(5, latest_followers_count=10**13, checked_at="2030-01-01T00:00:00Z"),
    ]
    with pytest.warns(DataQualityWarning) as said:
        frame, _ = rows_of(sa.load_accounts, (200, odd))
    assert frame["account_id"].tolist() == ["a1", "a2", "a3", "a5"]
    assert frame["latest_followers_count"].tolist() == [12000, pd.NA, pd.NA, pd.NA]
    assert frame["total_views"].tolist()[0] == 7
    assert frame["checked_at"].max() < pd.Timestamp("2030-01-01", tz="UTC")
    texts = "; ".join(str(warning.message) for warning in said)
    for part in ("latest_followers_count: 3 value(s)", "1 rows without an id", "checked_at of 1 lies ahead"):
        assert part in texts
    with pytest.warns(DataQualityWarning, match="2 of 2 accounts have masked figures"):
        frame, _ = rows_of(sa.load_accounts, (200, [account(n, latest_followers_count="***") for n in (1, 2)]))
    assert frame["latest_followers_count"].isna().all()


@pytest.mark.parametrize(
    "wrap", [lambda rows: rows, lambda rows: {"data": {"history": rows}}, lambda rows: {"data": rows}]
)
def test_sums_come_in_every_shape_of_a_history(wrap):
    rows = [{"date": f"2026-11-{day}", "views": 100 * day} for day in (22, 21, 20)]
    frame, asked = rows_of(sa.load_organisation_history, (200, wrap(rows)), start="2026-11-20", end="2026-11-22")
    assert frame["views"].tolist() == [2000, 2100, 2200]
    assert frame["likes"].isna().all()
    assert asked == ["/organisation/history?end_date=2026-11-22&start_date=2026-11-20"]


def test_sums_of_odd_days_lose_those_days_and_gains_per_day_are_summed_up():
    gains = [30, 60, 20, 45, 10, 50, 5, 40]
    rows = [{"date": f"2026-11-{11 + place}", "views": gain} for place, gain in enumerate(gains)]
    odd = [{"date": None, "views": 5}, {"date": "2027-02-01", "views": 5}, {**rows[0]}]
    with pytest.warns(DataQualityWarning) as said:
        frame, _ = rows_of(sa.load_organisation_history, (200, rows + odd))
    assert frame["views"].tolist() == pd.Series(gains).cumsum().tolist()
    assert [frame.attrs["quality"][name] for name in ("undated", "ahead", "duplicates")] == [1, 1, 1]
    texts = "; ".join(str(warning.message) for warning in said)
    assert "gains per day" in texts
    assert "1 rows without a day" in texts
    with pytest.raises(InvalidParameterError, match="more than 730 days back"):
        rows_of(sa.load_organisation_history, (200, []), start="2020-01-01")


def two_weeks():
    """Five videos: two old, one new in the week, one tracked late, and a copy of an old one under another account."""
    made = {"old": "2026-03-01", "post": "2026-03-01", "copy": "2026-03-01", "new": "2026-03-12", "late": "2026-03-01"}
    videos = [
        {
            "ad_id": ad_id,
            "platform": "tiktok",
            "linked_account_id": "b" if ad_id == "copy" else "a",
            "username": "ann",
            "ad_link": f"https://www.tiktok.com/@x/video/76093647280323658{'11' if ad_id == 'copy' else number}",
            "uploaded_at": day,
            "latest_views": 9000,
            "latest_updated_at": "2026-03-16T08:00:00Z",
            "video_length": 9,
        }
        for number, (ad_id, day) in enumerate(made.items(), 10)
    ]
    first = {"new": 12, "late": 12}
    days = [
        {"ad_id": ad_id, "date": f"2026-03-{day:02}", "views": 1000 * number + 10 * day}
        for number, ad_id in enumerate(made, 1)
        for day in range(first.get(ad_id, 2), 17)
    ]
    return cast(videos, VIDEOS)[0], cast(days, HISTORY)[0]


def test_the_difference_to_the_vendors_sum_is_told_in_views_with_what_explains_it():
    videos, history = two_weeks()
    history.attrs["as_of"] = videos.attrs["as_of"] = "2026-03-16T08:00:00Z"
    wide = history.pivot(index="date", columns="ad_id", values="views").astype("Float64")
    known = wide.ffill().fillna(0)

    def vendor(extra=0, *, without=()):
        sums = known.drop(columns=list(without)).sum(axis=1)
        sums.iloc[-5:] += extra
        rows = [{"date": str(day.date()), "views": int(views)} for day, views in sums.items()]
        return cast(rows, ORGANISATION_HISTORY)[0]

    def row(days):
        return sa.data_quality(videos, history, organisation=days).iloc[-1]

    found = row(vendor())
    # what the late one had at first sight, and the copy's own gain
    assert (found["check"], found["unit"], found["n"]) == ("vendor_total", "views", 5120 + 70)
    assert "from 2026-03-09 to 2026-03-15" in found["meaning"]
    assert "(+5,120) and copies of a post, which count once here (+70); 0 are left unexplained" in found["meaning"]
    assert "(+5,120); 4 are left unexplained" in row(vendor(4, without=["copy"]))["meaning"]
    alike = row(vendor(-5120, without=["copy"]))
    assert (alike["n"], alike["share"]) == (0, 0.0)
    assert alike["meaning"].endswith("they agree")
    none = row(vendor().iloc[:3])
    assert pd.isna(none["n"])
    assert "no whole week in common" in none["meaning"]
    with pytest.raises(InvalidParameterError, match="organisation is a frame of videos' days"):
        row(history)
