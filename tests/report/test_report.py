"""The report as a PDF: real Typst, then the file itself and pictures of its pages."""

import datetime as dt
import io
import re
import unicodedata
from dataclasses import replace
from urllib.parse import urlsplit

import numpy as np
import outloud
import pandas as pd
import pypdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from reports import (
    END,
    HOSTILE,
    ISOLATES,
    LINKS,
    NO_NUMBER,
    SCRIPTS,
    actual_texts,
    build,
    font_names,
    links_of,
    organisation,
    pages_of,
    pdfium_text,
    plain,
    positions,
    structure,
    summary,
    text_of,
    text_sizes,
)

from shortimize_analytics import compose_report, schema, write_report
from shortimize_analytics.errors import IncompleteDataError, ReportError
from shortimize_analytics.plots import plot_outliers
from shortimize_analytics.plots.verdicts import clear_groups
from shortimize_analytics.report import chart_svg
from shortimize_analytics.report.chart_layout import draw_pictures
from shortimize_analytics.report.typeset import typeset
from shortimize_analytics.report.words import naming
from shortimize_analytics.schema import HISTORY, VIDEOS
from shortimize_analytics.schema.links import web_link
from shortimize_analytics.simulator import demo_organisation


@pytest.fixture(scope="module")
def demo():
    found = demo_organisation()
    videos = found.videos.copy()
    videos.attrs |= {"source": "Demo organisation", "as_of": found.as_of.isoformat()}
    return videos, found.history


@pytest.fixture(scope="module")
def demo_report(demo):
    return compose_report(*demo)


@pytest.fixture(scope="module")
def demo_pdf(demo_report, tmp_path_factory):
    return write_report(demo_report, tmp_path_factory.mktemp("demo") / "report.pdf")[0]


@pytest.fixture(scope="module")
def month_pdf(demo, tmp_path_factory):
    """The same organisation's month before, for a client on other paper, with longer numbers."""
    looks = {"edition": "client", "paper": "us-letter", "locale": "de_DE"}
    found = compose_report(*demo, period="month", end="2026-10-31", **looks)
    return write_report(found, tmp_path_factory.mktemp("month") / "report.pdf")[0]


def test_the_demo_report_passes_an_independent_pdf_ua_checker_without_a_finding(demo_pdf):
    result = outloud.check(str(demo_pdf))
    assert (result.errors, result.warnings) == (0, 0)


def test_the_demo_report_is_tagged_titled_in_english_and_bookmarked(demo_pdf):
    pdf = pypdf.PdfReader(demo_pdf)
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "views" in pdf.metadata.title
    assert "pdfuaid" in pdf.xmp_metadata.stream.get_data().decode()
    bookmarks = [entry.title for part in pdf.outline for entry in (part if isinstance(part, list) else [part])
                 if not isinstance(entry, list)]  # fmt: skip
    assert {"Do next", "Did the forecast hold?", "Where the numbers stop"} <= set(bookmarks)


def test_the_demo_report_is_five_pages_and_under_a_megabyte(demo_pdf):
    assert len(pypdf.PdfReader(demo_pdf).pages) == 5
    assert demo_pdf.stat().st_size < 1_000_000


def test_the_five_questions_come_in_their_order(demo_pdf):
    text = " ".join(text_of(pypdf.PdfReader(demo_pdf)).split())
    questions = [
        "Do next",
        "Which videos earned it, and which beat their account?",
        "What should we make more of, or less?",
        "What comes next?",
        "Where the numbers stop",
        "Appendix",
    ]
    places = [text.index(question) for question in questions]
    assert places == sorted(places)


def test_every_picture_says_what_it_shows_and_every_table_has_headers(demo_pdf):
    elements = structure(pypdf.PdfReader(demo_pdf))
    alts = [alt for kind, alt in elements if kind == "/Figure"]
    assert all(alt and any(char.isdigit() for char in alt) for alt in alts)
    kinds = [kind for kind, _ in elements]
    assert kinds.count("/Table") == kinds.count("/THead") >= 9
    assert (kinds.count("/H1"), kinds.count("/H2")) == (1, 8)


def test_the_demo_report_links_to_its_videos_and_nowhere_else(demo, demo_pdf):
    links = links_of(pypdf.PdfReader(demo_pdf))
    assert len(links) > 10
    assert set(links) <= set(demo[0]["ad_link"].dropna())


