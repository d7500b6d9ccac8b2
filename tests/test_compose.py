"""What docker-compose.yml and the Dockerfile ask for is there: commands, options, folders, health checks, users."""

import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from packaging.specifiers import SpecifierSet

from quotum.cli import app
from quotum.server import gateway, health
from tests.compose import FILE, ROOT, ours, services, steps

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ONCE = ("topics",)
RUNNING = [name for name in services() if name not in ONCE]
ASKED = re.compile(r"http://127\.0\.0\.1:(\d+)(/\w+)")


def parsed(service: str) -> Any:  # noqa: ANN401 (typer's own copy of click has no types)
    """A service's command as `quotum` reads it; whatever it refuses is raised."""
    command: Any = typer.main.get_command(app)
    words, context = [str(word) for word in services()[service]["command"]], None
    while hasattr(command, "commands"):
        context = command.make_context("quotum", words[:1], parent=context, resilient_parsing=True)
        command, words = command.commands[words[0]], words[1:]
    return command.make_context("quotum", words, parent=context)


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    """Held against the schema of compose files."""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_compose_file_is_of_the_form_that_docker_reads() -> None:
    done = checked(FILE)
    assert done.returncode == 0, done.stdout


def test_a_compose_file_with_a_slip_is_not(tmp_path: Path) -> None:
    slip = tmp_path / "docker-compose.yml"
    slip.write_text(FILE.read_text(encoding="utf-8").replace("healthcheck:", "healtcheck:"), encoding="utf-8")
    assert checked(slip).returncode == 1


@pytest.mark.parametrize("service", ours())
def test_what_a_service_runs_is_a_command_with_options_that_exist(service: str) -> None:
    parsed(service)


def test_two_workers_with_a_folder_each_share_the_work_of_one_log() -> None:
    workers = [name for name in ours() if services()[name]["command"][0] == "worker"]
    assert len(workers) == 2
    assert len({services()[name]["volumes"][0] for name in workers}) == 2
    assert {parsed(name).params["broker"] for name in ours()} == {"kafka:9092"}
    assert {parsed(name).params["prefix"] for name in ours()} == {"quotum"}


def test_only_the_web_port_is_open() -> None:
    open_ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert open_ports == {"server": ["8080:8080"]}
    assert parsed("server").params["port"] == 8080
    assert steps("EXPOSE") == ["8080"]


def test_links_lead_to_the_port_that_is_open_outside() -> None:
    """What a container knows of its own address leads nobody there."""
    outside, _, _ = services()["server"]["ports"][0].partition(":")
    assert services()["server"]["environment"] == {"QUOTUM_ADDRESS": f"http://127.0.0.1:{outside}"}


@pytest.mark.parametrize("service", RUNNING)
def test_whoever_keeps_running_is_asked_how_it_is_and_started_again(service: str) -> None:
    assert services()[service]["restart"] == "unless-stopped"
    assert services()[service]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("service", [name for name in RUNNING if name in ours()])
def test_a_health_check_asks_the_port_that_the_command_listens_at_for_a_page_that_it_has(service: str) -> None:
    script = services()[service]["healthcheck"]["test"][-1]
    compile(script, service, "exec")
    [(port, page)] = ASKED.findall(script)
    assert parsed(service).params["port"] == int(port)
    assert page in ("/health", "/ready")
    assert page in Path(gateway.__file__).read_text("utf-8") + Path(health.__file__).read_text("utf-8")


@pytest.mark.parametrize("service", ours())
def test_nobody_waits_for_what_is_not_there(service: str) -> None:
    for name, condition in services()[service]["depends_on"].items():
        wanted = "service_completed_successfully" if name in ONCE else "service_healthy"
        assert condition == {"condition": wanted}
        assert name in services()


def test_what_has_to_outlive_a_container_lies_in_a_volume_of_its_own() -> None:
    declared = set(yaml.safe_load(FILE.read_text(encoding="utf-8"))["volumes"])
    used = [volume.partition(":") for service in services().values() for volume in service.get("volumes", [])]
    assert sorted(name for name, _, _ in used) == sorted(declared)
    [data, history] = steps("VOLUME")[0], services()["server"]["volumes"][0].partition(":")[2]
    assert data == history
    assert f"QUOTUM_HISTORY={data}/" in steps("ENV")[0]
    for name in ("worker-1", "worker-2"):
        assert parsed(name).params["data"] == Path(data)


def test_nothing_runs_as_root_or_may_become_it() -> None:
    user = steps("USER")[-1].partition(":")[0]
    assert int(user) > 0  # a number, so that an orchestrator can tell without looking into the image
    for name, service in services().items():
        assert "user" not in service, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_image_is_made_of_what_is_there_and_of_all_that_the_package_has() -> None:
    copied = [words.split()[0] for words in steps("COPY") if not words.startswith("--from")]
    copied += [word for words in steps("COPY") if not words.startswith("--from") for word in words.split()[1:-1]]
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied)
    assert {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"} <= set(copied)
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line.removeprefix("!") for line in sent if line.startswith("!")]
    assert {name for name in copied if not any(fnmatch.fnmatch(name, one) for one in kept)} == set()


def test_the_image_runs_a_python_that_quotum_runs_on_and_the_command_it_installs() -> None:
    [version] = [words.removeprefix("PYTHON=") for words in steps("ARG")]
    assert version in SpecifierSet(PROJECT["project"]["requires-python"])
    assert steps("ENTRYPOINT") == ['["quotum"]']
    assert "quotum" in PROJECT["project"]["scripts"]
