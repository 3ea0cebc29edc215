"""Labels, lengths, weekdays and other groups of videos, compared within the same accounts."""
