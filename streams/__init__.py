"""Figures are only as good as the log they come from, so everything that moves and stores events stands here.

Histories, the vault, feeds, replay: all input and output, all clocks, all concurrency. It carries events without
knowing what they mean; for that it asks `projections`. Imports only `projections` and `schemas`.
"""
