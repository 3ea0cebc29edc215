"""Outside text in a message: it wakes nobody, formats nothing, turns nothing around, and is never cut through."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import BERLIN, HOSTILE, report
from wcwidth import iter_graphemes

from shortimize_analytics.delivery import outside_text
from shortimize_analytics.delivery.letter import compose, html_text
from shortimize_analytics.delivery.message import SHORTENED, Link, fitted, laid_out
from shortimize_analytics.delivery.styles import DISCORD, SLACK, TELEGRAM, adaptive_card

SCRIPTS = st.sampled_from(
    [
        "views",
        "up",
        "11%",
        "16–22",
        "naïve",
        "これを見て",
        "你好",
        "안녕",
        "هذا",
        "שלום",
        "नमस्ते",
        "สวัสดี",
        "🔥",
        "👨‍👩‍👧‍👦",
        "❤️",
        "🇫🇷",
        "a@b",
        "=?",
        "?=",
        "_",
    ]
)
TITLES = st.lists(SCRIPTS, min_size=1, max_size=30).map(" ".join)
TEXTS = st.one_of(st.sampled_from(HOSTILE), TITLES, st.text(max_size=80))


def laid(message, **options):
    return laid_out(message, zone=BERLIN, **({"sent": message.files} | options))


@given(TEXTS)
def test_one_line_has_no_control_and_no_direction_mark(text):
    line = outside_text.one_line(text)
    assert "\n" not in line
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x1f\x7f]", line)
    assert outside_text.one_line(line) == line


@given(TEXTS, st.integers(min_value=4, max_value=40))
def test_a_cut_keeps_whole_graphemes_and_the_limit(text, limit):
    line = outside_text.one_line(text)
    short = outside_text.cut(line, limit)
    assert outside_text.size(short) <= limit
    if short != line:
        kept = short.removesuffix(outside_text.ELLIPSIS)
        graphemes = list(iter_graphemes(line))
        assert any(kept == "".join(graphemes[:count]).rstrip() for count in range(len(graphemes) + 1))


def test_a_cut_closes_what_it_opened():
    short = outside_text.cut(f"before {outside_text.isolated('شيء طويل جدا ' * 5)} after", 30)
    assert short.count(outside_text.FIRST_STRONG_ISOLATE) == short.count(outside_text.POP_ISOLATE) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_no_chat_gets_a_mention(text):
    line = outside_text.isolated(text)
    for escape in (outside_text.for_slack, outside_text.for_discord, outside_text.for_teams, outside_text.for_telegram):
        said = escape(line)
        assert not re.search(r"@(everyone|here|channel|all|U\d|\w)", said), said
        assert not re.search(r"(?<!\\)<[!@#a]", said), said


@given(TEXTS)
def test_html_escapes_give_the_text_back(text):
    """What a browser or Telegram shows is what was said, and no element of it is the text's own."""
    shown, tags = [], []

    class Reader(HTMLParser):
        def handle_data(self, data):
            shown.append(data)

        def handle_starttag(self, tag, attrs):
            tags.append(tag)

    line = outside_text.one_line(text)
    for escape, plain in ((outside_text.for_html, line), (outside_text.for_telegram, outside_text.mute(line))):
        shown.clear()
        reader = Reader()
        reader.feed(escape(line))
        reader.close()
        assert "".join(shown) == plain
    assert tags == []


@given(TEXTS)
def test_markdown_escapes_give_the_text_back(text):
    """Without its backslashes a markdown text is the text, and no mark in it is bare."""
    line = outside_text.one_line(text)
    for escape in (outside_text.for_discord, outside_text.for_teams):
        said = escape(line)
        assert re.sub(r"\\([\\*_~`|>\[\]()#<.+-])", r"\1", said) == outside_text.mute(line)
        assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]]", said)


@pytest.mark.parametrize("style", [SLACK, DISCORD, TELEGRAM], ids=["slack", "discord", "telegram"])
@pytest.mark.parametrize("limit", [300, 1024, 2000, 4000])
def test_a_message_fits_whatever_its_texts(style, limit, tmp_path):
    message = report(tmp_path, lines=tuple(text * 40 for text in HOSTILE[:5]), subject="S" * 900)
    text = fitted(laid(message), style, limit=limit)
    assert outside_text.size(text) <= limit
    assert outside_text.size(text) > 20


def test_sentences_go_whole_and_the_message_says_so(tmp_path):
    message = report(
        tmp_path, lines=tuple(f"Sentence {number} of some length that fills a line." for number in range(5))
    )
    text = fitted(laid(message), DISCORD, limit=450)
    assert "Sentence 0 of some length that fills a line." in text
    assert "Sentence 4" not in text
    assert not re.search(r"Sentence \d[^\n]*…", text)
    assert SHORTENED in text
    assert "weekly.pdf" in text


