"""Java and the jars of a broker: found, or fetched once, or an error that says what to do."""

from pathlib import Path

import pytest

from quotum.local.jars import KAFKA_VERSION, LocalError, cache_folder, jars, java

FETCHING = """#!/bin/sh
for word in "$@"; do case "$word" in -DoutputDirectory=*) folder="${word#*=}";; esac; done
echo once >> "$COUNT"
/bin/mkdir "$folder" && : > "$folder/kafka_2.13.jar"
"""
FAILING = """#!/bin/sh
i=0; while [ $i -lt 40 ]; do printf "\\033[0m[ERROR] line $i of a long story\\n\\033[0m\\n"; i=$((i + 1)); done
exit 1
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def java_of(folder: Path, version: str) -> Path:
    return program(folder, "java", f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")


@pytest.mark.parametrize("version", ["17.0.15", "21.0.1", "25"])
def test_java_that_is_new_enough_is_found(programs: Path, version: str) -> None:
    found = java_of(programs, version)
    assert java() == str(found)


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.2"])
def test_java_that_is_too_old_is_told_with_what_to_install(programs: Path, version: str) -> None:
    java_of(programs, version)
    with pytest.raises(LocalError, match=rf"needs Java 17 or newer.*{version}.*apt-get install openjdk-17"):
        java()


def test_without_java_it_is_told_what_to_install(programs: Path) -> None:
    assert list(programs.iterdir()) == []
    with pytest.raises(LocalError, match="no Java on the PATH: install Java 17 or newer and Maven"):
        java()


def test_java_home_says_which_java(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java_of(programs, "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    with pytest.raises(LocalError, match="no Java in JAVA_HOME"):
        java()
    (tmp_path / "home" / "bin").mkdir(parents=True)
    own = java_of(tmp_path / "home" / "bin", "21.0.1")
    assert java() == str(own)


def test_jars_are_fetched_once_and_kept_by_version(programs: Path, tmp_path: Path) -> None:
    program(programs, "mvn", FETCHING)
    found = jars(tmp_path / "cache")
    assert found == jars(tmp_path / "cache")
    assert found.name.startswith(f"kafka-{KAFKA_VERSION}-")
    assert [jar.name for jar in found.iterdir()] == ["kafka_2.13.jar"]
    assert (tmp_path / "count").read_text() == "once\n"
    assert list((tmp_path / "cache").iterdir()) == [found]


def test_without_maven_it_is_told_what_to_install(programs: Path, tmp_path: Path) -> None:
    assert list(programs.iterdir()) == []
    with pytest.raises(LocalError, match=r"there is no mvn: install Java 17 or newer and Maven \(Debian: apt-get"):
        jars(tmp_path / "cache")


def test_what_maven_said_last_is_shown_and_nothing_half_fetched_is_kept(programs: Path, tmp_path: Path) -> None:
    program(programs, "mvn", FAILING)
    with pytest.raises(LocalError) as told:
        jars(tmp_path / "cache")
    assert "see to the network and to Maven's settings, and try again" in str(told.value)
    assert str(told.value).endswith("\n  [ERROR] line 39 of a long story")
    assert "line 20 " not in str(told.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_jars_that_are_not_there_although_maven_was_content_are_not_taken(programs: Path, tmp_path: Path) -> None:
    program(programs, "mvn", "#!/bin/sh\nexit 0\n")
    with pytest.raises(LocalError, match="could not fetch Kafka"):
        jars(tmp_path / "cache")


def test_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "quotum"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "quotum"
