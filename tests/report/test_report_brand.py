"""Whose report it is and how it is written; which data it refuses; which period and part it is of."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from reports import END, HOSTILE, build, organisation, pages_of, text_of

from shortimize_analytics import compose_report, schema
from shortimize_analytics.errors import IncompleteDataError, InvalidParameterError
from shortimize_analytics.report.brand import contrast, read_brand
from shortimize_analytics.schema import HISTORY, VIDEOS

EMPTY = schema.empty(VIDEOS), schema.empty(HISTORY)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 30"><rect width="30" height="30" fill="#7a1fa2"/></svg>'
TOML = """
title = "Spring"
paper = "us-letter"
locale = "de_DE"
language = "en-GB"
[brand]
name = "Acme & Söhne"
logo = "logo.svg"
accent = "#7a1fa2"
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "logo.svg").write_text(LOGO)
    path = tmp_path / "report.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_a_configuration_sets_name_logo_colour_paper_language_and_numbers(tmp_path, config):
    found = compose_report(*organisation(), end="2026-03-15", config=config)
    pdf = build(tmp_path, organisation(), config=config)
    text = text_of(pdf)
    assert "ACME & SÖHNE · SPRING" in text
    assert "Acme & Söhne · data as of 16. März 2026" in text
    assert pdf.trailer["/Root"]["/Lang"] == "en-GB"
    assert round(float(pdf.pages[0].mediabox[2])) == 612
    gain = int(found.summary.movers["gain"].iloc[0])
    assert f"{gain / 1000:.1f}k".replace(".", ",") in text
    page = pages_of(found, ppi=36)[0]
    colours = np.asarray(Image.open(io.BytesIO(page)).convert("RGB")).reshape(-1, 3)
    assert (colours == (0x7A, 0x1F, 0xA2)).all(axis=1).any()


