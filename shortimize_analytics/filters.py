"""Which videos to look at, as a plain value that needs no widget, no kernel and no network."""
