"""What views cost, what creators are owed, and where a month lands."""
