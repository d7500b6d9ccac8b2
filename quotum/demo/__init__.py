"""A sales floor that is not there: a team, its customers and its luck, made up from a seed, to see Quotum at work."""
