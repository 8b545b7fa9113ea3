"""Numbers about a detector: from logits and labels to metrics, thresholds and intervals."""
