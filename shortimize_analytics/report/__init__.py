"""The report: one PDF that says what happened in a period, how sure that is, and where the numbers stop.

The report reads the results of the analyses and decides nothing itself beyond what deserves a sentence (`findings`).
It is a tagged PDF (PDF/UA-1) with a title, a language, an alt text on every picture and real links; the same data give
the same bytes.

Pitfalls: a period that the history does not cover whole is refused unless told otherwise, and never compared. Captions
are outside text; what no font can draw is replaced and counted on the data page.
"""
