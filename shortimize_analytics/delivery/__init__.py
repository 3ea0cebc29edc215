"""Delivery: the report by mail and chat, and a word when something happens between reports.

A message is page 1 of the report in five lines (`message`); a channel gives it a form and sends it (`mail`, `slack`,
`chats`, `webhook`, `other_services`); the ledger remembers what was sent, so that nothing is told twice (`ledger`);
rules judge a day, and episodes remember what was told (`alerts`, `episodes`, `watching`). The room knows reports only
by plain values.

Pitfalls: no protocol over SMTP delivers exactly once. A run that is killed between sending and noting it sends again,
marked as possibly a second copy. Secrets live in the environment or in a file of mode 600, and in no text anywhere.
"""
