"""Money: payouts and verification at size, cost figures beside the forecast, and what intervals cover, with n.

Coverage is measured on invented organisations (tests/helpers/money_organisations.py): 80 % intervals should hold .75 to
.87 of what came.
"""

import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
from common import in_process, line

HELPERS = Path(__file__).resolve().parents[1] / "tests" / "helpers"
VIDEOS, CREATORS, CLOSINGS = 10_000, 1_000, 12
FIRST = "2025-11-01"

_SIZE = """
import numpy as np, pandas as pd
from pathlib import Path
import shortimize_analytics as sa
from shortimize_analytics.schema import VIDEOS, empty
folder, videos, creators, closings = Path(sys.argv[1]), *map(int, sys.argv[2:5])
rng = np.random.default_rng(0)
first = pd.Timestamp(sys.argv[5])
uploaded = first + pd.to_timedelta(np.sort(rng.integers(0, 365, videos)), unit="D")
account = rng.integers(0, creators, videos)
frame = empty(VIDEOS).reindex(range(videos)).assign(
    ad_id=[f"{n:08d}-{n:04x}" for n in range(videos)], platform="tiktok",
    linked_account_id=[f"account-{n}" for n in account], username=[f"user{n}" for n in account],
    ad_link=[f"https://www.tiktok.com/@user{who}/video/76{n:017d}" for n, who in enumerate(account)],
    uploaded_at=uploaded.astype("datetime64[us]"), latest_views=1, removed=False, private=False)
ages = 40
day = np.repeat(uploaded.to_numpy(), ages) + np.tile(np.arange(ages), videos).astype("timedelta64[D]")
gains = rng.exponential(3000, (videos, ages)) / (1 + np.arange(ages))
history = pd.DataFrame({
    "ad_id": pd.Series(np.repeat(frame["ad_id"].to_numpy(), ages), dtype="str"), "date": day.astype("datetime64[us]"),
    "views": pd.array(np.cumsum(gains, axis=1).astype(int).ravel(), dtype="Int64"),
    "fetched_at": pd.Series(day.astype("datetime64[us]")).dt.tz_localize("UTC") + pd.Timedelta(days=30)})
people = "".join(f'[[creators]]\\nid="c-{n}"\\naccounts=["account-{n}"]\\nterms="s"\\n' for n in range(creators))
(folder / "terms.toml").write_text(
    'format=1\\ncurrency="USD"\\nmin_payment=25\\n[[terms]]\\nname="s"\\nfrom=2025-11-01\\nbase_per_video=10\\n'
    "rate_per_1000=0.60\\ncount_days=30\\ncap_per_video=200\\n" + people)
terms = sa.read_terms(folder / "terms.toml")
last = None
for month in range(closings):
    end = (first + pd.DateOffset(months=month + 1) - pd.Timedelta(days=1)).date()
    started, cpu = time.perf_counter(), time.process_time()
    paid = sa.creator_payouts(frame, history, terms=terms, end=end, closings=folder / "closings")
    last = time.perf_counter() - started, time.process_time() - cpu
    sa.close_payouts(paid, folder / "closings")
started, cpu = time.perf_counter(), time.process_time()
found = sa.verify_closings(folder / "closings")
done(payouts=last[0], payouts_cpu=last[1], verify=time.perf_counter() - started, verify_cpu=time.process_time() - cpu,
     lines=int(found["lines"].sum()))
"""


def size(*, quick: bool) -> None:
    """Time the last of a year's payouts, and the verification of the whole year, in a process of its own."""
    videos, creators = (2_000, 200) if quick else (VIDEOS, CREATORS)
    with tempfile.TemporaryDirectory() as folder:
        got = in_process(_SIZE, folder, str(videos), str(creators), str(CLOSINGS), FIRST)
    what = f"{videos:,} videos, {creators:,} creators, {CLOSINGS} closings"
    line(f"payouts, {what}", f"{got['payouts']:.2f} s", f"cpu {got['payouts_cpu']:.2f} s", "≤ 3 s")
    line("  peak memory of it all", f"{got['MB']:.0f} MB", "", "≤ 400 MB, data and all closings included")
    line(
        f"verification, {got['lines']:,.0f} lines", f"{got['verify']:.2f} s", f"cpu {got['verify_cpu']:.2f} s", "≤ 1 s"
    )


