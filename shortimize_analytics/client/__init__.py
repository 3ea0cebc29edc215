"""The connection: what the API offers, settings, cache, pace, retries, and the reading of answers."""
