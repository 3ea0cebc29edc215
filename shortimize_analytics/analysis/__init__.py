"""Frames in, frames out: growth, outliers, forecasts, comparisons and periods. Nothing here fetches or draws."""