def cost_time() -> None:
    """Time cost figures beside the forecast they rest on, which a report has made already."""
    import shortimize_analytics as sa
    from shortimize_analytics.simulator import demo_organisation

    demo = demo_organisation()
    data = sa.prepare(demo.videos, demo.history)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "costs.csv"
        path.write_text(
            "scope,key,kind,amount,currency\naccount,tiktok/hook.lab,fixed,900,USD\norganisation,,fixed,9,USD\n"
        )
        costs = sa.read_costs(path)
    started = time.perf_counter()
    forecasts = sa.forecast_views(data)
    once = time.perf_counter() - started
    started = time.perf_counter()
    sa.cost_figures(data, costs=costs, forecasts=forecasts)
    own = time.perf_counter() - started
    line(
        "cost figures of the demo, forecast given",
        f"{own:.2f} s",
        f"{own / (2 * once):.2f} of two",
        "≤ 0.2 of two forecasts",
    )


def cost_coverage(*, organisations: int) -> None:
    """Cover the CPM of four weeks' uploads, of each account and of all, told before they were 30 days old."""
    from money_organisations import FIRST as START
    from money_organisations import simulate, until

    import shortimize_analytics as sa

    inside: dict[str, list[bool]] = {"account": [], "organisation": []}
    wide: dict[str, list[float]] = {"account": [], "organisation": []}
    for seed in range(organisations):
        videos, history = simulate(seed, days=240, accounts=6 + seed % 6)
        for origin in (150, 178, 206):
            day = START + pd.Timedelta(days=origin)
            days = {"uploaded_from": day - pd.Timedelta(days=27), "uploaded_to": day}
            keys = sorted(videos["linked_account_id"].unique())
            costs = pd.DataFrame(
                [{"scope": "account", "key": key} for key in keys] + [{"scope": "organisation", "key": ""}]
            ).assign(
                kind="fixed",
                amount=Decimal(1000),
                currency="USD",
                **days,
                count_days=pd.NA,
                cost_id=None,
                note=None,
                line=1,
            )
            then = sa.prepare(*until(videos, history, day))
            told = sa.cost_figures(then, costs=costs, forecasts=sa.forecast_views(then, min_reach=0))
            truth = sa.cost_figures(videos, history, costs=costs).set_index(["scope", "key"])["cpm"]
            for row in told[told["scope"] != "total"].itertuples():
                if row.n_young > 1:
                    key = "" if pd.isna(row.key) else row.key
                    inside[str(row.scope)].append(bool(row.cpm_lo <= truth[(row.scope, key)] <= row.cpm_hi))
                    wide[str(row.scope)].append(row.cpm_hi / row.cpm_lo)
    for scope, hits in inside.items():
        print_coverage(f"CPM of one {scope}", hits, wide[scope])


def landing_coverage(*, organisations: int) -> None:
    """Cover 30-day landings with 20 and 10 days left, and print the errors of the rivals."""
    from money_organisations import FIRST as START
    from money_organisations import simulate

    import shortimize_analytics as sa

    for left in (20, 10):
        found = []
        for seed in range(organisations):
            videos, history = simulate(seed, days=270, accounts=6 + seed % 6)
            last = START + pd.Timedelta(days=269)
            keys = [("account", key) for key in sorted(videos["linked_account_id"].unique())] + [("organisation", "")]
            targets = pd.DataFrame(keys, columns=["scope", "key"]).assign(
                metric="views_gained", start=last - pd.Timedelta(days=29 - left), end=last + pd.Timedelta(days=left),
                target=1, planned_uploads=pd.NA, note=None, line=1,
            )  # fmt: skip
            found.append(sa.backtest_pacing(videos, history, targets=targets))
        table = pd.concat(found)
        for scope, rows in table.groupby(table["scope"].astype(str)):
            told = rows.dropna(subset=["lo80"])
            hits = ((told["actual"] >= told["lo80"]) & (told["actual"] <= told["hi80"])).tolist()
            print_coverage(f"landing of one {scope}, {left} days left", hits, (told["hi80"] / told["lo80"]).tolist())
            errors = {
                name: float((rows[name] / rows["actual"] - 1).abs().median())
                for name in ("landing", "linear", "last7", "last28")
            }
            line(
                "  median error",
                f"{errors['landing']:.3f}",
                ", ".join(f"{n} {e:.3f}" for n, e in errors.items() if n != "landing"),
                "",
            )


def print_coverage(what: str, hits: list[bool], widths: list[float]) -> None:
    width = float(np.median(widths)) if widths else float("nan")
    share = float(np.mean(hits)) if hits else float("nan")
    line(what, f"{share:.2f} of n {len(hits)}", f"hi ÷ lo {width:.2f}", ".75–.87 at a nominal .80")


def main(*, quick: bool = False) -> None:
    """Print every measurement; a quick run takes a fifth of the videos and two organisations."""
    sys.path.insert(0, str(HELPERS))
    size(quick=quick)
    cost_time()
    cost_coverage(organisations=2 if quick else 10)
    landing_coverage(organisations=2 if quick else 12)


if __name__ == "__main__":
    main()