def test_what_is_given_goes_before_the_configuration(config):
    assert read_brand(config, paper="a4", title="Summer").title == "Summer"
    assert read_brand(config, paper="a4").paper == "a4"
    assert read_brand(config).logo == config.parent / "logo.svg"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"colour": "#000000"}, "'colour' is no setting; use title, paper"),
        ({"brand": {"acent": "#000000"}}, "'acent' is no setting; use name, logo, accent"),
        ({"brand": "Acme"}, "brand is a table"),
        ({"title": 5}, "title=5: give a text"),
        ({"paper": "a5"}, "paper='a5'"),
        ({"language": "fr"}, "language='fr': the report is written in en or de"),
        ({"language": "en_GB"}, "language='en_GB'"),
        ({"locale": "xx_YY"}, "locale='xx_YY' is not known"),
        ({"brand": {"accent": "blue"}}, "accent='blue': write the colour as #1f63e0"),
        ({"brand": {"accent": "#ffcc00"}}, "contrast of 1.5:1 on white; text needs 4.5:1"),
        ({"brand": {"logo": "nowhere.png"}}, "cannot be read"),
        ({"brand": {"logo": "logo.gif"}}, "use an .svg or a .png"),
        ("nowhere.toml", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(config, said):
    with pytest.raises(InvalidParameterError, match=re.escape(said)):
        read_brand(config)


def test_a_file_that_is_no_toml_or_no_picture_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text("title = ")
    with pytest.raises(InvalidParameterError, match="is no TOML"):
        read_brand(tmp_path / "a.toml")
    (tmp_path / "logo.png").write_bytes(b"<svg/>")
    with pytest.raises(InvalidParameterError, match="is no PNG inside"):
        read_brand({"brand": {"logo": str(tmp_path / "logo.png")}})
    (tmp_path / "logo.svg").write_text(LOGO + " " * 1_000_000)
    with pytest.raises(InvalidParameterError, match="use at most 1,000,000"):
        read_brand({"brand": {"logo": str(tmp_path / "logo.svg")}})


@pytest.mark.parametrize(
    ("colour", "ratio"), [("#ffffff", 1.0), ("#767676", 4.54), ("#1f63e0", 5.36), ("#000000", 21.0)]
)
def test_contrast_is_that_of_the_web_guidelines(colour, ratio):
    assert contrast(colour) == pytest.approx(ratio, abs=0.01)


def masked(number, *, videos=60, by_plan=True):
    """An organisation of which some videos were measured without a count; the loader knew whether a plan masks them."""
    frame, history = organisation(videos)
    frame.loc[: number - 1, "latest_views"] = pd.NA
    frame.attrs["quality"] = {"masked_by_plan": by_plan}
    return frame, history


def stale():
    videos, history = organisation()
    return videos.assign(fetched_at=pd.Timestamp("2026-03-13T06:00:00Z")), history


REFUSED = {
    "masked": (lambda: masked(1), "The counts of 1 of 60 videos are masked by the key’s plan (2%; the limit is 1%)."),
    "stale": (stale, "The list of videos is of 13 March 2026, before the period ended on 15 March 2026"),
    "no history": (lambda: (organisation()[0], schema.empty(HISTORY)), "There is no daily history for 9 March 2026 to"),
    "partial": (
        lambda: (organisation()[0], organisation()[1].query("date < '2026-03-14'")),
        "The daily history covers 2 January 2026 to 13 March 2026, not the whole of 9 March 2026 to 15 March 2026.",
    ),
}


def test_a_merge_that_loses_attrs_switches_no_refusal_off_and_makes_no_count_zero(tmp_path):
    videos, history = masked(30)
    tagged = videos.merge(pd.DataFrame({"ad_id": videos["ad_id"], "tag": "x"}), on="ad_id")
    assert tagged.attrs == {}
    with pytest.raises(IncompleteDataError, match=r"The counts of 30 of 60 videos did not come from the API, though"):
        compose_report(tagged, history, end="2026-03-15")
    assert (
        compose_report(tagged, history, end="2026-03-15", allow_partial=True)
        .content["footer"]
        .endswith("30 of 60 videos without counts")
    )
    bare = tagged.drop(columns="latest_updated_at")
    found = compose_report(bare, history, end="2026-03-15", allow_partial=True)
    assert found.content["footer"].endswith("not known how many of 60 videos without counts")


@pytest.mark.parametrize("case", REFUSED)
def test_incomplete_data_are_refused_unless_told_and_then_said_on_page_one(tmp_path, case):
    make, said = REFUSED[case]
    with pytest.raises(IncompleteDataError, match=re.escape(said)) as refusal:
        compose_report(*make(), end="2026-03-15")
    assert "allow_partial=True (--allow-partial)" in str(refusal.value)
    assert refusal.value.exit_code == 5
    page = build(tmp_path, make(), allow_partial=True).pages[0].extract_text()
    assert f"Incomplete data: {said}" in " ".join(page.split())


@pytest.mark.parametrize(
    ("by_plan", "said"),
    [(True, "1 video is masked by the key’s plan."), (False, "1 video is without counts from the API.")],
)
def test_a_few_masked_videos_are_told_on_page_one_and_not_refused(tmp_path, by_plan, said):
    page = build(tmp_path, masked(1, videos=120, by_plan=by_plan), allow_partial=False).pages[0].extract_text()
    assert said in " ".join(page.split())
    assert "Incomplete" not in page


@pytest.mark.parametrize(
    ("by_plan", "word", "other"), [(True, "masked", "without counts"), (False, "without counts", "masked")]
)
def test_counts_are_called_masked_only_where_the_plan_masks_them(tmp_path, by_plan, word, other):
    found = compose_report(*masked(1, videos=120, by_plan=by_plan), end="2026-03-15").content
    assert found["footer"].endswith(f"1 of 120 videos {word}")
    checks = [row[0][0]["text"] for row in found["checks"]["rows"]]
    assert word in checks
    assert other not in checks


@pytest.mark.parametrize(
    ("options", "kind", "scope"),
    [
        ({"period": "month", "end": "2026-02-10"}, "MONTHLY REPORT", "1–28 February 2026. 2 platforms"),
        ({"period": "quarter", "end": "2026-03-31"}, "QUARTERLY REPORT", "1 January – 31 March 2026. "),
        ({"start": "2026-03-01", "end": "2026-03-10"}, "REPORT", "1–10 March 2026, against the period before."),
        (
            {"end": "2026-03-15", "compare": ("2026-02-02", "2026-02-08")},
            "WEEKLY REPORT",
            "9–15 March 2026, against 2–8 February 2026.",
        ),
        ({"end": "2026-03-15", "platform": "tiktok"}, "WEEKLY REPORT", "Only TikTok, 3 accounts,"),
        ({"end": "2026-03-15", "account": "user1"}, "WEEKLY REPORT", "YouTube, only @user1,"),
        ({"end": "2026-03-15", "label": "Hooks"}, "WEEKLY REPORT", "Only label Hooks"),
    ],
)
def test_period_and_part_stand_at_the_top(options, kind, scope):
    found = compose_report(*organisation(), allow_partial=True, **options)
    assert found.content["name"]["text"].upper() == kind
    assert scope in found.content["scope"]


def test_scores_of_a_part_are_those_that_all_videos_give():
    videos, history = organisation(120, 6)
    everything = compose_report(videos, history, end="2026-03-15")
    found = compose_report(videos, history, end="2026-03-15", account="user1")
    whole, part = everything.summary.outliers.set_index("ad_id")["mult"], found.summary.outliers
    assert "this part was selected after" in found.content["notes"][0]
    assert "this part" not in everything.content["notes"][0]
    assert len(part) > 3
    pd.testing.assert_series_equal(part.set_index("ad_id")["mult"], whole[part["ad_id"]])


def test_a_report_of_a_month_speaks_of_months():
    own = {"brand": {"accent": "#7a1fa2"}}
    found = compose_report(*organisation(), period="month", end="2026-03-31", allow_partial=True, config=own)
    assert b"#7a1fa2" in found.pictures["weekly_series.svg"]
    assert b"#1f63e0" not in found.pictures["weekly_series.svg"]
    words = json.dumps(found.content)
    assert "Bar chart of views gained in 3 months" in words
    assert not re.search(r"\bweeks?\b", words)


def test_a_client_s_edition_leaves_out_methods_and_detail_and_says_where_they_are(tmp_path):
    frames = organisation()
    texts = {}
    for edition in ("client", "analyst"):
        (tmp_path / edition).mkdir()
        texts[edition] = " ".join(text_of(build(tmp_path / edition, frames, edition=edition)).split())
    rest = "stand in the analyst’s edition of this report, all figures and uploads in its workbook."
    for words, holder in ((rest, "client"), ("Benjamini", "analyst"), ("Newest count measured", "analyst")):
        assert [words in text for text in texts.values()] == [holder == name for name in texts]
    assert all(text.count("All of the 60 videos have a daily history.") == 1 for text in texts.values())
    with pytest.raises(InvalidParameterError, match="edition='draft'"):
        compose_report(*frames, edition="draft")


def test_copies_of_a_post_count_once_among_the_uploads():
    posts = [f"https://www.tiktok.com/@x/video/{7_000_000_000_000_000_000 + number}" for number in range(40)]
    videos, history = organisation(titles=HOSTILE, links=posts)  # the last 20 of 60 are copies of the first
    raw = int(videos["uploaded_at"].between(END - pd.Timedelta(days=6), END).sum())
    found = compose_report(videos, history, end="2026-03-15")
    uploads = next(one["value"] for one in found.content["figures"] if one["name"] == "Uploads")
    assert 0 < int(uploads) < raw
