"""Records Slurm's job reason words: ``python -m tests.cluster.record_reasons DIR [GENERATION...]``.

The words are those that the installed libslurm's own function gives for every number. It is called
on a cluster of that generation by a small C program, so a C compiler is needed here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.generations import GENERATIONS
from tests.cluster.options import Options

LIBRARY = "/usr/lib/x86_64-linux-gnu/slurm-wlm/libslurmfull.so"
NO_WORDS = {"InvaildReason", "InvalidReason"}  # for numbers that are not in use; so spelt in 24.11
SOURCE = r"""
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **words) {
    void *library = dlopen(words[1], RTLD_LAZY | RTLD_GLOBAL);
    char *(*name)(int) = dlsym(library, "job_state_reason_string");
    if (!name) name = dlsym(library, "job_reason_string"); /* until 23.02 */
    for (int number = 0; number < 400; number++) puts(name(number));
}
"""


def reasons(cluster: Cluster) -> list[str]:
    """All reason words of that cluster's Slurm, sorted."""
    program = "/home/jarvice/reasons"
    words = ["cc", "-x", "c", "-", "-o", str(cluster.path(program)), "-ldl"]
    subprocess.run(words, input=SOURCE, text=True, check=True)
    done = cluster.run("login", [program, LIBRARY])
    found = {word for word in done.stdout.decode().split("\n") if word and not word.isdecimal()}
    return sorted(found - NO_WORDS)


if __name__ == "__main__":
    for wanted in sys.argv[2:] or GENERATIONS:
        booted = Cluster.up(wanted, Options(accounting=False))
        text = "".join(f"{word}\n" for word in reasons(booted))
        booted.down()
        (Path(sys.argv[1]) / wanted / "reasons.txt").write_text(text)