def test_the_same_data_give_the_same_bytes(demo, demo_pdf, tmp_path):
    videos, history = demo
    (again,) = write_report(compose_report(videos.copy(), history.copy()), tmp_path / "again.pdf")
    assert again.read_bytes() == demo_pdf.read_bytes()
    mixed = compose_report(videos.sample(frac=1, random_state=3), history.sample(frac=1, random_state=3))
    (shuffled,) = write_report(mixed, tmp_path / "shuffled.pdf")
    assert text_of(pypdf.PdfReader(shuffled)) == text_of(pypdf.PdfReader(demo_pdf))


def test_page_one_says_the_growth_that_the_history_adds_up_to(tmp_path):
    videos, history = organisation()
    grid = history.pivot(index="ad_id", columns="date", values="views").astype(float)
    grid = grid.reindex(columns=pd.date_range(grid.columns.min(), grid.columns.max())).ffill(axis=1).fillna(0)
    weeks = [grid[END - pd.Timedelta(days=7 * back)].sum() for back in range(3)]
    now, before = weeks[0] - weeks[1], weeks[1] - weeks[2]
    page = build(tmp_path, (videos, history)).pages[0].extract_text()
    assert (
        f"{now / 1000:.1f}k views gained, {abs(now / before - 1):.0%} {'more' if now > before else 'less'} than" in page
    )
    new = videos["uploaded_at"] > END - pd.Timedelta(days=7)
    assert f"9–15 March 2026, against the week before. 2 platforms, 5 accounts, {new.sum()} uploads." in page


def test_captions_of_every_script_are_what_two_readers_find_in_the_text_layer(tmp_path):
    """pdfium reads the words that stand for shaped glyphs and must find every caption; pypdf reads glyph by glyph."""
    pdf = build(tmp_path, organisation(10, titles=SCRIPTS, views=lambda days: 1000 + 97 * days + days**2 * 7 % 53))
    found = plain(pdfium_text(tmp_path / "report.pdf"))
    letters = unicodedata.normalize("NFKC", text_of(pdf) + actual_texts(pdf)).translate(ISOLATES)
    for title in SCRIPTS:
        if "👨" not in title:  # a joined emoji is a picture
            assert plain(title) in found
        for word in unicodedata.normalize("NFKC", title).split():
            assert {char for char in word if unicodedata.category(char)[0] == "L"} <= set(letters), title
    for title in SCRIPTS[:4]:
        assert all(word in letters for word in title.split()), title
    assert "/Type3" in font_names(pdf)  # colour emoji
    names = font_names(pdf)
    for family in ("Inter", "DejaVuSans", "Heebo", "NotoSansThai", "NotoSansCJK"):
        assert any(name.startswith(family) for name in names), family
    assert not any("LastResort" in name for name in names)


def test_the_demos_own_captions_are_what_two_readers_find_in_the_text_layer(demo, tmp_path):
    """The shortest of each script that the demo writes in, as far as a wide one has room."""
    shortest = {}
    for title in sorted(demo[0]["title"].dropna().astype("str"), key=len, reverse=True):
        for char in (char for char in title if char.isalpha() and ord(char) > 0x2FF):
            shortest[unicodedata.name(char).split()[0]] = title
    assert {"ARABIC", "HEBREW", "DEVANAGARI", "THAI", "HANGUL", "CJK", "HIRAGANA", "CYRILLIC"} <= set(shortest)
    titles = sorted(set(shortest.values()))
    pdf = build(tmp_path, organisation(10, titles=titles, views=lambda days: 1000 + 97 * days + days**2 * 7 % 53))
    found = plain(pdfium_text(tmp_path / "report.pdf"))
    letters = unicodedata.normalize("NFKC", text_of(pdf) + actual_texts(pdf)).translate(ISOLATES)
    for title in titles:
        assert plain(title)[:8] in found
        assert {char for char in unicodedata.normalize("NFKC", title)[:8] if char.isalpha()} <= set(letters), title


