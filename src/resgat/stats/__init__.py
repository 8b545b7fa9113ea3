"""Statistics of any score: intervals from resamples, and many comparisons at once."""
