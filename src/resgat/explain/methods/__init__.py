"""One file per explanation method: a small object with a tier and ``attribute``."""
