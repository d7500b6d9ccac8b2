"""Run every measurement, each in turn."""

from bench import board, demo, fold, importing, ingest, latency, trail, viewers

for measurement in (fold, trail, board, importing, ingest, latency, viewers, demo):
    measurement.main()
