"""What lies beside the PDF, read back by other programs: openpyxl, html.parser and json."""

import base64
import datetime as dt
import json
import math
import re
import warnings
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from page_checks import serious
from reports import HOSTILE, LINKS, organisation

import shortimize_analytics as sa
from shortimize_analytics import schema
from shortimize_analytics.errors import InvalidParameterError, ReportError
from shortimize_analytics.report.workbook_and_json import report_tables
from shortimize_analytics.simulator import demo_organisation
from shortimize_analytics.store import workbook
from shortimize_analytics.store.export import write_frame
from shortimize_analytics.store.workbook import MAX_TEXT, Sheet, write_workbook

FORMULAS = [
    "=HYPERLINK(1)",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "{=1}",
    "https://x.example",
    "mailto:a@b",
]
ODD = [*FORMULAS, "<r>bold</r>", "</t></is></c>", "_x0041_", " spaces ", "a\nb", "é 🔥 هذا", "", "12", "TRUE", "#N/A"]


def read_back(path, name):
    sheet = openpyxl.load_workbook(path)[name]
    rows = list(sheet.iter_rows(values_only=True, max_row=openpyxl.utils.range_boundaries(sheet.auto_filter.ref)[3]))
    return list(rows[0]), rows[1:], sheet


def cell(value):
    """What a spreadsheet is expected to hold of a frame's value."""
    if isinstance(value, list):
        return "; ".join(value)
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        naive = value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value
        return naive.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def same(found, expected):
    if isinstance(expected, dt.datetime):
        return isinstance(found, dt.datetime) and abs(found - expected) < dt.timedelta(milliseconds=1)
    if isinstance(expected, float):
        return isinstance(found, int | float) and math.isclose(found, expected, rel_tol=1e-15)
    return found == expected or (expected == "" and found is None)


def test_a_frame_comes_back_from_a_workbook_with_its_types(tmp_path):
    organisation = demo_organisation()
    asked = pd.Timestamp("2026-11-23 06:00", tz="UTC")
    videos = schema.conform(organisation.videos.assign(fetched_at=asked), schema.VIDEOS)
    names, rows, sheet = read_back(write_frame(videos, tmp_path / "videos.xlsx"), "videos")
    assert names == list(videos.columns)
    assert len(rows) == len(videos) > 600
    for found, expected in zip(rows, videos.itertuples(index=False, name=None), strict=True):
        assert all(same(a, cell(b)) for a, b in zip(found, expected, strict=True)), (found, expected)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold


@pytest.mark.parametrize("text", ODD)
def test_outside_text_stays_text_whatever_it_begins_with(tmp_path, text):
    frame = pd.DataFrame({"title": [text, "next"]})
    _, rows, sheet = read_back(write_frame(frame, tmp_path / "x.xlsx"), "rows")
    assert unescape(rows[0][0] or "").rstrip(" ") == text.rstrip(" ")
    assert sheet["A2"].data_type in {"s", "n", "inlineStr"}
    assert isinstance(rows[0][0], str | None)
    assert sheet["A2"].hyperlink is None
    assert rows[1] == ("next",)


