"""Figures that workers keep up: each folds some partitions of a log and keeps what it must know in the log's broker.

Nothing here knows which broker or which framework: what those have to do stands in `owning.py`, as a protocol.

Rules
1. What one step makes of a batch of one partition (`stepping.py`: trail states, cells, dead letters, the position to go
   on from) becomes visible in one transaction, or not at all. Were cells apart from states, a crash between the two
   would lose them for good: the events come again and change nothing.
2. Whoever begins to own a partition first shuts out whoever owned it before, and lets what was left open be undone;
   only then it reads. So a worker that was replaced without noticing cannot commit.
3. Changelogs are read as committed. A store on the worker's own disk is written after the commit, with the position of
   the changelog it then stands for in the same write, so it is never ahead; a worker reads on from there, or from the
   beginning where it has no disk. It is not written by who ceased to own the partition while committing.
4. A cell says what one partition adds to a figure; figures are sums over partitions, so nothing is shuffled. A cell
   that returns to nothing is published as nothing, so that no reader keeps the old value.
"""
