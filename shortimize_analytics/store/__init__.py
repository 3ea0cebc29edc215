"""What is kept on disk: the archive of history, snapshots, and frames written for other programs."""
