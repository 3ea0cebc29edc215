"""The configuration: what can be written, and one answer for everything that cannot, before anything is loaded."""

import datetime as dt
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_servers import self_signed

from shortimize_analytics.delivery.configuration import read_delivery
from shortimize_analytics.delivery.secret import Secret, without
from shortimize_analytics.errors import ConfigError

WHOLE = """
timezone = "Europe/Berlin"
quiet = ["22:00", "07:00"]

[channels.team]
type = "mail"
smtp = { host = "smtp.example.org", port = 587, user = "reports", password = { env = "SMTP_PASSWORD" } }
from = "Reports <reports@example.org>"
to = ["ann@example.org", "Bob <bob@example.org>"]

[channels.ops]
type = "slack"
token = { env = "SLACK_TOKEN" }
channel = "C0123"

[channels.hook]
type = "webhook"
url = { env = "HOOK" }
timezone = "Asia/Tokyo"

[parts]
"hook.lab" = ["ops"]

[watch]
send = ["team"]
failures = ["ops"]
heartbeat = { env = "PING_URL" }
rules = { stalled = false, silent = { factor = 2.0 } }
"""
SECRETS = {
    "SMTP_PASSWORD": "p",
    "SLACK_TOKEN": "xoxb-1",
    "HOOK": "https://hook.example/x",
    "PING_URL": "https://ping.example/y",
}


def write(folder, text, mode=0o600):
    path = folder / "delivery.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.fixture
