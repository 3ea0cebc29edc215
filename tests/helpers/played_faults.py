"""Faults that only tests play, beside those of `shortimize simulate --fault`, and written as those are."""

import json
import random

from shortimize_analytics.simulator import parse_fault
from shortimize_analytics.simulator.faults import FAULTS, HTML, Reply, rows_changed, status, wire

NUMBERS = ("views", "likes", "comments", "shares", "bookmarks", "engagements")


def fault(text):
    """Read a fault of any kind; one that was read already comes back as it is."""
    return parse_fault(text, known=ALL) if isinstance(text, str) else text


def document_changed(change):
    """Change what an answer says in JSON."""
    return lambda reply, _: Reply(reply.status, reply.headers, json.dumps(change(json.loads(reply.body))).encode())


def total_changed(change):
    def apply(document):
        if isinstance(document, dict) and "pagination" in document:
            document["pagination"]["total"] = change(document["pagination"])
        return document

    return document_changed(apply)


def wrapped(wrap):
    return document_changed(lambda document: wrap(document) if isinstance(document, list) else document)


def already_nested(reply, _):
    """Tell that a video is tracked already in the other shape that clients met: a refusal with properties."""
    document = json.loads(reply.body)
    if reply.status != 200 or not isinstance(document, dict) or "videoId" not in document or "error" not in document:
        return reply
    problem = {"type": "about:blank", "title": "Conflict", "properties": document}
    return Reply(409, {**reply.headers, "Content-Type": "application/problem+json"}, json.dumps(problem).encode())


def per_day(rows):
    out = []
    for newer, older in zip(rows, [*rows[1:], {}], strict=True):
        gains = {name: newer[name] - (older.get(name) or 0) for name in NUMBERS if newer.get(name) is not None}
        out.append({**newer, **gains})
    return out


def shuffled(rows):
    doubled = rows + rows[: len(rows) // 3]
    random.Random(len(rows)).shuffle(doubled)
    return doubled


def counts_changed(change):
    """Change every count of every row."""

    def is_count(key, value):
        return isinstance(value, int) and not isinstance(value, bool) and key != "video_length"

    return rows_changed(
        lambda rows: [
            {key: change(value) if is_count(key, value) else value for key, value in row.items()} for row in rows
        ]
    )


def without(name):
    return rows_changed(lambda rows: [{key: value for key, value in row.items() if key != name} for row in rows])


ALL = FAULTS | {
    "502": status(502, HTML, html=True),
    "empty": status(200, b""),
    "html": status(200, HTML, html=True),
    "shape": status(200, b'{"videos": {"nested": []}}'),
    "error200": status(200, b'{"error": "organisation suspended"}'),
    "redirect": status(302, b"", Location="https://elsewhere.invalid/videos"),
    "reset_body": wire("reset_body"),
    "repeated": rows_changed(lambda rows: rows[:1] + rows[:-1]),
    "twice": rows_changed(lambda rows: rows + rows[-1:]),
    "total_lies": total_changed(lambda pagination: pagination["total"] + 7),
    "total_changes": total_changed(lambda pagination: pagination["total"] + (pagination["page"] > 1)),
    "wrapped": wrapped(lambda rows: {"history": rows}),
    "wrapped_data": wrapped(lambda rows: {"data": {"history": rows}}),
    "per_day": rows_changed(per_day),
    "shuffled": rows_changed(shuffled),
    "text_numbers": counts_changed(str),
    "masked": counts_changed(lambda _: "***"),
    "nan": counts_changed(lambda _: float("nan")),
    "huge": counts_changed(lambda value: value + 2**60),
    "already_nested": already_nested,
    "unknown_fields": rows_changed(lambda rows: [{**row, "brand_new": {"score": 1}} for row in rows]),
    "no_label_names": without("label_names"),
}
"""Every fault by name, and what it makes of a reply."""
