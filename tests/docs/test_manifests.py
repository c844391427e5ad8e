"""compose.yaml, Dockerfile and Kubernetes manifests, held against the product: no container engine is there to run them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.tidy.settings_page import variables

from slackwater import __version__
from slackwater.admin.house import STOP_TIMEOUT_S

from .blocks import ROOT
from .command_lines import parse, root

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
MANIFESTS: Final = [
    (path.name, manifest)
    for path in sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text("utf-8"))
]
PODS: Final = {m["metadata"]["name"]: m["spec"]["template"]["spec"] for _, m in MANIFESTS if "template" in m.get("spec", {})}
CONTAINERS: Final = {f"{name}/{one['name']}": one for name, pod in PODS.items() for one in pod["containers"]}
OURS: Final = {name: service for name, service in SERVICES.items() if service["image"].startswith("slackwater:")}
COMMANDS: Final = {name: one["command"] for name, one in OURS.items()} | {
    name: one["args"] for name, one in CONTAINERS.items()
}
GRACE_S: Final = STOP_TIMEOUT_S + 5
"""What a drain takes at most, and time to end after it."""


def _known_variables() -> set[str]:
    of_options = {
        str(one.envvar) for verb in root().commands.values() for one in verb.params if getattr(one, "envvar", None)
    }
    return {*variables(), *of_options}


def _environments() -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each container of ours: variable → value, or where it comes from."""
    maps = {m["metadata"]["name"]: m["data"] for _, m in MANIFESTS if m["kind"] == "ConfigMap"}
    yield from ((name, service["environment"]) for name, service in OURS.items())
    for name, container in CONTAINERS.items():
        shared = [maps[one["configMapRef"]["name"]] for one in container.get("envFrom", [])]
        own = {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}
        yield name, {variable: value for given in (*shared, own) for variable, value in given.items()}


ENVIRONMENTS: Final = list(_environments())


def test_each_role_is_there() -> None:
    """A broker, a log, the upgrade of its schema, a worker and the page, in both; a Service for the page."""
    assert {"kafka", "postgres", "db-upgrade", "worker", "web", "prometheus", "grafana"} == set(SERVICES)
    assert set(PODS) == {"slackwater-db-upgrade", "slackwater-worker", "slackwater-web"}
    assert [m["metadata"]["name"] for _, m in MANIFESTS if m["kind"] == "Service"] == ["slackwater-web"]


def test_images_are_pinned() -> None:
    """Each by a version, never by `latest` or a bare name; ours by the product's own."""
    from_lines = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    images = [*from_lines, *(one["image"] for one in (*SERVICES.values(), *CONTAINERS.values()))]
    assert not [image for image in images if not re.fullmatch(r"[\w./-]+:v?\d+(\.\d+)+(-\w+)?", image)]
    assert {image for image in images if image.startswith("slackwater:")} == {f"slackwater:{__version__}"}


@pytest.mark.parametrize(("name", "command"), COMMANDS.items(), ids=COMMANDS)
def test_commands_are_verbs(name: str, command: list[str]) -> None:
    """What a container runs is a verb with options that the command line takes."""
    parse(command)


@pytest.mark.parametrize(("name", "environment"), ENVIRONMENTS, ids=[name for name, _ in ENVIRONMENTS])
def test_variables_are_settings(name: str, environment: dict[str, Any]) -> None:
    """Every variable of ours is a setting or an option's, and what nobody may read comes from a secret."""
    assert {variable for variable in environment if variable.startswith("SLACKWATER_")} <= _known_variables()
    for variable in {"SLACKWATER_WEB_TOKEN", "SLACKWATER_LOG", "SLACKWATER_KAFKA_SETTINGS"} & environment.keys():
        value = environment[variable]
        assert "secretKeyRef" in value if isinstance(value, dict) else "${" in value


def test_no_password_is_written_down() -> None:
    """A password in compose.yaml is a variable without a default."""
    found = re.findall(r"PASSWORD: (.+)", (ROOT / "compose.yaml").read_text("utf-8"))
    assert found
    assert all(re.fullmatch(r"\$\{[A-Z_]+:\?\}", value) for value in found)