def secrets(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_the_whole_configuration_is_read(tmp_path, secrets):
    found = read_delivery(write(tmp_path, WHOLE, mode=0o644))
    team, ops, hook = found.check()
    assert (found.zone.key, found.quiet) == ("Europe/Berlin", (dt.time(22), dt.time(7)))
    assert (team.recipients, team.server.user, team.server.port) == (
        ("ann@example.org", "Bob <bob@example.org>"),
        "reports",
        587,
    )
    assert (ops.channel, ops.api, hook.zone.key, team.zone.key) == (
        "C0123",
        "https://slack.com/api/",
        "Asia/Tokyo",
        "Europe/Berlin",
    )
    assert found.parts == {"hook.lab": ("ops",)}
    assert (found.watching.send, found.watching.failures) == (("team",), ("ops",))
    assert found.heartbeat().reveal() == "https://ping.example/y"


def test_no_secret_shows_in_a_representation(tmp_path, secrets):
    found = read_delivery(write(tmp_path, WHOLE))
    shown = repr(found) + repr(found.check()) + str(found.check()) + f"{found.heartbeat()}"
    assert "***" in shown
    for value in SECRETS.values():
        assert value not in shown or value == "p"


def test_places_are_tried_in_order(tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(
        ConfigError, match=r"no configuration of deliveries at .*delivery\.toml or .*delivery\.toml; docs/delivery\.md"
    ):
        read_delivery()
    data = tmp_path / "data"
    data.mkdir()
    write(data, '[channels.d]\ntype = "teams"\nurl = { env = "X" }\n')
    assert list(read_delivery().tables) == ["d"]
    write(tmp_path, '[channels.w]\ntype = "teams"\nurl = { env = "X" }\n')
    assert list(read_delivery().tables) == ["w"]
    monkeypatch.setenv("SHORTIMIZE_DELIVERY", str(write(other, '[channels.e]\ntype = "teams"\nurl = { env = "X" }\n')))
    assert list(read_delivery().tables) == ["e"]
    assert list(read_delivery(tmp_path / "delivery.toml").tables) == ["w"]
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        read_delivery(tmp_path / "nowhere.toml")


def test_secrets_come_from_dotenv_too(tmp_path):
    (tmp_path / ".env").write_text("HOOK=https://hook.example/from-dotenv\n")
    found = read_delivery(write(tmp_path, '[channels.h]\ntype = "teams"\nurl = { env = "HOOK" }\n'))
    assert found.channel("h").url.reveal() == "https://hook.example/from-dotenv"


MAIL = """
[channels.team]
type = "mail"
smtp = { host = "HOST", security = "SECURITY" }
from = "FROM"
to = [TO]
"""


def mail(host="smtp.example.org", security="tls", sender="reports@example.org", to='"ann@example.org"'):
    return MAIL.replace("HOST", host).replace("SECURITY", security).replace("FROM", sender).replace("TO", to)


def hook(line, kind="webhook"):
    return f'[channels.h]\ntype = "{kind}"\n{line}\n'


BAD = [
    ("[chanels.x]", r"delivery\.toml: chanels: unknown; did you mean 'channels'\?"),
    ('[channels.t]\ntype = "mial"', r"channels\.t\.type: 'mial' is unknown; did you mean 'mail'\?; choose"),
    ('[channels.t]\ntype = 3', r"channels\.t\.type: must be a text"),
    ("[channels.t]\nurl = 'x'", r"channels\.t\.type: is missing"),
    ("channels = 3", r"channels: must be a table"),
    ("[channels]\nt = 3", r"channels\.t: must be a table"),
    (hook('ulr = "https://x.example"'), r"channels\.h\.ulr: unknown; did you mean 'url'\?"),
    (hook(""), r"channels\.h\.url: is missing"),
    (hook("url = 3"), r"channels\.h\.url: must be a text, or \{ env = \"NAME\" \}"),
    (hook('url = { envv = "X" }'), r"channels\.h\.url\.env: is missing"),
    (hook('url = "http://hook.example/secret-part"'), r"channels\.h\.url: would be sent unencrypted; use https://"),
    (hook('url = "hook.example/secret-part"'), r"channels\.h\.url: is no address"),
    (hook('url = "https://user:secret-part@hook.example"'), r"channels\.h\.url: holds a user or password"),
    (hook('url = "https://hook.example/se cret-part"'), r"channels\.h\.url: is no address"),
    (hook('url = "https://hook.example:0/"'), r"channels\.h\.url: is no address"),
    (hook('url = "https://hook.example"\nfile = "zip"'), r"channels\.h\.file: 'zip' is unknown"),
    (hook('url = "https://hook.example"\nattach = ["exe"]'), r"channels\.h\.attach: 'exe' is unknown; choose from"),
    (hook('url = "https://hook.example"\ntimezone = "Europe/Berlni"'), r"h\.timezone: 'Europe/Berlni' is no time zone"),
    (hook('url = "https://hook.example"\nca_file = "nowhere.pem"'), r"h\.ca_file: .*nowhere\.pem cannot be read"),
    (hook("channel = 'C1'", "slack"), r"channels\.h\.token: give token and channel .*, or the url"),
    (hook("token = 'x'\nurl = 'https://x.example'", "slack"), r"channels\.h\.token: give token and channel"),
    (hook("token = 'xoxb-secret-part'", "slack"), r"channels\.h\.channel: is missing"),
    (hook("token = 'secret-part'\nchat = ''", "telegram"), r"channels\.h\.chat: must be a text"),
    (hook("token = 'secret-part'\nchat = 1\napi = 'http://x.example'", "telegram"), r"h\.api: would be sent unencryp"),
    (mail(security="none"), r"channels\.team\.smtp\.security: \"none\" would send in clear"),
    (mail(security="ssl"), r"smtp\.security: 'ssl' is unknown.*choose from starttls, tls, none"),
    (mail(to=""), r"channels\.team\.to: names no recipient"),
    (mail(to='"ann"'), r"channels\.team\.to: 'ann' is no e-mail address"),
    (mail(to='"ann@example.org\\r\\nBcc: eve@example.org"'), r"channels\.team\.to: .* is no e-mail address"),
    (mail(to='"a@b@c"'), r"channels\.team\.to: 'a@b@c' is no e-mail address"),
    (mail(to="3"), r"channels\.team\.to: must be a list of texts"),
    (mail(sender="Reports"), r"channels\.team\.from: 'Reports' is no e-mail address"),
    (mail() + "max_mb = -1", r"channels\.team\.max_mb: -1 must be a number from 0\.1 to 1000"),
    (mail().replace('security = "tls"', 'security = "tls", user = "u"'), r"smtp\.user: user and password go together"),
    (mail().replace('security = "tls"', 'port = 70000'), r"smtp\.port: 70000 must be a number from 1 to 65535"),
    ('timezone = "Mars"', r"timezone: 'Mars' is no time zone; write it as Europe/Berlin"),
    ("timezone = 3", r"timezone: 3 is no time zone"),
    ('quiet = ["22:00"]', r"quiet: .* must be two times"),
    ('quiet = ["22:00", "24:00"]', r"quiet: .* must be two times"),
    ('quiet = ["22:00", "22:00"]', r"quiet: .* must be two times"),
    ('quiet = "22:00-07:00"', r"quiet: .* must be two times"),
    (hook('url = { env = "X" }', "teams") + '[watch]\nsend = ["i"]', r"watch\.send names 'i', which is no channel"),
    (hook('url = { env = "X" }', "teams") + '[watch]\nfailures = ["hh"]', r"names 'hh', .*; did you mean 'h'\?"),
    (hook('url = { env = "X" }', "teams") + '[parts]\n"a" = ["hh"]', r"parts\.'a' names 'hh', which is no channel"),
    ('[watch]\nheartbeat = "http://ping.example"', r"watch\.heartbeat: would be sent unencrypted"),
    ("[watch]\nrules = { tookoff = true }", r"watch\.rules: rule 'tookoff' is unknown"),
    ("[watch]\nrules = { silent = { factor = 0 } }", r"watch\.rules: rule silent: factor=0 must be a number"),
    ("[watch]\nrules = { stalled = { factor = 2 } }", r"watch\.rules: rule stalled=.*: pass true or false"),
    ("[watch]\nevery = 3", r"watch\.every: unknown"),
    ("[channels", r"delivery\.toml cannot be read \("),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_used_is_named_with_its_place(text, said, tmp_path):
    with pytest.raises(ConfigError, match=said) as raised:
        read_delivery(write(tmp_path, text)).check()
    assert raised.value.exit_code == 2
    assert "secret-part" not in str(raised.value)


def test_a_secret_that_is_not_set_is_named_when_it_is_used(tmp_path, monkeypatch):
    found = read_delivery(write(tmp_path, WHOLE))
    with pytest.raises(
        ConfigError, match=r"channels\.ops\.token: SLACK_TOKEN is not set; set it in the environment or in \.env"
    ):
        found.channel("ops")
    monkeypatch.setenv("SLACK_TOKEN", "  ")
    with pytest.raises(ConfigError, match="SLACK_TOKEN is not set"):
        found.channel("ops")


def test_an_unknown_channel_is_refused_with_the_nearest_and_all(tmp_path):
    found = read_delivery(write(tmp_path, WHOLE))
    with pytest.raises(
        ConfigError, match=r"channels\.tema: no such channel; did you mean 'team'\?; known: team, ops, hook"
    ):
        found.channels(["tema"])


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_secrets_in_a_file_that_others_can_read_are_refused(mode, tmp_path):
    text = hook('url = "https://hook.example/secret-part"')
    path = write(tmp_path, text, mode=mode)
    with pytest.raises(
        ConfigError, match=rf"holds secrets \(channels\.h\.url\) and others can read it; run: chmod 600 {path}"
    ) as raised:
        read_delivery(path)
    assert "secret-part" not in str(raised.value)
    path.chmod(0o600)
    assert read_delivery(path).channel("h").url.reveal().endswith("secret-part")


def test_own_certificates_lie_beside_the_file(tmp_path):
    self_signed(tmp_path)
    found = read_delivery(write(tmp_path, hook('url = "https://hook.example"\nca_file = "own.pem"')))
    assert found.channel("h").ca_file == str(tmp_path / "own.pem")


def test_loopback_needs_no_encryption(tmp_path):
    found = read_delivery(write(tmp_path, hook('url = "http://127.0.0.1:8080/x"') + mail("localhost", "none")))
    assert len(found.check()) == 2


@given(st.text(min_size=6, max_size=60).filter(str.isprintable), st.text(max_size=20))
def test_a_secret_is_cut_out_of_any_text(value, around):
    secret = Secret(value)
    assert value not in repr(secret) + str(secret) + f"{secret:}"
    assert value not in without(around + value + around, [secret]).replace("***", "")


def test_a_secret_is_neither_pickled_nor_copied():
    import copy
    import pickle

    for escape in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            escape(Secret("x"))
