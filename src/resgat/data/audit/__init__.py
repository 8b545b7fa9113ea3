"""Can a number on these crops be trusted? One file per question, none of which needs torch."""
