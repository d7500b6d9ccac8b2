"""People need a door to walk in by, so commands, settings and the wiring of all floors below stand here.

It reads what was asked, calls the floor that knows, and shows the answer. A rule of the domain that turns up here
belongs in `projections`.
"""
