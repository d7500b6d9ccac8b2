"""A real Kafka on this machine, without Docker: for tests, for trying things out, for `make kafka`."""
