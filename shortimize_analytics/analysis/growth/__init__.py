"""How videos grow: curves, figures of single videos, milestones, fitted laws."""
