"""All pages, README and handbook: their links, shell lines, data, and names of settings."""

import json
import re
import subprocess

import pytest
import yaml

from tests.docs import table
from tests.docs.markdown import PAGES, ROOT, Page, page, pages

NOT_SETTINGS = {  # words of job scripts and of Slurm's own
    "JARVICE_", "JARVICE_CMD", "JARVICE_CMD_", "JARVICE_CMD_SUCCESS", "JARVICE_CMD_FAILURE",
    "JARVICE_CPU_CORES", "JARVICE_JOB_APP_IS_IN_GLOBAL_REGISTRIES", "JARVICE_APP_IMAGE",
    "JARVICE_INIT_IMAGE", "JARVICE_INIT_DOCKER_USERNAME", "JARVICE_INIT_DOCKER_PASSWORD",
    "JARVICE_MY_GREETING", "JARVICE_SERVICE_PORT", "JARVICE_SSH_PORT", "JARVICE_SCREENSHOT",
}  # fmt: skip
MARKS = {
    "run", "tokens", "token use", "hostkey", "doctor", "plain", "chain", "container",
    "file: my_connector.py", "file: my_executor.py", "file: my_settings.py", "file: nginx.conf",
    "file: services.conf", "file: job.sh", "file: template.yaml", "provider",
}  # fmt: skip
MARKED = re.compile(r"^<!-- (.*?) -->\n```", re.MULTILINE)
each_page = pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)


def target(each: Page, link: str) -> tuple[str, str]:
    """The path in the project to which a link leads, and the anchor."""
    path, _, anchor = link.partition("#")
    found = (each.path.parent / path).resolve() if path else each.path
    return str(found.relative_to(ROOT)), anchor


@each_page
def test_links_lead_somewhere(each: Page) -> None:
    """A link leads to a file of the project, and its anchor is a heading there; handbook pages
    link to pages only."""
    for link in each.links():
        path, anchor = target(each, link)
        assert (ROOT / path).is_file(), link
        assert each.name == "README.md" or path.startswith("docs/pages/"), link
        assert not anchor or anchor in page(path).anchors(), link


@each_page
def test_shell_lines_are_valid(each: Page) -> None:
    """Every shell block is valid bash, and the project's files that it names exist."""
    for block in each.blocks("sh"):
        checked = subprocess.run(
            ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
        named = re.findall(r"(?<![\w/])(?:deploy|tests|docs)/[\w./-]+\w", block.text)
        assert [name for name in named if not (ROOT / name).exists()] == []


@each_page
def test_data_can_be_read(each: Page) -> None:
    """Every JSON and YAML block is valid, and is an object."""
    for block in each.blocks("json"):
        assert isinstance(json.loads(block.text), dict)
    for block in each.blocks("yaml"):
        assert isinstance(yaml.safe_load(block.text), dict)


@each_page
def test_no_setting_is_named_that_does_not_exist(each: Page) -> None:
    """Every JARVICE_ and WAITRESS_ name is a setting, a setting's file, or a word of job
    scripts."""
    known = set(re.findall(r"`((?:JARVICE|WAITRESS)_\w+)`", table.current()))
    known |= {f"{name}_FILE" for name in known} | NOT_SETTINGS
    named = set(re.findall(r"(?<!SINGULARITYENV_)\b(?:JARVICE|WAITRESS)_\w*", each.text))
    assert named - known == set()


@each_page
def test_every_mark_is_known(each: Page) -> None:
    """A comment before a block is one that a test acts on; a misspelled one would leave its
    block untested."""
    assert set(MARKED.findall(each.text)) <= MARKS


def test_there_is_a_page_for_each_subject() -> None:
    """The handbook has its pages, and the index links to all of them."""
    names = {path.name for path in PAGES.glob("*.md")} - {"index.md"}
    assert len(names) >= 15
    assert names == {link.partition("#")[0] for link in page("docs/pages/index.md").links()}
