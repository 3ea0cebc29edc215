"""Shortimize videos and their daily history as pandas DataFrames, with the analyses that short-form video teams need."""
