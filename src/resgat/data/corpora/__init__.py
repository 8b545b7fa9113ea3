"""One file per corpus: from its folder layout to its videos, and its rule of splits."""
