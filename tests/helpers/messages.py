"""Messages and channels to send: a report with a PDF, and outside text of the worst kind."""

import datetime as dt
from zoneinfo import ZoneInfo

from shortimize_analytics.delivery.chats import Discord, Teams, Telegram
from shortimize_analytics.delivery.message import Attachment, Link, Message
from shortimize_analytics.delivery.outside_text import isolated
from shortimize_analytics.delivery.secret import Secret
from shortimize_analytics.delivery.slack import Slack, SlackWebhook
from shortimize_analytics.delivery.webhook import Webhook

BERLIN = ZoneInfo("Europe/Berlin")
TOKEN = "123456:AAF-secret_token/part"
PATH = "/services/T0SECRET/B0SECRET/x9-never-shown"
AS_OF = dt.datetime(2026, 11, 23, 6, 10, tzinfo=dt.UTC)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
HOSTILE = (
    "@everyone <!channel> <at>all</at> @here <@U012>",
    "*bold* _it_ ~gone~ `code` [x](https://evil.example) # head",
    "<b>& \"quoted\" 'text'</b> <script>alert(1)</script>",
    "\u202eevil\u202c هذا الفيديو غريب",
    "1. list\n- of\n> things",
    "👨‍👩‍👧‍👦" * 30,
)


def report(folder, *, pdf=PDF, name="weekly.pdf", **changes):
    """A message with a PDF in a folder."""
    path = folder / name
    path.write_bytes(pdf)
    values = {
        "key": "weekly:2026-11-22:0123456789ab",
        "kind": "weekly",
        "subject": "Weekly report: 9.8M views gained, 11% more than last week, 16–22 November 2026",
        "lines": (
            "New uploads brought 5.1M of the 9.8M.",
            f"One video made 12% of all gains: “{isolated('Tiny trick 👨‍👩‍👧‍👦')}”, 1.2M views.",
        ),
        "figures": (("Views gained", "9.8M", "+11%"), ("Uploads", "28", "±0")),
        "links": (Link("Tiny trick", "https://www.tiktok.com/@hook.lab/video/1?a=1&b=2"),),
        "as_of": AS_OF,
        "files": (Attachment.of(path),),
    }
    return Message(**(values | changes))


def channels(url, *, token=TOKEN):
    """One channel of every kind that takes a request, all at one address."""
    common = {"name": "team", "zone": BERLIN}
    hook = Secret(url + PATH)
    return {
        "slack": Slack(token=Secret(token), channel="C0123", api=f"{url}/api/", **common),
        "slack webhook": SlackWebhook(url=hook, **common),
        "teams": Teams(url=hook, **common),
        "discord": Discord(url=hook, **common),
        "telegram": Telegram(token=Secret(token), chat="-1001", api=url, **common),
        "webhook": Webhook(url=hook, secret=Secret("signing-secret"), **common),
    }


def slack_answers(asked):
    """What Slack's three calls answer."""
    if asked.path.endswith("getUploadURLExternal"):
        host = asked.headers["Host"]
        return 200, {"ok": True, "upload_url": f"http://{host}/upload/v1/F1-opaque", "file_id": "F1"}
    if asked.path.startswith("/upload/"):
        return 200, b"OK - 10249"
    return 200, {"ok": True, "files": [{"id": "F1"}]}


GOOD = {
    "slack": slack_answers,
    "slack webhook": (200, b"ok"),
    "teams": (202, b""),
    "discord": (200, {"id": "1"}),
    "telegram": (200, {"ok": True, "result": {}}),
    "webhook": (204, b""),
}
"""A good answer of each kind."""
