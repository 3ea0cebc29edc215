"""What an explorer remembers when its kernel starts anew: filter, tab, dropdowns and the order of the table.

It stands in the organisation's folder of the data folder, in one small file per notebook: ``explorer/*.json``, without
any key. A script, a notebook that runs by itself and an explorer without a client remember nothing: what they show
follows from their code alone.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shortimize_analytics.analysis.filters.video_filter import VideoFilter
from shortimize_analytics.client.connection import Client
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.store.files import replacing

VERSION = 1
_NOTEBOOK = "JPY_SESSION_NAME"
"""Jupyter's variable with the notebook of a kernel; a kernel that nobody opened a notebook for has none."""
_APP = "VOILA_REQUEST_URL"
KEPT = "Filters and tab are as they were left here; “Reset filters” shows all videos."


@dataclass(frozen=True)
class Settings:
    """What is remembered.

    Attributes
    ----------
    chosen
        The filter.
    tab
        Title of the tab in sight.
    options
        What the dropdowns of each tab say, by the tab's name.
    by, ascending
        The order of the table.
    """

    chosen: VideoFilter = field(default_factory=VideoFilter)
    tab: str = ""
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    by: str = "views"
    ascending: bool = False


class Memory:
    """Settings of one notebook and organisation.

    Parameters
    ----------
    client
        Whose folder they stand in; None remembers nothing.

    Attributes
    ----------
    settings
        What was remembered; None where nothing is or could be read.
    said
        A sentence about it; empty where there is nothing to say.
    """

    def __init__(self, client: Client | None) -> None:
        self._path = _file_of(client)
        self.settings: Settings | None = None
        self.said = ""
        if self._path is None:
            return
        try:
            self.settings = _read(self._path)
            self.said = KEPT if self.settings is not None and not self.settings.chosen.chooses_all else ""
        except (OSError, ValueError, TypeError, AttributeError, KeyError, InvalidParameterError) as error:
            self.said = f"The settings of last time were left out, {self._path} cannot be read ({error})."

    def keep(self, settings: Settings) -> str:
        """Write settings that are others than before; return a sentence where the disk refuses."""
        if self._path is None or settings == (self.settings or Settings(tab=settings.tab, options=settings.options)):
            return ""
        self.settings = settings
        try:
            with replacing(self._path) as scrap:
                scrap.write_text(json.dumps({"version": VERSION, **asdict(settings)}, default=str), encoding="utf-8")
        except OSError as error:
            self._path = None  # said once
            return f"Filters cannot be kept for next time: the data folder refuses ({error.strerror or error})."
        return ""


def _file_of(client: Client | None) -> Path | None:
    where = os.environ.get(_NOTEBOOK) or ("app" if os.environ.get(_APP) else "")
    if client is None or not where:
        return None
    name = hashlib.sha256(where.encode("utf-8", "replace")).hexdigest()[:16]
    return client.settings.profile_dir / "explorer" / f"{name}.json"


def _read(path: Path) -> Settings | None:
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if found.pop("version") != VERSION:
        raise ValueError("of another version")
    found["chosen"] = VideoFilter(**found["chosen"])
    settings = Settings(**found)
    if not all(isinstance(one, dict) for one in [settings.options, *settings.options.values()]):
        raise TypeError("options are no table")
    return settings
