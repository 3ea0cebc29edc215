"""How a message looks in each chat: text with the chat's own marks, or a card."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .message import Laid
from .outside_text import for_discord, for_slack, for_teams, for_telegram


@dataclass(frozen=True, slots=True)
class Style:
    """How a chat writes: its escape, a bold line, and a link."""

    escape: Callable[[str], str]
    bold: Callable[[str], str]
    link: Callable[[str, str], str]

    def __call__(self, laid: Laid) -> str:
        """Render a message."""
        say = self.escape
        blocks = [
            [self.bold(say(laid.subject))],
            [self.bold(say(text)) for text in laid.warnings],
            [say(text) for text in laid.lines],
            [f"{say(name)} {say(value)}" for name, value in laid.figures],
            [self.link(say(link.text), link.url) for link in laid.links],
            [say(text) for text in laid.notes],
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)


def slack_url(url: str) -> str:
    """Escape an address for a link of mrkdwn."""
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


SLACK = Style(for_slack, lambda text: f"*{text}*", lambda text, url: f"<{slack_url(url)}|{text}>")
DISCORD = Style(for_discord, lambda text: f"**{text}**", lambda text, url: f"[{text}](<{url.replace('>', '%3E')}>)")
TELEGRAM = Style(
    for_telegram,
    lambda text: f"<b>{text}</b>",
    lambda text, url: f'<a href="{telegram_url(url)}">{text}</a>',
)
TEAMS = Style(for_teams, lambda text: text, lambda text, url: f"[{text}]({card_url(url)})")


def telegram_url(url: str) -> str:
    """Escape an address for an attribute of Telegram's HTML."""
    return url.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def card_url(url: str) -> str:
    """Escape an address for a link of markdown."""
    return url.replace("(", "%28").replace(")", "%29")


def adaptive_card(laid: Laid) -> dict[str, Any]:
    """Set a message as an Adaptive Card 1.4."""

    def block(text: str, **more: Any) -> dict[str, Any]:
        return {"type": "TextBlock", "text": text, "wrap": True, **more}

    body = [block(for_teams(laid.subject), weight="Bolder", size="Medium")]
    body += [block(for_teams(text), color="Attention", weight="Bolder") for text in laid.warnings]
    body += [block(for_teams(text)) for text in laid.lines]
    if laid.figures:
        facts = [{"title": for_teams(name), "value": for_teams(value)} for name, value in laid.figures]
        body.append({"type": "FactSet", "facts": facts})
    body += [block(TEAMS.link(for_teams(link.text), link.url)) for link in laid.links]
    body += [block(for_teams(text), isSubtle=True, size="Small") for text in laid.notes]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}