def test_what_a_cell_cannot_hold_is_changed_and_counted(tmp_path):
    long = "x" * 40_000
    frame = pd.DataFrame({"title": ["a\x00b\x1bc", long, "🔥" * 20_000], "views": [2**53 + 1, -(2**60), 5]})
    path = write_frame(frame, tmp_path / "x.xlsx")
    _, rows, _ = read_back(path, "rows")
    assert rows[0] == ("abc", str(2**53 + 1))
    assert rows[1] == ("x" * (MAX_TEXT - 1) + "…", str(-(2**60)))
    assert rows[2][0] == "🔥" * ((MAX_TEXT - 1) // 2) + "…"
    about = {row[0]: row[1] for row in openpyxl.load_workbook(path)["About"].iter_rows(max_col=2, values_only=True)}
    assert about["Control characters removed"] == "2"
    assert about["Texts cut to what a cell holds"] == "2"
    assert about["Counts beyond 2⁵³ written as text"] == "2"


@given(st.lists(st.text(), min_size=1, max_size=5))
@settings(max_examples=40)
def test_any_text_gives_a_workbook_that_opens(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("any") / "x.xlsx"
    write_workbook([Sheet("rows", pd.DataFrame({"text": pd.Series(texts, dtype="object")}))], path)
    _, rows, _ = read_back(path, "rows")
    assert len(rows) == len(texts)
    # a line break of any kind reads as one: https://www.w3.org/TR/xml/#sec-line-ends
    plain = [workbook._ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [unescape(row[0] or "") for row in rows] == plain


def test_numbers_carry_the_format_of_their_unit(tmp_path):
    totals = schema.empty(schema.WEEKLY_TOTALS)
    totals.loc[0, ["key", "views_gained", "vs_prev", "top10_share"]] = ["all", 1234, -0.25, 0.5]
    names, rows, sheet = read_back(write_frame(totals, tmp_path / "x.xlsx"), "weekly_totals")
    looks = {name: sheet.cell(2, at + 1).number_format for at, name in enumerate(names)}
    assert looks["views_gained"] == "#,##0"
    assert looks["top10_share"] == "0.0%"
    assert looks["vs_prev"].startswith("+0.0%")
    assert rows[0][names.index("vs_prev")] == -0.25


def test_the_first_sheet_explains_every_column(tmp_path):
    path = write_frame(schema.empty(schema.OUTLIERS), tmp_path / "x.xlsx")
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    explained = {row[1]: row[3] for row in rows if row[0] == "outliers" and row[1] in schema.OUTLIERS.names}
    assert {name: meaning or "" for name, meaning in explained.items()} == {
        column.name: column.meaning for column in schema.OUTLIERS
    }


def test_days_before_the_spreadsheets_first_true_day_are_text(tmp_path):
    frame = pd.DataFrame({"day": pd.to_datetime(["1899-12-31", "1900-03-01", None])})
    _, rows, _ = read_back(write_frame(frame, tmp_path / "x.xlsx"), "rows")
    assert [row[0] for row in rows] == ["1899-12-31T00:00:00", pd.Timestamp("1900-03-01"), None]


def test_a_frame_that_a_sheet_cannot_hold_is_refused_with_the_next_step(tmp_path):
    frame = pd.DataFrame({"n": range(workbook.MAX_ROWS + 1)})
    with pytest.raises(InvalidParameterError, match=r"1,048,576 rows do not fit .* \.parquet or \.csv"):
        write_frame(frame, tmp_path / "x.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []


def test_the_same_frame_gives_the_same_bytes(tmp_path, monkeypatch):
    frame = pd.DataFrame({"title": ["a", None], "views": [1, 2]})
    first = write_frame(frame, tmp_path / "a.xlsx").read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert write_frame(frame, tmp_path / "b.xlsx").read_bytes() == first


class Page(HTMLParser):
    """What a browser would read of a page: elements with attributes, and the text between them."""

    VOID = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def of(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def demo_report(tmp_path_factory):
    """The demo's week in all its forms."""
    with (
        warnings.catch_warnings(action="ignore"),
        sa.connect(demo=True, data_dir=tmp_path_factory.mktemp("d")) as client,
    ):
        videos = sa.load_videos(client)
        history = sa.load_history(client, videos)
    report = sa.compose_report(videos, history)
    folder = tmp_path_factory.mktemp("report")
    sa.write_report(report, folder / "week.pdf", also=["xlsx", "html", "json"])
    return report, folder


def hostile_report():
    """A small organisation whose titles, handles and labels try to become markup."""
    videos, history = organisation(24, accounts=3, titles=[*HOSTILE, "<script>alert(1)</script>", '"><b onx=1>'],
                                   links=LINKS, labels=("<b>bold</b>", "]]>&amp;", None))  # fmt: skip
    return sa.compose_report(videos, history, end="2026-03-15", allow_partial=True)


def test_all_forms_of_a_report_lie_beside_each_other(demo_report):
    _, folder = demo_report
    assert sorted(path.name for path in folder.iterdir()) == ["week.html", "week.json", "week.pdf", "week.xlsx"]


def test_the_workbook_holds_every_frame_behind_the_report(demo_report):
    report, folder = demo_report
    book = openpyxl.load_workbook(folder / "week.xlsx")
    sheets = {sheet.name: sheet.frame for sheet in report_tables(report)}
    assert book.sheetnames == ["About", *sheets]
    assert {"totals", "series", "movers", "outliers", "labels", "forecasts", "videos"} <= set(sheets)
    for name, frame in sheets.items():
        names, rows, _ = read_back(folder / "week.xlsx", name)
        assert names == list(map(str, frame.columns))
        for found, expected in zip(rows, frame.itertuples(index=False, name=None), strict=True):
            assert all(same(a, cell(b)) for a, b in zip(found, expected, strict=True)), (name, found, expected)


def test_the_workbooks_first_sheet_says_period_scope_freshness_and_meanings(demo_report):
    report, folder = demo_report
    rows = list(openpyxl.load_workbook(folder / "week.xlsx")["About"].iter_rows(values_only=True))
    facts = {row[0]: row[1] for row in rows if row[0]}
    assert (facts["First day"], facts["Last day"]) == ("2026-11-16", "2026-11-22")
    assert facts["Scope"] == "all"
    assert facts["Newest count measured"].startswith("23 November 2026")
    explained = {(row[0], row[1]) for row in rows if row[3]}
    unexplained = [
        (sheet.name, name) for sheet in report_tables(report) for name in sheet.frame
        if sheet.table is None or name not in sheet.table.names
    ]  # fmt: skip
    assert unexplained == []
    assert ("totals", "views_gained") in explained


def test_the_page_says_what_the_report_says(demo_report):
    report, folder = demo_report
    page = Page((folder / "week.html").read_text(encoding="utf-8"))
    words = "".join(page.words)
    assert report.content["headline"] in words
    assert report.content["scope"] in words
    assert all(reading in words for reading in report.content["readings"].values())
    front = report.content["page"]
    done = [action["do"] for action in front["actions"]]
    for sentence in [front["deck"], *front["sentences"], *done, *report.content["lead"].values()]:
        assert "".join(piece["text"] for piece in sentence) in words
    for text in (*(action["why"] for action in front["actions"]), front["leave"], front["cascade"]["title"]):
        assert text in words
    for table in ("videos", "also", "labels", "forecasts", "creators"):
        assert report.content[table]["rows"]
        for row in report.content[table]["rows"]:
            assert all(line["text"] in words for cells in row for line in cells)
    assert all(row["value"] in words for row in report.content["quality"]["rows"])


@pytest.mark.parametrize("make", [None, hostile_report], ids=["demo", "hostile"])
def test_the_page_fetches_nothing_runs_nothing_and_is_accessible(demo_report, tmp_path, make):
    if make is None:
        path = demo_report[1] / "week.html"
    else:
        path = sa.write_report(make(), tmp_path / "x.pdf", also=["html"])[1]
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "base", "form", "svg", "b"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert all(image["src"].startswith("data:image/") and image["alt"] for image in page.of("img"))
    assert all(link["href"].startswith(("http://", "https://")) for link in page.of("a"))
    assert not any("url(" in style or "@import" in style for style in page.words)
    assert page.of("html")[0]["lang"] == "en"
    assert len(page.of("h1")) == len(page.of("title")) == len(page.of("main")) == 1
    assert all(header["scope"] in {"col", "row"} for header in page.of("th"))
    assert all(box["aria-label"] for box in page.of("div") if box.get("role") == "region")
    for table in re.findall(r"<table role=.*?</table>", text, re.DOTALL):  # too wide for a phone: shown row by row
        wide = table.count('role="columnheader"') > 4 or "range-cell" in table
        assert ('class="stacked"' in table) is (wide and 'class="tile"' not in table)
        assert table.count("<td") == table.count('role="cell"') == table.count("data-name=")
    assert any(meta.get("name") == "viewport" for meta in page.of("meta"))
    assert "default-src 'none'" in page.of("meta")[2]["content"]


def test_a_browser_draws_each_day_as_tall_as_its_gain_and_the_page_fits_a_phone(demo_report, page):
    report, folder = demo_report
    held = [
        cell[0]["draw"] for name in ("videos", "also") for row in report.content[name]["rows"] for cell in row
        if cell[0].get("draw", {}).get("kind") == "days"
    ]  # fmt: skip
    page.goto((folder / "week.html").as_uri())
    drawn = page.locator(".days").evaluate_all(
        """all => all.map(e => ({
            behind: getComputedStyle(e).backgroundColor,
            widths: [...e.children].map(day => day.getBoundingClientRect().width),
            bars: [...e.children].map(day => [
                day.className, day.offsetHeight / e.clientHeight, getComputedStyle(day).backgroundColor
            ]),
        }))"""
    )
    colours = set()
    for draw, seen in zip(held, drawn, strict=True):
        assert seen["behind"] == "rgba(0, 0, 0, 0)"
        assert max(seen["widths"]) == pytest.approx(min(seen["widths"]), abs=0.1)  # each day has its place
        most = max(value for value in draw["values"] if value is not None)
        for value, (kind, height, colour) in zip(draw["values"], seen["bars"], strict=True):
            assert (kind == "none") == (value is None)
            if value is not None:
                assert height == pytest.approx(value / most, abs=0.06)  # a bar of nothing is a pixel
                colours.add((draw["tone"], colour))
    assert {tone for tone, _ in colours} == {"", "soft"}
    assert len(colours) == 2
    for width in (360, 400, 900):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert serious(page) == []


def test_pictures_of_the_page_are_svg_whose_texts_are_texts(tmp_path):
    videos, history = organisation(24, accounts=3, titles=HOSTILE, links=LINKS)
    found = sa.compose_report(videos, history, period="month", end="2026-03-31", allow_partial=True)
    path = sa.write_report(found, tmp_path / "x.pdf", also=["html"])[1]
    images = Page(path.read_text(encoding="utf-8")).of("img")
    assert len(images) == len(found.pictures) > 0
    for image in images:
        root = ET.fromstring(base64.b64decode(image["src"].partition("base64,")[2]))
        tags = {node.tag.rpartition("}")[2] for node in root.iter()}
        assert "text" in tags
        assert not tags & {"script", "foreignObject", "image"}


def test_the_json_document_holds_the_reports_words_and_frames(demo_report):
    report, folder = demo_report
    text = (folder / "week.json").read_text(encoding="utf-8")
    document = json.loads(text, parse_constant=pytest.fail)
    assert (document["schema"], document["schema_version"]) == ("shortimize-analytics/report", 2)
    assert document["period"] == {
        "kind": "week", "first_day": "2026-11-16", "last_day": "2026-11-22",
        "compared_with": ["2026-11-09", "2026-11-15"], "partial": False,
    }  # fmt: skip
    assert document["headline"] == report.content["headline"]
    total = document["tables"]["totals"]["rows"][0]
    views, uploads, engagement, hits = document["figures"]
    assert [figure["key"] for figure in document["figures"]] == ["views", "uploads", "engagement", "breakouts"]
    assert (views["number"], views["change_number"]) == (total["views_gained"], total["vs_prev"])
    assert engagement["number"] == total["er_view"]
    assert all(f"{figure['number']:,}" == figure["value"] for figure in (uploads, hits))
    assert all(f"{figure['change_number']:+,}" == figure["change"] for figure in (uploads, hits))
    units = [figure["change_unit"] for figure in document["figures"]]
    assert units == ["ratio", "uploads", "share", "uploads"]
    assert total["views_gained"] == int(report.summary.totals["views_gained"].iloc[0])
    assert total["vs_prev"] == report.summary.totals["vs_prev"].iloc[0]
    for sheet in report_tables(report):
        table = document["tables"][sheet.name]
        assert [column["name"] for column in table["columns"]] == list(sheet.frame.columns)
        assert len(table["rows"]) == len(sheet.frame)
        missing = sum(value is None for row in table["rows"] for value in row.values())
        assert missing == int(sheet.frame.isna().to_numpy().sum())
    video = document["tables"]["videos"]["rows"][0]
    assert dt.date.fromisoformat(video["uploaded_at"])
    assert dt.datetime.fromisoformat(video["created_at"]).tzinfo is not None
    assert isinstance(video["label_names"], list)


def test_the_same_report_gives_the_same_bytes_in_every_form(demo_report, tmp_path):
    report, folder = demo_report
    for path in sa.write_report(report, tmp_path / "week.pdf", also=["xlsx", "html", "json"]):
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.suffix


def test_an_unknown_form_is_refused_before_anything_is_written(demo_report, tmp_path):
    with pytest.raises(InvalidParameterError, match="also='docx' is unknown; choose one of xlsx, html, json"):
        sa.write_report(demo_report[0], tmp_path / "x.pdf", also=["docx"])
    with pytest.raises(InvalidParameterError, match=r"must end in one of \.pdf"):
        sa.write_report(demo_report[0], tmp_path / "x.json", also=["json"])
    assert list(tmp_path.iterdir()) == []


def test_if_one_form_cannot_take_its_place_none_does(demo_report, tmp_path):
    (tmp_path / "x.html" / "in the way").mkdir(parents=True)
    (tmp_path / "x.pdf").write_bytes(b"the last good one")
    with pytest.raises(ReportError, match="cannot write"):
        sa.write_report(demo_report[0], tmp_path / "x.pdf", also=["xlsx", "html"])
    assert (tmp_path / "x.pdf").read_bytes() == b"the last good one"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["x.pdf"]


def test_an_empty_report_has_every_form(tmp_path):
    report = sa.compose_report(schema.empty(schema.VIDEOS), schema.empty(schema.HISTORY), end="2026-03-15")
    for path in sa.write_report(report, tmp_path / "x.pdf", also=["xlsx", "html", "json"]):
        assert path.stat().st_size > 1000
