"""Speed that nobody measures gets lost, so each promise about it is a module here that measures it.

`make bench` runs them all. Each ends with one JSON line: name, figures, ratio, machine.
"""
