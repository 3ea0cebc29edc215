"""The message of ``send --test``: marked as one, with a PDF of one page."""

import datetime as dt
import secrets
from pathlib import Path

from .message import TEST, Attachment, Message

_PAGE = """
#set document(title: "Test of a delivery")
#set page(paper: "a5", margin: 2cm)
= Test of a delivery
If you can read this page, PDFs arrive here. Reports will look better.
"""


def trial_message(folder: Path, *, now: dt.datetime) -> Message:
    """Make the message of a test, its PDF in a folder.

    Parameters
    ----------
    folder
        Where the PDF is written.
    now
        When the test is made.
    """
    import typst

    path = folder / "test.pdf"
    path.write_bytes(typst.compile(_PAGE.encode(), timestamp=int(now.timestamp())))
    return Message(
        key=f"test:{now.date()}:{secrets.token_hex(4)}",
        kind=TEST,
        subject="Test of a delivery",
        warnings=("This is a test: no report was made.",),
        lines=("Reports and alerts for this channel will arrive here.",),
        files=(Attachment.of(path),),
    )
