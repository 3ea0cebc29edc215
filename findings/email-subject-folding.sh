#!/bin/sh
# EmailMessage loses a blank when it folds a subject of mixed scripts (Python 3.11 and 3.12, standard library `email`).
#
# Seen with Python 3.11.7 and 3.12.1: the subject comes back from the library's own parser as
#     'これを見て Weekly report: 9.8M views,नमस्ते 16–22 November 2026'
# for 'これを見て Weekly report: 9.8M views, नमस्ते 16–22 November 2026': the blank before नमस्ते is gone. Of 400 random
# headlines of such words 24 came back changed. `email.header.Header` with a line length of 75 keeps every one.
# Neighbour: https://github.com/python/cpython/issues/144156. Nothing to install: it is the standard library.
#
# Ends with 0 while it is so, with 1 when it has changed.
set -eu
python=${PYTHON:-python3.11}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/seen.py" <<'PYTHON'
import random
import sys
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage
from email.mime.text import MIMEText
from email.policy import compat32

WORDS = ["views", "up", "11%", "16–22", "naïve", "これを見て", "你好", "안녕", "هذا", "नमस्ते", "🔥", "Weekly", "report:",
         "9.8M", "TikTok", "only"]


def back(raw):
    return message_from_bytes(raw, policy=policy.default)["subject"]


def by_email_message(subject):
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("x")
    return back(message.as_bytes())


def by_header(subject):
    message = MIMEText("x", policy=compat32.clone(linesep="\r\n", max_line_length=75))
    message["Subject"] = Header(subject, "utf-8", header_name="Subject", maxlinelen=75)
    return back(message.as_bytes())


random.seed(1)
subjects = [" ".join(random.choices(WORDS, k=random.randint(4, 14))) for _ in range(400)]
one = "これを見て Weekly report: 9.8M views, नमस्ते 16–22 November 2026"
print("Python", sys.version.split()[0])
print("given", repr(one))
print("back ", repr(by_email_message(one)))
changed = [sum(write(subject) != subject for subject in subjects) for write in (by_email_message, by_header)]
print(f"changed of {len(subjects)}: {changed[0]} by EmailMessage, {changed[1]} by Header")
as_described = by_email_message(one) == one.replace(", न", ",न") and changed[0] == 24 and changed[1] == 0
sys.exit(not as_described)
PYTHON
"$python" "$folder/seen.py" && echo "as described" || { echo "changed: read again what stands above"; exit 1; }