def test_numbers_beside_right_to_left_titles_handles_and_dates_stay_in_one_piece(tmp_path):
    videos, history = organisation(40, labels=None)
    first = videos["ad_id"].eq(videos.loc[videos["uploaded_at"].between("2026-03-09", "2026-03-12"), "ad_id"].iloc[0])
    videos["title"] = "وصفة سهلة"
    videos["username"] = "مطبخ"
    history["views"] *= history["ad_id"].isin(videos.loc[first, "ad_id"]).map({True: 40, False: 1})
    build(tmp_path, (videos, history), locale="ar_EG")
    found = " ".join(pdfium_text(tmp_path / "report.pdf").split())
    said = found.translate(ISOLATES)
    assert re.search(r"One video made \d+% of all gains: “سهلة وصفة[“”], [\d.]+k? views", said), said[:900]
    assert re.search(r"@مطبخ · مارس \d+ [\d.]+k? \d+%", said)
    assert re.search(r"data as of 2026 مارس 16 06:00 UTC ·", said)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_hostile_captions_are_printed_as_they_are_and_stay_on_the_page(tmp_path, paper):
    frames = organisation(titles=HOSTILE, links=LINKS, labels=HOSTILE[:4])
    pdf = build(tmp_path, frames, title=HOSTILE[0], paper=paper)
    text = text_of(pdf)
    assert '#READ("/ETC/PASSWD")' in text
    assert "root:" not in text
    assert set(links_of(pdf)) <= {"https://ok.example/v?a=1&b=%20#x"}
    width, height = (float(side) for side in pdf.pages[0].mediabox[2:])
    assert (round(width), round(height)) == {"a4": (595, 842), "us-letter": (612, 792)}[paper]
    for page in pdf.pages:
        places = positions(page)
        assert places
        assert all(40 < x < width - 44 and 0 < y < height for x, y in places)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_nothing_is_drawn_beyond_the_margins(demo, paper):
    """A hostile organisation, and the demo: the pages as pictures have white margins, and ink inside them."""
    videos, history = organisation(80, 13, titles=HOSTILE, links=LINKS, labels=HOSTILE[:5])
    number = videos["linked_account_id"].str[1:].astype(int)
    videos["username"] = [HOSTILE[one % len(HOSTILE)] + str(one) for one in number]
    videos["platform"] = [("tiktok", "W" * 3000, "#read(1)", None)[one % 4] for one in number]
    videos.attrs["source"] = "S" * 5000
    for frames, end in (((videos, history), "2026-03-15"), (demo, None)):
        found = compose_report(
            *frames, end=end, paper=paper, title=HOSTILE[2], config={"brand": {"name": "N" * 3000}}, allow_partial=True
        )
        for page in pages_of(found, ppi=72):
            ink = np.asarray(Image.open(io.BytesIO(page)).convert("L")) < 250
            height, width = ink.shape
            assert not ink[:, :42].any()
            assert not ink[:, width - 42 :].any()
            assert not ink[:38].any()
            assert not ink[height - 24 :].any()
            assert ink[44 : height - 52].any()


def test_what_no_font_could_draw_is_counted_on_the_data_page(tmp_path):
    text = text_of(build(tmp_path, organisation(titles=["ខ្មែរ", "plain"])))
    assert "[Khmer]" in text
    assert "5 in 1 text, replaced" in text


ODD = {
    "one video": lambda: organisation(1, 1),
    "one account": lambda: organisation(accounts=1),
    "no history": lambda: (organisation()[0], schema.empty(HISTORY)),
    "no video": lambda: (schema.empty(VIDEOS), schema.empty(HISTORY)),
    "no labels": lambda: organisation(labels=None),
    "all equal": lambda: organisation(20, views=lambda days: np.full(len(days), 500)),
    "all zero": lambda: organisation(20, views=lambda days: np.zeros(len(days), dtype=int)),
    "falling": lambda: organisation(20, views=lambda days: 1000 + 50 * days[::-1]),
}
NOTHING_LISTED = {
    "none": "No video gained views in the week.",
    "unknown": "What videos gained in the week is not known.",
}
SAID = {
    "no history": "No history for this week",
    "no video": "No videos",
    "all zero": "No views gained",
    "falling": "views lost to corrections",
}


@pytest.mark.filterwarnings("ignore::shortimize_analytics.errors.DataQualityWarning")  # odd data are told to be odd
@pytest.mark.parametrize("case", ODD)
def test_odd_data_give_a_sensible_report_without_made_up_numbers(tmp_path, case):
    pdf = build(tmp_path, ODD[case]())
    text = text_of(pdf)
    assert SAID.get(case, "views") in text
    nothing = [name for name, said in NOTHING_LISTED.items() if said in text]
    assert nothing == [{"no history": "unknown"}.get(case, "none")] * (
        case in {"no history", "no video", "one video", "all zero"}
    )
    assert ("Appendix" in text) is (case not in {"one video", "one account", "no video"})  # one row says it again
    assert not NO_NUMBER.search(text)
    assert 2 <= len(pdf.pages) <= 8
    assert outloud.check(str(tmp_path / "report.pdf")).errors == 0


