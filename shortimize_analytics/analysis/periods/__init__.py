"""Weeks, months, quarters and any other stretch of days, accounted for to the last view."""
