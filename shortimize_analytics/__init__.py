"""Shortimize videos and their daily history as pandas DataFrames, with the analyses short-form video teams need.

    import shortimize_analytics as sa

    client = sa.connect()                      # SHORTIMIZE_API_KEY, or connect(demo=True)
    videos = sa.load_videos(client)
    history = sa.load_history(client, videos)
    sa.rank_outliers(videos, history)

Importing the package is quick and changes nothing: names load their module when they are first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