def test_a_week_without_uploads_says_so(tmp_path):
    videos, history = organisation()
    old = videos[videos["uploaded_at"] < END - pd.Timedelta(days=8)].reset_index(drop=True)
    assert "Nothing was uploaded this week" in build(tmp_path, (old, history)).pages[0].extract_text()


def test_a_week_that_the_history_does_not_cover_is_called_incomplete_and_not_compared(tmp_path):
    videos, history = organisation()
    page = build(tmp_path, (videos, history[history["date"] > END - pd.Timedelta(days=4)])).pages[0].extract_text()
    assert "in a week not covered whole" in " ".join(page.split())
    assert "Incomplete data: The daily history covers 12 March 2026 to 16 March 2026" in " ".join(page.split())
    assert "against the week before" not in page


def test_no_videos_is_a_page_that_names_no_day_of_data(tmp_path):
    text = text_of(build(tmp_path, (schema.empty(VIDEOS), schema.empty(HISTORY)), allow_partial=False))
    assert "There is no video to report on." in text
    assert "data as of" not in text
    assert re.findall(r"\d{1,2} \w+ 2026", text) == ["15 March 2026"]


@pytest.mark.usefixtures("only_dejavu")
def test_without_the_optional_fonts_the_report_is_legible_and_names_what_to_install(tmp_path):
    pdf = build(tmp_path, organisation(10, titles=SCRIPTS, views=lambda days: 1000 + 97 * days + days**2 * 7 % 53))
    text = text_of(pdf)
    assert "Привет" in text
    assert "fontpkg-inter" in text
    assert {name.partition("-")[0] for name in font_names(pdf)} == {"DejaVuSans"}


def test_an_existing_report_stays_as_it_is_when_it_cannot_be_made(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"last week's")
    found = compose_report(*organisation(5), end="2026-03-15")
    with pytest.raises(ReportError, match="Typst refused"):
        write_report(replace(found, content={"paper": "a4"}), path, also=["json"])
    assert path.read_bytes() == b"last week's"
    assert list(tmp_path.iterdir()) == [path]


def test_days_that_the_history_lacks_are_refused_by_their_names():
    videos, history = organisation(5)
    late = history[history["date"] > END - pd.Timedelta(days=2)]
    with pytest.raises(IncompleteDataError, match="not the whole of 9 March 2026 to 15 March 2026"):
        compose_report(videos, late, end="2026-03-15")


def test_what_typst_refuses_is_an_error_that_says_so():
    with pytest.raises(ReportError, match="Typst refused"):
        typeset({"paper": "a4"}, {}, made_at=dt.datetime(2026, 3, 16, tzinfo=dt.UTC))


def test_a_folder_that_cannot_be_made_is_an_error_with_the_next_step(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="May you write there"):
        build(tmp_path / "file" / "inside", (schema.empty(VIDEOS), schema.empty(HISTORY)))


@given(st.one_of(st.none(), st.text(), st.from_regex(r"[a-zA-Z]{2,10}:/{0,2}[ -~]{0,30}", fullmatch=True)))
@example("HTTPS://OK.EXAMPLE")
@example("https://[")
@example("https://a\nb.example")
@example("https://a.example/\u202e")
def test_only_web_addresses_become_links(url):
    link = web_link(url)
    assert link is None or (urlsplit(link).scheme in {"http", "https"} and urlsplit(link).hostname and link == url)


def test_a_right_to_left_name_in_a_picture_keeps_its_direction():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1" y="2">{}</text></svg>'
    found = [chart_svg.extract_texts(svg.format(words).encode())[0][0]["rtl"] for words in ("هذا #fyp", "so هذا")]
    assert found == [True, False]


def test_every_text_of_a_picture_is_handed_to_typst_and_none_stays_in_the_svg():
    frame = summary().outliers
    chart, svg = chart_svg.draw_svg(
        "outliers", lambda ax: plot_outliers(frame, ax=ax), alt="a", size=(500, 120), margins=(196, 92, 18, 34)
    )
    words = [text["text"] for text in chart["texts"]]
    assert {"@ann", "12x", "40", "score", "peers", "1x"} <= set(words)
    assert b"<text" not in svg
    name = next(text for text in chart["texts"] if text["text"] == "@ann")
    assert name["anchor"] == "end"
    assert 0 < name["x"] <= 196
    assert name["room"] == name["x"]
    assert next(text for text in chart["texts"] if text["text"] == "12x")["weight"] == 700


