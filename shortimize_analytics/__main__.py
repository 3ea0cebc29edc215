"""``python -m shortimize_analytics``: the `shortimize` command where no script was installed."""

import sys

from shortimize_analytics.cli import main

if __name__ == "__main__":
    sys.exit(main())
