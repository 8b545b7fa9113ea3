"""Which cells of a feature map are neighbours."""
