"""The jars that a Kafka broker is made of, fetched by Maven once and kept in the user's cache.

Nothing here knows where Maven fetches from: its own settings say so, as they do for every other Java program.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

KAFKA_VERSION = "4.1.1"
JAVA_NEEDED = 17
POM = Path(__file__).with_name("pom.xml")
FETCH_SECONDS = 600
LINES_SHOWN = 12
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
REMEDY = (
    f"install Java {JAVA_NEEDED} or newer and Maven (Debian: apt-get install openjdk-{JAVA_NEEDED}-jre-headless maven)"
)


class LocalError(Exception):
    """Something cannot run on this machine: what is missing or went wrong, and how to mend it."""


def java() -> str:
    """The command that runs Java, new enough for a broker; LocalError where there is none."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise LocalError(f"there is no Java {where}: {REMEDY}")
    told = _said([found, "-version"])
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_NEEDED:
        raise LocalError(f"a broker needs Java {JAVA_NEEDED} or newer, and {found} is {_first(told)!r}: {REMEDY}")
    return found


def jars(cache: Path | None = None) -> Path:
    """The folder of jars, fetched if it is not there yet; LocalError says why it cannot be."""
    pom = POM.read_bytes()
    folder = (cache or cache_folder()) / f"kafka-{KAFKA_VERSION}-{hashlib.sha256(pom).hexdigest()[:8]}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as unfinished:
            _put(_fetched(Path(unfinished), pom), folder)
    return folder


def cache_folder() -> Path:
    """Where this user keeps what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quotum"


def last(lines: Iterable[str]) -> str:
    """The end of what a program printed, for an error."""
    plain = (COLOURS.sub("", line) for line in lines)
    shown = [line for line in plain if line.strip()][-LINES_SHOWN:]
    return "\n".join(f"  {line}" for line in shown) or "  (it printed nothing)"


def _fetched(folder: Path, pom: bytes) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise LocalError(f"the parts of Kafka {KAFKA_VERSION} are fetched by Maven, and there is no mvn: {REMEDY}")
    own, libraries = folder / "pom.xml", folder / "libs"
    own.write_bytes(pom)
    words = [maven, "-B", "-q", "-f", str(own), f"-Dkafka.version={KAFKA_VERSION}", "dependency:copy-dependencies"]
    try:
        done = subprocess.run(  # noqa: S603 (our own words)
            [*words, "-DincludeScope=runtime", f"-DoutputDirectory={libraries}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LocalError(
            f"Maven was not done after {FETCH_SECONDS} seconds: see to the network, and try again"
        ) from None
    if done.returncode or not list(libraries.glob("kafka_*.jar")):
        raise LocalError(
            f"Maven could not fetch Kafka {KAFKA_VERSION}: see to the network and to Maven's settings, and try again. "
            f"It ended with:\n{last(done.stdout.splitlines())}"
        )
    return libraries


def _put(fetched: Path, folder: Path) -> None:
    """Give it its name in one step, unless another process was quicker."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _said(words: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 (our own words)
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def _first(text: str) -> str:
    return text.partition("\n")[0]
