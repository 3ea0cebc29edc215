"""A choice of videos as a plain value, and what each of its clauses asks."""
