"""Programs that bench/live.py runs as processes of their own, each with its own idea of how to count events."""
