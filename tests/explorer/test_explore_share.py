"""The page that is handed on: what it holds, and what it does not."""

import json
import re

import pytest
from explorers import BAD, CASES, DAYS, FEW

import shortimize_analytics as sa
from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.cli import main
from shortimize_analytics.errors import InvalidParameterError, ReportError

pytestmark = pytest.mark.usefixtures("no_figure_stays_open")
TAGGED = VideoFilter(search="#fyp")


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="sa-data">(.*?)</script>', page, flags=re.DOTALL)
    return json.loads(text)


def test_the_page_holds_the_chosen_rows_in_their_order_and_the_charts(tmp_path):
    explorer = sa.explore(FEW, DAYS, only=TAGGED)
    path = explorer.write_page(tmp_path / "page.html")
    page = path.read_text(encoding="utf-8")
    held = data_of(page)
    expected = sa.video_table(FEW, DAYS, only=TAGGED)
    assert [row["id"] for row in held["rows"]] == expected["ad_id"].tolist()
    assert 0 < len(expected) < len(FEW)
    left_out = set(FEW["ad_id"]) - set(expected["ad_id"])
    assert not any(ad_id in page for ad_id in left_out)
    assert page.count('src="data:image/png;base64,') == 10  # each for a screen and for a phone
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=.https?:", page.replace(json.dumps(held), ""))
    assert len(page) < 2_000_000
    assert f"{len(expected)} of {len(FEW)} videos" in page


def test_texts_from_outside_cannot_leave_the_page_s_data():
    page = sa.explore(*CASES["odd"]()).page()
    assert BAD in {row["title"] for row in data_of(page)["rows"]}
    assert BAD not in page
    assert "<img src=x" not in page
    assert page.count("</script>") == 2


def test_a_page_of_nothing_is_refused_and_leaves_what_is_there(tmp_path):
    explorer = sa.explore(FEW, only=VideoFilter(search="nobody wrote this"))
    (tmp_path / "page.html").write_text("old")
    with pytest.raises(ReportError, match="No video is chosen"):
        explorer.write_page(tmp_path / "page.html")
    with pytest.raises(InvalidParameterError, match=r"must end in one of \.html"):
        explorer.write_page(tmp_path / "page.pdf")
    assert (tmp_path / "page.html").read_text() == "old"
    without = sa.explore(FEW, only=TAGGED)
    without.actions.folder.value = str(tmp_path)
    without.actions.buttons["page"].click()
    assert "explorer.html (0." in without.actions.message.value
    assert "sa.load_history" not in (tmp_path / "explorer.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("demo_is_loaded")
def test_the_command_writes_the_page_of_a_part(tmp_path, capsys):
    path = tmp_path / "snap.html"
    assert main(["explore", "--demo", "--quiet", "--platform", "snapchat", "--html", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    page = path.read_text(encoding="utf-8")
    assert {row["platform"] for row in data_of(page)["rows"]} == {"Snapchat"}
    assert "Demo organisation" in page
    assert main(["explore", "--demo", "--quiet", "--html", str(tmp_path / "page.txt")]) == 2
