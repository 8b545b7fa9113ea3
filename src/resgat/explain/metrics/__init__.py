"""Is an explanation right? One file per family of metrics; pure functions on batches.

A metric says in its docstring what its range, its direction and its chance level are. A degenerate
map scores chance exactly; where a metric is undefined for an image it is nan, never zero.
"""
