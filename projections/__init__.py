"""A figure must be explainable, so what events mean is written once, as pure functions of their arguments.

Fold, credits, postings, cells, boards. No input or output, no clocks, no logging, no framework, chance only with a
seed: the same events give the same figures live, rebuilt, as of last month, and in a test. Imports only `schemas`.
"""
