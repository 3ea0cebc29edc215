"""Settings as people write them: files of several editors and shells, addresses with slips of the hand."""

import codecs

import pytest
from command_line import shortimize
from organisations import KEY

from shortimize_analytics.client import settings
from shortimize_analytics.errors import ConfigError


@pytest.mark.parametrize(
    "content",
    [
        b"SHORTIMIZE_API_KEY=abc\n",
        b"export SHORTIMIZE_API_KEY='abc'\n",
        b'SHORTIMIZE_API_KEY = "abc"  # mine\r\nSHORTIMIZE_TIER=\r\n',
        codecs.BOM_UTF8 + b"SHORTIMIZE_API_KEY=abc\n",
        "SHORTIMIZE_API_KEY=abc\r\n".encode("utf-16"),
        codecs.BOM_UTF16_BE + "SHORTIMIZE_API_KEY=abc\n".encode("utf-16-be"),
    ],
    ids=["plain", "export", "crlf", "bom", "powershell", "utf-16-be"],
)
def test_a_dotenv_file_is_read_as_any_shell_or_editor_writes_it(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(content)
    assert settings.resolve().api_key == "abc"


def test_a_dotenv_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"NAME=J\xfcrgen\nSHORTIMIZE_API_KEY=abc\n")
    done = shortimize("videos", folder=tmp_path)
    assert done.returncode == 2
    assert ".env cannot be read" in done.stderr
    assert "save it as UTF-8" in done.stderr


def test_an_empty_variable_does_not_hide_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("SHORTIMIZE_API_KEY=abc\n", encoding="utf-8")
    monkeypatch.setenv("SHORTIMIZE_API_KEY", "")
    assert settings.resolve().api_key == "abc"
    assert settings.has_key()
    assert settings.setting_sources()[1]["SHORTIMIZE_API_KEY"] == ".env"


@pytest.mark.parametrize(
    "url", [" https://api.example.org ", "https://api.example.org/", "https://api.example.org//\n"]
)
def test_space_and_slashes_around_an_address_do_not_matter(url):
    assert settings.resolve("k", base_url=url).base_url == "https://api.example.org"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.org:port",
        "https://api.example.org:99999",
        "https://[::1",
        "https://api.example.org/a b",
        "https://äpi.example.org",
        "https://api.example.org#v1",
        "https://api.example.org?",
    ],
)
def test_an_address_that_would_be_changed_on_its_way_is_refused(url):
    with pytest.raises(ConfigError, match="cannot be used"):
        settings.resolve("k", base_url=url)


def test_an_address_with_a_wrong_path_is_named_as_the_cause(simulator):
    with simulator() as server:
        done = shortimize("videos", "--base-url", f"{server.base_url}/v9", SHORTIMIZE_API_KEY=KEY)
    assert done.returncode == 3
    assert "Check SHORTIMIZE_BASE_URL" in done.stderr
    assert "tracks no such" not in done.stderr


ELSEWHERE = "https://collects.keys.example"


@pytest.mark.parametrize(
    ("key_from", "address_from", "address", "goes_to"),
    [
        ("environment", ".env", ELSEWHERE, None),
        ("argument", ".env", ELSEWHERE, None),
        (".env", ".env", ELSEWHERE, ELSEWHERE),
        (".env", "environment", ELSEWHERE, ELSEWHERE),
        ("environment", "environment", ELSEWHERE, ELSEWHERE),
        ("argument", "environment", ELSEWHERE, ELSEWHERE),
        ("environment", "argument", ELSEWHERE, ELSEWHERE),
        ("environment", ".env", "http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("argument", ".env", "https://localhost:8765", "https://localhost:8765"),
        ("environment", ".env", "https://localhost.collects.example", None),
        ("environment", ".env", "https://api.shortimize.com/", "https://api.shortimize.com"),
    ],
)
def test_an_address_counts_only_from_where_the_key_comes_from(
    key_from, address_from, address, goes_to, tmp_path, monkeypatch
):
    """A folder that one happens to stand in must not say where the key of the environment goes."""
    lines = {name: value for name, place, value in (
        ("SHORTIMIZE_API_KEY", key_from, KEY), ("SHORTIMIZE_BASE_URL", address_from, address)
    ) if place == ".env"}  # fmt: skip
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    if key_from == "environment":
        monkeypatch.setenv("SHORTIMIZE_API_KEY", KEY)
    if address_from == "environment":
        monkeypatch.setenv("SHORTIMIZE_BASE_URL", address)
    options = {"api_key": KEY} if key_from == "argument" else {}
    options |= {"base_url": address} if address_from == "argument" else {}
    if goes_to is not None:
        assert settings.resolve(**options).base_url == goes_to
        return
    with pytest.raises(ConfigError, match=r"\.env names the address .*, but the key does not come from that file"):
        settings.resolve(**options)
