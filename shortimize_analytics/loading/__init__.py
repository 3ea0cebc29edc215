"""Whole frames from the API: videos, history, collections; and what is tracked."""
