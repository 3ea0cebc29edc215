"""What people and spreadsheets write into money files, and what they are told."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money import terms_in, terms_text

import shortimize_analytics as sa
from shortimize_analytics.analysis.money.amounts import read_amount
from shortimize_analytics.errors import LocalFileError, MoneyFileError

HEAD = "scope,key,kind,amount,currency"
GOOD = "account,tiktok/ann,fixed,12.50,USD"


def costs(tmp_path, *lines, raw=None):
    path = tmp_path / "costs.csv"
    path.write_bytes(raw if raw is not None else "\n".join([*lines, ""]).encode())
    return sa.read_costs(path)


def told(tmp_path, *lines):
    with pytest.raises(MoneyFileError) as caught:
        costs(tmp_path, *lines)
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["1.234,56", "$5", "1e3", "NaN", "inf", "1 000", "1,000.00", "+5", ".5", "5.", "−5", "٣"]
)
def test_an_amount_that_can_be_read_in_two_ways_is_none(tmp_path, text):
    message = told(tmp_path, HEAD.replace(",", ";"), f"account;tiktok/ann;fixed;{text};USD")
    assert f"line 2, amount {text!r}: write" in message


def test_a_decimal_comma_needs_another_delimiter(tmp_path):
    for mark in ";\t":
        found = costs(tmp_path, HEAD.replace(",", mark), GOOD.replace(",", mark).replace("12.50", "12,50"))
        assert found["amount"].tolist() == [Decimal("12.50")]
    message = told(tmp_path, HEAD, GOOD.replace("12.50", '"12,50"'))
    assert "write a point for decimals: 12.50" in message


@pytest.mark.parametrize(("currency", "amount", "words"), [
    ("USD", "1.234", "write at most 2 decimals"),
    ("JPY", "1.5", "write no decimals"),
    ("KWD", "1.2345", "write at most 3 decimals"),
    ("USX", "1", "write the currency's ISO 4217 code"),
    ("usd", "1", "write the currency's ISO 4217 code"),
])  # fmt: skip
def test_digits_are_those_of_the_currency(tmp_path, currency, amount, words):
    assert words in told(tmp_path, HEAD, f"account,tiktok/ann,fixed,{amount},{currency}")


def test_a_rate_has_up_to_six_decimals(tmp_path):
    found = costs(tmp_path, HEAD, "account,tiktok/ann,per_1000,0.123456,USD")
    assert found["amount"][0] == Decimal("0.123456")
    assert "at most 6 decimals" in told(tmp_path, HEAD, "account,tiktok/ann,per_1000,0.1234567,USD")


def test_all_problems_come_at_once_and_no_row_is_skipped(tmp_path):
    bad = [f"video,7.60936E+18,fixed,{n}.001,USD" for n in range(30)]
    message = told(tmp_path, HEAD, GOOD, *bad)
    assert message.splitlines()[0].endswith("costs.csv: 60 problems, nothing was used of it")
    assert "line 3, key '7.60936E+18': a spreadsheet rounded this id; paste the link" in message
    assert message.count("line ") == 20
    assert message.endswith("and 40 more")


@pytest.mark.parametrize(("header", "row", "words"), [
    (f"{HEAD},iban", f"{GOOD},DE00", "this tool keeps no bank account"),
    (f"{HEAD},Account Number", f"{GOOD},1", "this tool keeps no bank account"),
    (f"{HEAD},e-mail", f"{GOOD},a@b", "this tool keeps no bank account"),
    (f"{HEAD},tax_id", f"{GOOD},1", "this tool keeps no bank account"),
    (f"{HEAD},colour", f"{GOOD},red", "colour: unknown; the columns are scope, key"),
    (HEAD.replace(",currency", ""), GOOD, "currency: is missing"),
    (f"{HEAD},uploaded_from", f"{GOOD},2026-02-30", "write a day that exists"),
    (f"{HEAD},uploaded_from", f"{GOOD},3.10.2026", "write a day as 2026-03-15"),
    (f"{HEAD},uploaded_from,uploaded_to", f"{GOOD},2026-03-02,2026-03-01", "not before uploaded_from"),
    (HEAD, GOOD.replace("account", "acount"), "scope 'acount': write one of organisation, account"),
    (HEAD, GOOD.replace("fixed", "flat"), "kind 'flat': write one of fixed, per_1000"),
    (HEAD, GOOD.replace("fixed", "per_1000").replace("12.50", "-1"), "write a rate that is not negative"),
    (HEAD, GOOD.replace("12.50", "-1"), "note: say what this refund is for"),
    (HEAD, "organisation,me,fixed,1,USD", "key 'me': leave it empty"),
    (HEAD, "account,,fixed,1,USD", "key: write something: it is empty"),
    (f"{HEAD},count_days", f"{GOOD},30", "leave it empty: only per_1000 counts views"),
    (HEAD, f"{GOOD},,", "has 7 cells, the header 5"),
    (HEAD, f"{GOOD}\n{GOOD}", "line 3: repeats line 2"),
    (HEAD, 'account,"tiktok/ann,fixed,1,USD', "close every quote"),
])  # fmt: skip
def test_every_bad_cell_gets_its_answer(tmp_path, header, row, words):
    assert words in told(tmp_path, header, row)


def test_equal_costs_are_two_when_they_are_named(tmp_path):
    found = costs(tmp_path, f"{HEAD},cost_id", f"{GOOD},a", f"{GOOD},b")
    assert len(found) == 2


def test_what_spreadsheets_do_to_a_file(tmp_path):
    text = f'{HEAD},note\r\n{GOOD},"two\r\nlines, and a comma"\r\n,,,,,\r\n#,tiktok/x,fixed,1,USD,\r\n'
    with pytest.raises(MoneyFileError, match="line 5, scope '#'"):  # it starts no comment
        costs(tmp_path, raw=b"\xef\xbb\xbf" + text.encode())
    found = costs(tmp_path, raw=b"\xef\xbb\xbf" + text.rsplit("#", 1)[0].encode())
    assert found["note"].tolist() == ["two\r\nlines, and a comma"]
    assert found["line"].tolist() == [2]


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(LocalFileError, match="cannot be read") as caught:
        sa.read_costs(tmp_path / "nowhere.csv")
    assert caught.value.exit_code == 6
    with pytest.raises(LocalFileError, match=r"is not UTF-8: byte b'\\xff' in line 2"):
        costs(tmp_path, raw=HEAD.encode() + b"\n\xff")
    for raw in (b"", b"\n\n", GOOD.encode(), b"1;2;3\n"):
        with pytest.raises(LocalFileError, match="has no header"):
            costs(tmp_path, raw=raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "costs.csv"
    path.write_bytes(HEAD.encode() + b"\n" + data)
    with contextlib.suppress(LocalFileError, MoneyFileError):
        assert len(sa.read_costs(path)) <= data.count(b"\n") + 1


@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_an_amount_is_read_as_it_is_written(amount):
    assert read_amount(f"{amount:f}", digits=2) == amount


@pytest.mark.parametrize(("rules", "words"), [
    ("rate_per_1000 = 1e3", "line 7, rate_per_1000 '1e3': write digits"),
    ("rate_per_1000 = inf", "rate_per_1000 'inf': write digits"),
    ("rate_per_1000 = -0.5", "write an amount that is not negative"),
    ("base_per_video = 1.001", "write at most 2 decimals"),
    ("base_per_video = true", "write a number"),
    ("rate = 1", "rate '1': unknown; the keys are name, from"),
    ("rate_per_1000 = 1\ntiers = [{from = 0, rate = 1}]", "write rate_per_1000 or tiers, not both"),
    ("tiers = [{from = 5, rate = 1}]", "let the first tier begin at 0"),
    ("tiers = [{from = 0, rate = 1}, {from = 0, rate = 2}]", "write each from once, the lowest first"),
    ("bands = [{views = 100, amount = 5}, {views = 200, amount = 4}]", "199 views pay 5.00, 200 pay 4.00"),
    ("bonuses = [{views = 100}]", "write a list, as [{views = 1000, amount = 1}]"),
    ('cross_posts = "most"', "write one of best, each, sum"),
    ("count_days = -1", "write a whole number from 0 on"),
    ("base_per_period = 75", "write how many posts the fee of a period is for"),
    ("posts_required = 3", "write base_per_period, which it belongs to, too"),
    ("platforms.instagram = { cap_per_period = 5 }", "no platform has its own"),
    ("iban = 5", "iban: delete it: this tool keeps no bank account"),
])  # fmt: skip
def test_terms_that_cannot_be_meant(tmp_path, rules, words):
    with pytest.raises(MoneyFileError) as caught:
        terms_in(tmp_path, rules)
    assert words in str(caught.value)


def test_a_fee_of_a_period_begins_with_one(tmp_path):
    with pytest.raises(MoneyFileError, match="begin on the first day of a month"):
        terms_in(tmp_path, "cap_per_period = 5", start="2026-09-02")
    terms_in(tmp_path, "cap_per_period = 5", start="2026-09-07", top='period = "week"')


@pytest.mark.parametrize(("old", "new", "words"), [
    ("format = 1", "format = 2", "format '2': write format = 1"),
    ('"USD"', '"dollars"', "write the currency's ISO 4217 code"),
    ('terms = "standard"', 'terms = "gold"', "no [[terms]] has this name; there is standard"),
    ('id = "c-1"', 'id = "Ann Lee"', "no name of a person"),
    ('accounts = ["a-1"]', "accounts = []", "write the creator's accounts or labels"),
    ("from = 2026-09-01", 'from = "2026-09-01"', "write a day without quotes"),
    ('id = "c-1"', 'id = "c-1"\nemail = "a@b.c"', "email: delete it"),
])  # fmt: skip
def test_heads_and_creators_that_cannot_be_meant(tmp_path, old, new, words):
    with pytest.raises(MoneyFileError) as caught:
        terms_in(tmp_path, terms_text().replace(old, new, 1))
    assert words in str(caught.value)
    assert "a@b.c" not in str(caught.value)


def test_numbers_of_terms_are_exact(tmp_path):
    terms = terms_in(
        tmp_path, 'rate_per_1000 = 0.1\nbase_per_video = "12.50"\nbonuses = [{views = 1_000, amount = 0.30}]'
    )
    rule = terms.versions["standard"][0].rule
    assert (rule.tiers, rule.bonuses) == (((0, Decimal("0.1")),), ((1000, Decimal("0.30")),))
    assert rule.base_per_video == Decimal("12.50")


def test_a_file_that_is_no_toml(tmp_path):
    (tmp_path / "terms.toml").write_text("format = \n")
    with pytest.raises(LocalFileError, match="is no TOML"):
        sa.read_terms(tmp_path / "terms.toml")


@pytest.mark.parametrize(("row", "words"), [
    ("2026-11-04,c-1,v1,exclde,,,why", "action 'exclde': write one of exclude, include"),
    ("2026-11-04,c-1,v1,exclude,,,", "reason: write something"),
    ("4.11.2026,c-1,v1,exclude,,,why", "write a day as 2026-03-15"),
    ("2026-11-04,c-1,,exclude,,,why", "exclude is about one video"),
    ("2026-11-04,,v1,include,,,why", "creator: write the creator's id"),
    ("2026-11-04,c-9,v1,include,,,why", "creator 'c-9': no creator has this id"),
    ("2026-11-04,c-1,v1,views,many,2026-10,why", "value 'many': write a whole number"),
    ("2026-11-04,c-1,v1,views,5,,why", "period: write the month it is for, as 2026-10"),
    ("2026-11-04,c-1,v1,views,5,2026-W44,why", "period '2026-W44': write the month it is for"),
    ("2026-11-04,c-1,v1,hold,,2026-13,why", "write a month that exists"),
    ("2026-11-04,c-1,v1,exclude,,2026-10,why", "leave it empty: exclude is about the video, in every period"),
    ("2026-11-04,c-1,v1,exclude,5,,why", "value '5': leave it empty"),
    ("2026-11-04,c-1,,amount,5.001,2026-10,why", "write at most 2 decimals"),
    ("2026-11-04,c-1,v1,terms,gold,,why", "value 'gold': no terms have this name"),
    ("2026-11-04,c-1,,amount,5,2026-10,why\n2026-11-04,c-1,,amount,5,2026-10,why", "line 3: repeats line 2"),
    ("2026-11-04,c-1,v1,include,,,why\n2026-11-04,,v1,exclude,,,but", "line 2 decided the same on the same day"),
])  # fmt: skip
def test_decisions_that_cannot_be_meant(tmp_path, row, words):
    with pytest.raises(MoneyFileError) as caught:
        terms_in(tmp_path, decisions=[row])
    assert words in str(caught.value)


def test_a_post_is_part_of_one_clip(tmp_path):
    with pytest.raises(MoneyFileError, match="line 3, video 'v1': it is part of clip a already"):
        terms_in(tmp_path, clips=["a,v1", "b,v1"])


@pytest.mark.parametrize(("text", "first", "last"), [
    ("2026-11", "2026-11-01", "2026-11-30"), ("2026-W47", "2026-11-16", "2026-11-22"),
    ("2026-Q4", "2026-10-01", "2026-12-31"), ("2026-11-03..2026-11-30", "2026-11-03", "2026-11-30"),
])  # fmt: skip
def test_targets_name_their_days(tmp_path, text, first, last):
    path = tmp_path / "targets.csv"
    path.write_text(f"scope,key,metric,period,target\norganisation,,,{text},1000000\n")
    row = sa.read_targets(path).iloc[0]
    assert (str(row["start"].date()), str(row["end"].date())) == (first, last)


@pytest.mark.parametrize(("row", "words"), [
    ("organisation,,,2026-13,5", "write a month that exists"),
    ("organisation,,,2026-W54,5", "write a week that exists"),
    ("organisation,,,November,5", "write 2026-11, 2026-W47, 2026-Q4 or"),
    ("organisation,,,2026-11-30..2026-11-03,5", "write the earlier day first"),
    ("organisation,,,2026-11,1e6", "write a whole number from 1 on"),
    ("organisation,,views,2026-11,5", "metric 'views': write one of views_gained"),
    ("creator,c-1,,2026-11,5", "scope 'creator': write one of organisation, account, label, video"),
    ("organisation,,,2026-11,5\norganisation,,,2026-11,6", "line 2 has a target for the same"),
])  # fmt: skip
def test_targets_that_cannot_be_meant(tmp_path, row, words):
    path = tmp_path / "targets.csv"
    path.write_text(f"scope,key,metric,period,target\n{row}\n")
    with pytest.raises(MoneyFileError) as caught:
        sa.read_targets(path)
    assert words in str(caught.value)
