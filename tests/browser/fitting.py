"""What tests of the template `fit` need: a container with Python, and the templates of a site."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.portal import ready
from tests.cluster import Cluster
from tests.source_tree import ROOT

EXAMPLES = ROOT / "deploy/examples/templates"
PEAK = EXAMPLES / "fit/peak.csv"
# The box of the cluster with the Python that its nodes have: a directory is an image, too.
_PYTHON = """
set -e
[ ! -e /opt/images/python ] || exit 0
mkdir /opt/images/python.new
cd /opt/images/python.new
tar -xzf /opt/images/box.tar.gz
program=$(readlink -f /usr/bin/python3)
library=/usr/lib/$(basename "$program")
cp --parents -a "$program" .
ln -s "$(basename "$program")" usr/bin/python3
tar -C / --exclude=__pycache__ --exclude=test -cf - "${library#/}" | tar -xf -
ldd "$program" "$library"/lib-dynload/*.so | grep -o ' /[^ ]*' | sort -u | while read -r file; do
    [ -e ".$file" ] || install -D "$file" ".$file"
done
chmod -R a+rX .
mv /opt/images/python.new /opt/images/python
"""


def image_with_python(cluster: Cluster) -> str:
    """The path on the cluster of a container image with bash and Python."""
    done = cluster.run("login", ["bash", "-c", _PYTHON], user="root")
    assert done.returncode == 0, done.stderr.decode()
    return "/opt/images/python"


def write_site(place: Path, image: str) -> str:
    """The site's templates: those of the bridge's examples, whose jobs run in a container if there
    is one."""
    shutil.copytree(EXAMPLES, place)
    path = place / "fit/template.yaml"
    text = path.read_text("utf-8")
    if image:
        text, count = re.subn(r"# (image: \{.*default: )[^,]*", rf"\1{image}", text)
        assert count == 1
    path.write_text(text, "utf-8")
    return f"{place}/"


def fill_in(page: Page, url: str, method: str, steps: str) -> None:
    """Open the template, and fill it in with the example's data."""
    page.goto(f"{url}/templates")
    page.get_by_role("link", name="Fit a peak").click()
    ready(page)
    page.set_input_files("[name=field-data]", PEAK)
    page.select_option("[name=field-method]", method)
    page.fill("[name=field-steps]", steps)


def submit(page: Page) -> str:
    """Submit what is filled in; the address of the job."""
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    return page.url