def test_real_videos_make_a_report(real_data, tmp_path):
    from shortimize_analytics.simulator import Organisation

    found = Organisation.from_parquet(real_data / "videos.parquet", real_data / "history.parquet")
    ids = found.history["ad_id"].value_counts().index[:1500]
    videos = found.videos[found.videos["ad_id"].isin(ids)].reset_index(drop=True)
    history = found.history[found.history["ad_id"].isin(ids)].reset_index(drop=True)
    pdf = build(tmp_path, (videos, history), end="2026-07-19")
    assert "views" in pdf.pages[0].extract_text()
    assert not NO_NUMBER.search(text_of(pdf))
    assert (tmp_path / "report.pdf").stat().st_size < 1_000_000
    assert outloud.check(str(tmp_path / "report.pdf")).errors == 0


def test_the_videos_table_draws_each_day_of_the_week_and_names_breakouts_outside_the_ten_best(demo, demo_report):
    """Bars from the history by other code; the second table holds what a list of gains alone would hide."""
    videos, history = demo
    content = demo_report.content
    first, also = content["videos"]["rows"], content["also"]["rows"]
    assert len(first) == 10
    assert [row[0][0]["text"] for row in first] == [str(place) for place in range(1, 11)]
    links = {row[2][0]["link"] for row in first}
    assert also
    assert all(row[2][0]["link"] not in links and row[7][0]["draw"]["lo"] >= 5 for row in also)
    by_link = videos.dropna(subset="ad_link").drop_duplicates("ad_link").set_index("ad_link")
    days = pd.date_range("2026-11-15", "2026-11-22")
    for row in first[:4]:
        video = by_link.loc[row[2][0]["link"]]
        counts = history[history["ad_id"] == video["ad_id"]].set_index("date")["views"].astype(float)
        counts = counts.reindex(pd.date_range("2026-08-01", "2026-11-22")).ffill().fillna(0).reindex(days)
        drawn = row[5][0]["draw"]["values"]
        new = video["uploaded_at"] >= days[1]
        for day, value, before, now in zip(days[1:], drawn, counts[:-1], counts[1:], strict=True):
            assert value is None if day < video["uploaded_at"] else value == pytest.approx(now - before)
        assert (drawn[0] is None) is bool(new and video["uploaded_at"] > days[1])
        assert row[5][0]["draw"]["tone"] == ("" if new else "soft")


def test_lengths_and_weekdays_are_drawn_only_where_one_is_clear(demo_report):
    report = demo_report
    assert report.content["charts"] == report.pictures == {}
    clear = report.summary.weekdays.assign(verdict="higher")
    assert len(clear_groups(clear)) == int(clear["ratio"].notna().sum())
    summary = replace(report.summary, weekdays=clear)
    charts, pictures = draw_pictures(summary, brand=report.brand, names=naming("week"), series=True)
    assert set(charts) == {"weekday_effect", "weekly_series"}
    assert {chart["file"] for chart in charts.values()} == set(pictures)


def test_every_place_of_the_report_gives_the_verdict_of_the_frame(demo_report):
    """Page 1, the sentence behind it, the table and the pictures: one verdict, made once."""
    summary, content = demo_report.summary, demo_report.content
    verdicts = dict(zip(summary.labels["label"], summary.labels["verdict"].astype("str"), strict=True))
    clear = {name for name, verdict in verdicts.items() if verdict in {"higher", "lower"}}
    told = "".join(part["text"] for part in content["lead"]["more"])
    done = ["".join(part["text"] for part in action["do"]) for action in content["page"]["actions"]]
    assert clear
    for name, verdict in verdicts.items():
        step = f"Make {'more' if verdict == 'higher' else 'fewer'} videos labelled “{name}”."
        assert (step in done) is (name in clear)
        assert (name in told) is (name in clear)
    drawn = {row[0][0]["text"].partition(" [")[0]: row[0][1]["text"] for row in content["labels"]["rows"]}
    assert drawn.items() <= {name.partition(" [")[0]: verdict for name, verdict in verdicts.items()}.items()
    for frame, word, said, chart in (
        (summary.durations, "video length", "Length: no clear difference", "duration_effect"),
        (summary.weekdays, "weekday of upload", "Weekday: no clear difference", "weekday_effect"),
    ):
        none = clear_groups(frame).empty
        assert (word in content["page"]["leave"], said in told, chart not in content["charts"]) == (none,) * 3


