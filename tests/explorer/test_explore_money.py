"""What videos cost and what is owed for them, in the explorer's table and its code, and never on a shared page."""

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from explorers import DEMO, open_tab

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.explorer.table import Order, page_of
from shortimize_analytics.simulator.organisation import demo_folder

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")
OWN = VideoFilter(account=["hook.lab", "slow.kettle", "brisk_orbit"])
VIDEOS = OWN.apply(DEMO.videos)
HISTORY = DEMO.history[DEMO.history["ad_id"].isin(VIDEOS["ad_id"])].reset_index(drop=True)
COSTS = """scope,key,kind,amount,currency,uploaded_from,uploaded_to
account,tiktok/hook.lab,fixed,1800.00,USD,2026-10-01,2026-10-31
account,youtube/brisk_orbit,fixed,300.00,EUR,2026-11-01,2026-11-22
organisation,,fixed,50.00,USD,2026-11-01,2026-11-22
"""


@pytest.fixture(scope="module")
def money(tmp_path_factory):
    path = tmp_path_factory.mktemp("money") / "costs.csv"
    path.write_text(COSTS)
    terms = sa.read_terms(demo_folder() / "money" / "terms.toml")
    paid = sa.creator_payouts(VIDEOS, HISTORY, terms=terms, end="2026-10-31", allow_partial=True)
    return {"costs": sa.read_costs(path), "terms": terms, "paid": paid}


@pytest.fixture(scope="module")
def seen(money):
    explorer = sa.explore(VIDEOS, HISTORY, **money)
    open_tab(explorer, "Videos")
    return explorer


def test_videos_carry_their_share_of_every_cost_to_the_cent(money):
    found = sa.video_money(VIDEOS, HISTORY, **money).set_index("ad_id")
    dollars = found[found["currency"] == "USD"]
    in_two = found[found["currency"] == "EUR+USD"]
    assert in_two["cost"].isna().all()
    assert in_two["cpm"].isna().all()
    assert len(in_two) > 0
    alone = sa.cost_figures(VIDEOS, HISTORY, costs=money["costs"], by="video", allow_partial=True)
    shares = alone[(alone["scope"] == "video") & (alone["currency"] == "USD")].set_index("key")["cost"]
    assert sum(shares) == Decimal("1850.00")
    assert dollars["cost"].to_dict() == shares.drop(in_two.index).to_dict()
    lines = money["paid"].lines
    assert sum(found["owed"].dropna()) == sum(lines.loc[lines["ad_id"].notna(), "amount"]) > 0
    assert found["owed_currency"].dropna().unique().tolist() == ["USD"]
    with pytest.raises(InvalidParameterError, match="costs and paid are missing"):
        sa.video_money(VIDEOS, HISTORY)


@pytest.mark.parametrize("by", ["cost", "cpm", "owed"])
def test_the_table_is_ordered_by_money_and_its_code_makes_it_again(seen, money, by):
    seen.table.turn(Order(by, ascending=False), 0)
    shown, listed = seen.table.grid.shown, seen.listed()
    values = listed[by].astype("Float64").dropna()
    assert values.is_monotonic_decreasing
    assert listed[by].isna().to_numpy()[len(values) :].all()
    first = shown["rows"][0]
    assert first[by].replace(",", "").startswith(f"{listed[by][0]:.2f}")
    assert (shown["money"], shown["period"]) == (["cost", "cpm", "owed"], "2026-10")
    names = {"sa": sa, "videos": VIDEOS, "history": HISTORY, "chosen": VideoFilter(), **money}
    code = seen.actions.code.code
    exec(code[code.index("table = ") :], names)
    again = names["table"].reset_index(drop=True)
    pd.testing.assert_series_equal(again["owed"].astype("str"), listed["owed"].astype("str"))
    assert set(again) == set(listed)


def test_a_page_that_is_shared_says_nothing_of_money(seen, tmp_path):
    page = seen.write_page(tmp_path / "page.html").read_text(encoding="utf-8")
    owed = seen.listed()["owed"].dropna().astype("str").tolist()
    assert not [amount for amount in owed if f"{amount} USD" in page]
    assert '"owed":' not in page


def test_without_money_there_is_no_column_of_it():
    explorer = sa.explore(VIDEOS)
    open_tab(explorer, "Videos")
    assert explorer.table.grid.shown["money"] == []
    assert not {"cost", "cpm", "owed"} & set(explorer.listed())


def test_the_browser_writes_the_amounts_and_asks_for_their_order(seen, page):
    table = seen.listed()
    shown = page_of(table, table.index.to_numpy(), order=Order("owed"), page=0, period="2026-10")
    script = (Path(sa.explorer.__path__[0]) / "table.js").read_text(encoding="utf-8").partition("export default")[0]
    page.set_content("<div id=table></div>")
    asked = page.evaluate(
        f"""async (shown) => {{
          const url = URL.createObjectURL(new Blob([{json.dumps(script)}], {{ type: "text/javascript" }}));
          const {{ drawTable }} = await import(url);
          const asked = [];
          drawTable(document.querySelector("#table"), shown, (what) => asked.push(what), null);
          document.querySelector("button[data-by=cost]").click();
          return asked;
        }}""",
        shown,
    )
    assert asked == [{"by": "cost", "ascending": False, "page": 0}]
    assert page.locator("th button").all_inner_texts()[-4:] == ["Cost", "Per 1,000", "Owed ▼", "Notes"]
    assert page.locator("tbody tr").first.locator("td.sa-col-owed").inner_text() == shown["rows"][0]["owed"]
