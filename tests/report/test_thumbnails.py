"""Pictures of videos from files that the user has: what is taken, what is not, and that nothing else gets out."""

import io
import re
import zlib

import numpy as np
import outloud
import pandas as pd
import pypdf
import pypdfium2
import pytest
from PIL import Image
from reports import organisation, text_of

from shortimize_analytics import compose_report, write_report
from shortimize_analytics.errors import InvalidParameterError
from shortimize_analytics.report.brand import read_brand
from shortimize_analytics.report.thumbnails import SIZE, read_thumbnails

RED, PLACE = (200, 30, 30), b"51.5N"
IDS = [f"{at:04d}" for at in range(9)]


def picture(size=(90, 160), *, kind="JPEG", colour=RED, **more):
    file = io.BytesIO()
    Image.new("RGBA" if len(colour) > 3 else "RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def located():
    """A picture that says where it was taken, and lies on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, PLACE.decode()
    return picture((160, 90), exif=exif)


@pytest.fixture
def folder(tmp_path):
    """Of ids 0 to 8: five pictures in all formats, then an SVG, a shape, a broken file, and nothing."""
    made = tmp_path / "pictures"
    made.mkdir()
    clear = picture(kind="PNG", colour=(*RED, 0))
    kinds = {"0000.jpg": located(), "0001.PNG": clear, "0002.webp": picture(kind="WEBP"),
             "0003.gif": picture(kind="GIF"), "0004.jpeg": picture((1600, 900)), "0005.svg": b"<svg/>",
             "0006.png": picture((10, 400), kind="PNG"), "0007.jpg": picture()[:200], "0007.txt": b"x"}  # fmt: skip
    for name, content in kinds.items():
        (made / name).write_bytes(content)
    return made


def test_pictures_become_tiles_and_what_is_none_is_counted_by_its_fault(folder):
    found, again = (read_thumbnails(folder, pd.DataFrame(), ids=[*IDS, "0000", "../pictures/0000"]) for _ in range(2))
    assert found == again
    assert sorted(found.files) == IDS[:5]
    for content in found.pictures.values():
        assert Image.open(io.BytesIO(content)).size == SIZE
        assert PLACE not in content
    colours = {ad_id: np.asarray(Image.open(io.BytesIO(found.pictures[name]))).mean(axis=(0, 1))
               for ad_id, name in found.files.items()}  # fmt: skip
    assert colours["0001"] == pytest.approx((255, 255, 255), abs=4)  # transparent: the page shows through
    assert all(colours[ad_id] == pytest.approx(RED, abs=8) for ad_id in IDS[:5] if ad_id != "0001")
    assert found.note == (
        "No picture for 5 of 10 videos: 2 missing, 2 no JPEG, PNG, WEBP or GIF that can be read, 1 too long or "
        "too wide (over 3 to 1)."
    )


def test_a_column_holds_paths_or_bytes_and_no_address_is_fetched(folder):
    given = [str(folder / "0000.jpg"), picture(kind="PNG"), folder / "0002.webp", "https://127.0.0.1:9/a.jpg", None,
             "/dev/zero", "\x00", b"\x89PNG\r\n\x1a\nno", b"0" * 20_000_001]  # fmt: skip
    videos = pd.DataFrame({"ad_id": IDS, "still": pd.Series(given, dtype="object")})
    found = read_thumbnails("still", videos, ids=IDS)
    assert sorted(found.files) == IDS[:3]
    assert found.note == (
        "No picture for 6 of 9 videos: 3 missing, 1 only an address, and none is fetched, 1 no JPEG, PNG, WEBP or "
        "GIF that can be read, 1 over 20 MB or 50 megapixels."
    )
    claimed = bytearray(picture(kind="PNG"))
    claimed[16:24] = (20_000).to_bytes(4, "big") + (9_001).to_bytes(4, "big")  # few bytes that say 180 megapixels
    claimed[29:33] = zlib.crc32(claimed[12:29]).to_bytes(4, "big")
    bomb = pd.DataFrame({"ad_id": ["a"], "still": [bytes(claimed)]})
    assert "1 over 20 MB or 50 megapixels" in read_thumbnails("still", bomb, ids=["a"]).note


def test_a_report_shows_them_grey_where_one_is_missing_and_stays_accessible(tmp_path):
    videos, history = organisation(40)
    videos["still"] = [picture() if at % 2 else None for at in range(40)]
    found = compose_report(videos, history, end="2026-03-15", thumbnails="still")
    drawn = [row[1][0]["draw"] for key in ("videos", "also") for row in found.content[key]["rows"]]
    grey = [draw for draw in drawn if draw["file"] is None]
    assert 0 < len(grey) < len(drawn)
    assert {draw["colour"] for draw in grey} == {found.content["colours"]["muted"]}
    path, page = write_report(found, tmp_path / "a.pdf", also=["html"])
    tiles = re.findall(
        r'<img class="tile" src="data:image/jpeg;base64,[^"]+" alt="(TikTok|YouTube)">', page.read_text()
    )
    assert len(tiles) == len(drawn) - len(grey)
    assert f"No picture for {len(grey)} of {len(drawn)} videos" in " ".join(text_of(pypdf.PdfReader(path)).split())
    checked = outloud.check(str(path))
    assert (checked.errors, checked.warnings) == (0, 0)
    with pypdfium2.PdfDocument(path) as pdf:
        sheet = np.asarray(pdf[1].render(scale=2).to_pil().convert("RGB")).reshape(-1, 3).astype(int)
    assert (abs(sheet - RED).max(axis=1) < 6).sum() == pytest.approx(4 * 17 * 24 * (len(drawn) - len(grey)), rel=0.1)


def test_a_folder_is_found_from_its_configuration_and_refused_before_anything_is_loaded(folder, tmp_path):
    (tmp_path / "report.toml").write_text('thumbnails = "pictures"')
    assert read_brand(tmp_path / "report.toml").thumbnails == folder
    assert read_brand({"thumbnails": "still"}, columns=["still"]).thumbnails == "still"
    with pytest.raises(InvalidParameterError, match="'nowhere' is no folder that can be read: No such file"):
        read_brand(thumbnails="nowhere")
    with pytest.raises(InvalidParameterError, match="no folder that can be read and no column of the videos"):
        compose_report(*organisation(3), end="2026-03-15", thumbnails="stil", allow_partial=True)
