"""Settings with which JupyterLab is a service of dssr."""

import os
from pathlib import Path
from typing import Any

# Jupyter defines get_config for this file.
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

# A Unix socket that no other user of the node can reach.
c.ServerApp.sock = os.environ["DSSR_SOCKET"]
c.ServerApp.sock_mode = "0600"

# The names under which browsers come here. Others are refused, so that no page of another site can
# use this server by a name that leads to it (DNS rebinding).
c.ServerApp.local_hostnames = ["localhost", f"{os.environ['DSSR_SERVICE']}.localhost"]

# Notebooks are kept, and kernels end with the job.
c.ServerApp.root_dir = str(Path.home())
c.ServerApp.open_browser = False

# Without its news and its queries for extensions: nodes often have no way out.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
