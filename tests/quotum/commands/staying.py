"""Commands that stay and work over a broker, with options that would be right if a broker were there."""

RIGHT = {
    "gateway": {"--broker": "127.0.0.1:9", "--owner": "http://127.0.0.1:1", "--port": "0"},
    "worker": {"--broker": "127.0.0.1:9", "--port": "0"},
}


def words(command: str, changes: dict[str, str]) -> list[str]:
    """A command line; `changes`: options that are otherwise, or more."""
    return [command, *(part for option in (RIGHT[command] | changes).items() for part in option)]
