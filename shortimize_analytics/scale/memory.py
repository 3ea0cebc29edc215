"""The most memory that this process has held at once."""

import sys

if sys.platform != "win32":
    import resource


def peak_memory_mb() -> int | None:
    """Return the largest resident size of this process so far (MB); None on Windows, which does not say."""
    if sys.platform == "win32":
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1024 * 1024 if sys.platform == "darwin" else 1024)  # bytes on macOS, kilobytes elsewhere
