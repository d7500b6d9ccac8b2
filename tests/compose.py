"""docker-compose.yml and Dockerfile as tests read them: without Docker they are proven by their parts."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE, IMAGE = ROOT / "docker-compose.yml", ROOT / "Dockerfile"
DEFAULTED = re.compile(r"\$\{\w+:-([^${}]*)\}")  # ${NAME:-what it is where nobody says anything}, the inner one first


@cache
def services() -> dict[str, dict[str, Any]]:
    """What runs, by name, where nobody set a variable."""
    text = FILE.read_text(encoding="utf-8")
    while (plain := DEFAULTED.sub(r"\1", text)) != text:
        text = plain
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


def ours() -> list[str]:
    """The names of what runs Quotum."""
    return [name for name, service in services().items() if service["image"] == "quotum"]


def broker_properties() -> dict[str, str]:
    """What its image makes of the environment of the broker: KAFKA_LOG_DIRS is log.dirs."""
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): text
        for name, text in services()["kafka"]["environment"].items()
        if name.startswith("KAFKA_")
    }


def steps(instruction: str) -> list[str]:
    """What the Dockerfile says after an instruction, in order."""
    lines = IMAGE.read_text(encoding="utf-8").splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{instruction} ")]
