"""The keys that each command's configuration may have.

A section is ``Any`` here on purpose: what may stand in it is said once, by the constructor that its
``_target_`` names, and :func:`resgat.targets.check_targets` compares the two.
"""