def _port(environment: dict[str, Any], command: list[str]) -> int:
    """Where a container of ours is to be asked: a worker at its metrics port, the page at its own."""
    if command[0] == "worker":
        return int(environment["SLACKWATER_METRICS_PORT"])
    (port,) = (one for one in root().commands["web"].params if one.name == "port")
    return int(port.default or 0)


def test_probes_ask_what_answers() -> None:
    """Paths and ports of probes are those a worker and the page serve, which their sources say."""
    served = {
        "worker": (ROOT / "streams/metrics_server.py").read_text("utf-8"),
        "web": (ROOT / "admin/web/probes.py").read_text("utf-8"),
    }
    environments = dict(ENVIRONMENTS)
    for name, container in CONTAINERS.items():
        verb = container["args"][0]
        if verb not in served:
            continue
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        for kind in ("readinessProbe", "livenessProbe"):
            asked = container[kind]["httpGet"]
            assert f'"{asked["path"]}"' in served[verb]
            assert ports[asked["port"]] == _port(environments[name], container["args"])
    for name in ("worker", "web"):
        port, path = re.findall(r"http://127\.0\.0\.1:(\d+)(/\w+)", SERVICES[name]["healthcheck"]["test"][-1])[0]
        assert f'"{path}"' in served[name]
        assert int(port) == _port(environments[name], OURS[name]["command"])


def test_there_is_time_to_drain() -> None:
    """SIGKILL comes later than a drain can take, and one worker at a time is replaced."""
    seconds = re.fullmatch(r"(\d+)s", SERVICES["worker"]["stop_grace_period"])
    assert seconds
    assert int(seconds[1]) >= GRACE_S
    assert PODS["slackwater-worker"]["terminationGracePeriodSeconds"] >= GRACE_S
    (worker,) = (
        m["spec"] for _, m in MANIFESTS if m["kind"] == "Deployment" and m["metadata"]["name"] == "slackwater-worker"
    )
    assert worker["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert re.search(r'^ENTRYPOINT \["slackwater"\]$', (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)


def test_everything_is_waited_for() -> None:
    """Services that others need say when they are healthy, and a worker starts on a log of its own schema."""
    needed = {other: how["condition"] for one in SERVICES.values() for other, how in one.get("depends_on", {}).items()}
    assert all("healthcheck" in SERVICES[name] for name, how in needed.items() if how == "service_healthy")
    assert SERVICES["worker"]["depends_on"]["db-upgrade"] == {"condition": "service_completed_successfully"}
    assert all("healthcheck" in one for name, one in SERVICES.items() if name != "db-upgrade")


def test_what_is_mounted_is_there() -> None:
    """Files and folders of the repository that a container reads exist; named volumes are declared."""
    mounts = [mount for one in SERVICES.values() for mount in one.get("volumes", [])]
    assert not [mount for mount in mounts if mount.startswith("./") and not (ROOT / mount.split(":")[0]).exists()]
    assert {mount.split(":")[0] for mount in mounts if not mount.startswith("./")} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("path", sorted([*ROOT.glob("deploy/*.yml"), *ROOT.glob("deploy/grafana/*.yml")]), ids=str)
def test_other_files_are_yaml(path: Path) -> None:
    """What Prometheus and Grafana are given can be read."""
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


def test_prometheus_looks_where_workers_serve() -> None:
    """The port that is scraped is the one the compose file gives to workers."""
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert job["dns_sd_configs"][0]["names"] == ["worker"]
    assert str(job["dns_sd_configs"][0]["port"]) == SERVICES["worker"]["environment"]["SLACKWATER_METRICS_PORT"]


def test_an_image_holds_what_was_tested() -> None:
    """The image's lock has no version that the lock of the tests does not have."""
    pins = {name: set(_pins(ROOT / "requirements" / name)) for name in ("run.lock", "dev.lock")}
    assert pins["run.lock"]
    assert pins["run.lock"] <= pins["dev.lock"]


def _pins(path: Path) -> list[str]:
    return re.findall(r"^([\w.-]+==[\w.+-]+)", path.read_text("utf-8"), re.MULTILINE)
