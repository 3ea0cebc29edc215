"""What videos will have at an age to come, and how past forecasts did."""
