"""Everybody must mean the same by the same word, so the words stand here, below everything else.

Events, the envelope they travel in, plan, organisation, money, periods and calendars. They hold what was said and
refuse what cannot be said. No input or output, no clocks: the same words mean the same on every machine, every day.
"""
