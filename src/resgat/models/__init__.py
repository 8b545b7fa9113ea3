"""Networks from face crops to a logit, and to the evidence behind it."""
