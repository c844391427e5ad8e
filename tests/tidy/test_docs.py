"""The documents are current, and point at what is there."""

import re
from pathlib import Path

import pytest

from .diagram import page
from .product import ROOT, name_of_path, tracked

DOCUMENTS = sorted([*ROOT.glob("*.md"), ROOT / "llms.txt", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
REFUSALS = re.compile(r'\b(?:Refused|BadMessage)\(\s*"([a-z_]+)"|code = "([a-z_]+)" if .* else "([a-z_]+)"')
FAILURES = re.compile(
    r'(?:Unmendable|JobFailed|__init__)\(\s*"([a-z_]+)"|\bFail\([^"\n]*"([a-z_]+)"|KafkaError\.[A-Z_]+: "([a-z_]+)"'
    r'|failure = "([a-z_]+)" if .* else "([a-z_]+)"'
)


def test_the_states_page_is_current() -> None:
    """docs/states.md is what the table says: run `make diagram`."""
    assert (ROOT / "docs/states.md").read_text("utf-8") == page() + "\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of_path)
def test_no_merge_is_left_open(document: Path) -> None:
    """No conflict of two branches stands in what people read."""
    assert not re.findall(r"^(?:<{7}|>{7}|={7}$)", document.read_text("utf-8"), re.MULTILINE)


def _anchors(document: Path) -> set[str]:
    """Headings as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of_path)
def test_links_resolve(document: Path) -> None:
    """Every relative link leads to a file, and to a heading in it if it names one."""
    broken = []
    for link in LINK.findall(CODE.sub("", document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            broken.append(link)
    assert not broken


def _codes(pattern: re.Pattern[str]) -> set[str]:
    """The codes that core, persistence and streams write. Those of SQL are docs/sql.md's own."""
    modules = [path for folder in ("core", "persistence", "streams") for path in (ROOT / folder).rglob("*.py")]
    texts = [path.read_text("utf-8") for path in modules if "sql" not in path.relative_to(ROOT).parts]
    return {code for text in texts for found in pattern.findall(text) for code in found if code}


@pytest.mark.parametrize(
    ("pattern", "page_name", "some"),
    [
        (REFUSALS, "docs/control-topic.md", {"stale_epoch", "future_epoch", "held", "bad_envelope", "command_id_reused"}),
        (FAILURES, "docs/glossary.md", {"deadline", "data_gap", "poison_record", "output_too_large", "unreadable_job"}),
    ],
    ids=["refusals", "failures"],
)
def test_every_code_is_explained(pattern: re.Pattern[str], page_name: str, some: set[str]) -> None:
    """A refusal or failure code that the source writes is explained once, in one table."""
    cells = re.findall(r"^\| (`[^|]*) \|", (ROOT / page_name).read_text("utf-8"), re.MULTILINE)
    explained = [code for cell in cells for code in re.findall(r"`(\w+)`", cell)]
    written = _codes(pattern)
    assert some <= written, "the pattern no longer finds what it should"
    assert not {code for code in written if explained.count(code) != 1}


def test_every_code_of_the_admin_is_explained() -> None:
    """What Python API, command line and web page raise by themselves is explained in a page of theirs, or of desk or SQL."""
    raised = re.compile(
        r'(?:Error|Usage|Unavailable|Command|Refused|NotFound|Timeout|NotAllowed|turn_away)\(\s*(?:name, )?"(\w+)"'
    )
    written = {code for path in (ROOT / "admin").rglob("*.py") for code in raised.findall(path.read_text("utf-8"))}
    assert {"usage", "no_broker", "no_such_file", "declined"} <= written, "the pattern no longer finds what it should"
    pages = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("cli.md", "control-topic.md", "sql.md", "web.md"))
    assert not {code for code in written if f"`{code}`" not in pages}


# Spelt in pieces, so that this file does not find itself.
MACHINE = re.compile("|".join(("/" + "home/", "/" + "root/", "/" + "Users/", "/" + "work/", r"C:\\" + r"\\Users")))
REGISTRY = re.compile(
    r"https?://[^\s/\"'<>]*(?:pypi|nexus|artifactory|jfrog|devpi|registry|mirror|maven|goproxy)[^\s\"'<>]*"
    r"|(?:extra-)?index-url|trusted-host",
    re.IGNORECASE,
)
ALLOWED = ("--no-emit-index-url",)


@pytest.mark.parametrize("path", [path for path in tracked() if path != Path(__file__)], ids=name_of_path)
def test_nothing_names_a_machine(path: Path) -> None:
    """No home path and no registry host in a tracked file: they say where it was made and do not hold elsewhere."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    assert not [found.group() for found in (*MACHINE.finditer(text), *REGISTRY.finditer(text))]
