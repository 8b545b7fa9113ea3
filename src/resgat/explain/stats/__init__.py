"""How sure one may be of a score: intervals, comparisons, and whether a ranking can be trusted."""