@pytest.mark.parametrize("which", ["demo_pdf", "month_pdf"])
def test_no_sentence_stands_twice_in_the_report(request, which):
    pages = [page.extract_text() for page in pypdf.PdfReader(request.getfixturevalue(which)).pages]
    kept = [line for text in pages for line in text.splitlines() if " without counts" not in line]  # no footers
    sentences = [one.strip() for one in re.split(r"(?<=[a-z)%])\. ", " ".join(" ".join(kept).split()))]
    told = [one for one in sentences if len(one.split()) > 4]
    assert len(told) > 15
    assert [one for one in set(told) if told.count(one) > 1] == []


def test_text_can_be_read_on_a_phone(demo_pdf, tmp_path):
    """Text of 10.5 points, notes of 9, also those of a picture, which a week that is not covered whole has."""
    videos, history = organisation()
    partial = build(tmp_path, (videos, history[history["date"] > END - pd.Timedelta(days=4)]))
    assert "* not covered whole by the history" in partial.pages[0].extract_text()
    for pdf in (pypdf.PdfReader(demo_pdf), partial):
        sizes = [size for page in pdf.pages for size in text_sizes(page)]
        assert min(sizes) >= 9
        assert all(size >= 10.5 for size in sizes if size not in {9, 9.5})


@pytest.fixture(scope="module")
def letter_report(demo):
    """For a client on other paper, where sections have to run on from one page to the next."""
    return compose_report(*demo, edition="client", paper="us-letter")


@pytest.fixture(scope="module")
def letter_pdf(letter_report, tmp_path_factory):
    return write_report(letter_report, tmp_path_factory.mktemp("letter") / "report.pdf")[0]


@pytest.mark.parametrize("which", ["demo_pdf", "month_pdf", "letter_pdf"])
def test_pages_are_full_but_for_the_last_and_that_has_more_than_a_few_rows(request, which):
    pages = pypdf.PdfReader(request.getfixturevalue(which)).pages
    lowest = [min(y for _, y in positions(page) if y > 48) / float(page.mediabox[3]) for page in pages]
    assert max(lowest[:-1]) < 1 / 3  # a table of eight rows is not broken
    assert len({round(y) for _, y in positions(pages[-1])}) > 8


@pytest.mark.parametrize("rows_", [34, 35])
def test_a_page_never_gets_only_a_few_rows_of_a_table_that_runs_on(demo_report, rows_):
    content = demo_report.content
    creators = content["creators"] | {"rows": content["creators"]["rows"][:1] * rows_}
    pdf = typeset(content | {"creators": creators}, {}, made_at=demo_report.made_at)
    account = creators["rows"][0][0][0]["text"]
    ends = [
        page.extract_text().split("Ten best", 1)[-1].count(account)
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages[4:]
    ]
    assert sum(ends) == rows_
    assert min(ends) >= 5


@pytest.mark.parametrize("rows_", range(6, 14))
def test_a_section_that_does_not_fit_runs_on_with_two_rows_at_least_on_each_page(letter_report, rows_):
    content = letter_report.content
    forecasts = content["forecasts"] | {"rows": content["forecasts"]["rows"][:1] * rows_}
    pdf = typeset(content | {"forecasts": forecasts}, {}, made_at=letter_report.made_at)
    words = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    ends = [found for found in (page.count("Instagram · 5 days old") for page in words) if found]
    assert sum(ends) == rows_
    assert min(ends) >= 2
    asked = next(at for at, page in enumerate(words) if "What comes next?" in page)
    assert "Instagram · 5 days old" in words[asked]  # the question never stands alone


def test_a_number_is_never_cut_or_broken(tmp_path):
    """Counts of tens of millions in a locale that writes them and percents longer."""
    frames = organisation(40, views=lambda days: (9_876_543 * (1 + np.sqrt(days))).astype(int))
    report = compose_report(*frames, end="2026-03-15", locale="de_DE", paper="us-letter")
    text = text_of(pypdf.PdfReader(write_report(report, tmp_path / "x.pdf")[0])).replace("\xa0", " ")
    for name in ("videos", "also", "platforms", "accounts", "labels", "forecasts", "creators"):
        table = report.content[name]
        numbers = [cell for row in table["rows"] for cell, column in zip(row, table["columns"], strict=True)
                   if column["align"] == "right"]  # fmt: skip
        said = [line["text"].replace("\xa0", " ") for cell in numbers for line in cell]
        assert [words for words in said if words not in text] == [], name