def test_what_a_channel_adds_is_said_in_the_report_s_language(tmp_path):
    found = laid(report(tmp_path, locale="de_DE", language="de-DE"), again=True)
    assert found.warnings[0].startswith("Erneut gesendet: ")
    assert found.notes[0] == "Datenstand 23. November 2026, 07:10 Europe/Berlin."
    assert found.notes[1].startswith("PDF ist angehängt und liegt unter ")
    assert found.shorter().shorter().notes[0] == "Für diesen Kanal gekürzt; der Bericht sagt mehr."
    assert '<html lang="de-DE">' in html_text(found)


def test_a_card_keeps_to_its_limit_and_its_texts(tmp_path):
    card = adaptive_card(laid(report(tmp_path, lines=HOSTILE[:5])))["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    kinds = [block["type"] for block in card["body"]]
    assert kinds.count("FactSet") == 1
    assert "msteams" in card
    assert "entities" not in card["msteams"]  # without them <at> is a word


def read(raw):
    """Read a mail as a strict reader does."""
    return message_from_bytes(raw, policy=policy.default)


def mail(message, **changes):
    options = {"sender": "Reports <reports@example.org>", "recipient": "ann@example.org", "ident": "ab12"}
    return compose(laid(message), message, files=message.files, **(options | changes))


@given(TITLES)
def test_a_subject_comes_back_as_it_was(tmp_path_factory, title):
    """`EmailMessage` changes 17 of 400 such headlines."""
    message = report(tmp_path_factory.mktemp("mail"), subject=title)
    raw = mail(message)
    head = raw.partition(b"\r\n\r\n")[0]
    assert read(raw)["subject"] == title
    words = re.findall(rb"=\?[^?]+\?[bqBQ]\?[^?]*\?=", head)
    assert max(map(len, words), default=0) <= 75
    assert max(map(len, head.split(b"\r\n"))) <= 76
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(
    st.lists(SCRIPTS, min_size=1, max_size=6).map(
        lambda words: "-".join(words).replace("/", "").replace("?", "") + ".pdf"
    )
)
def test_a_file_name_comes_back_as_it_was(tmp_path_factory, name):
    message = report(tmp_path_factory.mktemp("mail"), name=name)
    (file,) = read(mail(message)).iter_attachments()
    assert file.get_filename() == name
    assert file.get_content_type() == "application/pdf"
    assert file.get_content() == message.files[0].read()


def test_a_mail_has_the_headers_of_an_automatic_one(tmp_path):
    letter = read(mail(report(tmp_path), recipient='"Ann, Ö." <ann@bücher.example>'))
    assert letter["message-id"] == "<ab12@shortimize-analytics>"
    assert letter["auto-submitted"] == "auto-generated"
    assert letter["list-id"] == "<weekly.shortimize-analytics.invalid>"
    assert letter["to"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"
    assert letter["to"].addresses[0].display_name == "Ann, Ö."
    assert letter["date"].datetime.tzinfo is not None


def test_a_mail_says_the_same_in_both_forms(tmp_path):
    letter = read(mail(report(tmp_path, lines=HOSTILE[:4])))
    plain = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    assert "Views gained: 9.8M (+11%)" in plain
    assert "23 November 2026, 07:10 Europe/Berlin" in plain
    assert "https://www.tiktok.com/@hook.lab/video/1?a=1&b=2" in plain
    assert 'href="https://www.tiktok.com/@hook.lab/video/1?a=1&amp;b=2"' in html
    for outside in ("<script", "<img", "cid:", "src=", "url(", "@import"):
        assert outside not in html.lower().replace("&lt;script", "")


def test_the_letter_of_a_sent_message_says_it_may_be_a_second_copy(tmp_path):
    message = report(tmp_path)
    text = fitted(laid(message, again=True), SLACK, limit=4000)
    assert text.split("\n\n")[1].startswith("*Sent again")


def test_what_does_not_fit_is_said_with_its_size_and_place(tmp_path):
    message = report(tmp_path, pdf=b"%PDF" + b"x" * 24_000_000)
    note = laid(message, sent=(), too_large=message.files).notes[-1]
    assert re.fullmatch(
        rf"The PDF \(24 MB\) is too large for this channel; it is at {message.files[0].path} on \S+\.", note
    )


def test_links_keep_their_address_in_every_chat(tmp_path):
    url = "https://www.tiktok.com/@a/video/1?x=(1)&y=%20"
    message = report(tmp_path, links=(Link("a [b] <c>", url),))
    assert "<https://www.tiktok.com/@a/video/1?x=(1)&amp;y=%20|" in fitted(laid(message), SLACK, limit=4000)
    assert 'href="https://www.tiktok.com/@a/video/1?x=(1)&amp;y=%20"' in fitted(laid(message), TELEGRAM, limit=4000)
    assert "](<https://www.tiktok.com/@a/video/1?x=(1)&y=%20>)" in fitted(laid(message), DISCORD, limit=4000)
