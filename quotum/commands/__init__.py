"""One module a command, so that what a command does is found by its name."""
