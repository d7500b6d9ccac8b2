"""How fast it is: each module measures one thing, prints what it found and ends with one JSON line.

Figures are ratios against something measured in the same run, since machines differ and drift; nothing here is a test.
`python -m bench` runs them all, `python -m bench.fold` one.
"""
