"""Run every measurement, each in turn."""

from bench import board, fold, importing, trail

for measurement in (fold, trail, board, importing):
    measurement.main()
