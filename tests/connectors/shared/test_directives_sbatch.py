"""The reader of directives against the real sbatch of each generation of Slurm."""

import re

import pytest

from connectors.shared.directives import read
from connectors.shared.options import OPTIONS, Takes
from dssr.job import time_limit
from tests.cluster import Cluster
from tests.connectors.shared.scripts import ACCEPTED, REFUSED
from tests.connectors.shared.submitting import submitted

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

# How sbatch takes each option: alone, and with a value behind "=".
TABLE = r"""
for name; do
    printf '#!/bin/sh\n#SBATCH --%s\n' "$name" >alone
    printf '#!/bin/sh\n#SBATCH --%s=x\n' "$name" >valued
    for file in alone valued; do
        printf '%s %s ' "$name" "$file"
        timeout 5 sbatch --test-only --hold "$file" 2>&1 | tr '\n' ' '
        echo
    done
done
"""


def test_sbatch_accepts_what_the_reader_accepts(any_cluster: Cluster) -> None:
    """Each accepted script becomes a job with the time limit and comment that were read."""
    answers = submitted(any_cluster, [case.script for case in ACCEPTED])
    for case, (code, printed, job) in zip(ACCEPTED, answers, strict=True):
        last = {option.name: option.value for option in read(case.script)}
        limit = time_limit(last.get("time") or "UNLIMITED")
        shown = re.search(r"TimeLimit=(\S+)", job)
        assert code == 0, (case, printed)
        assert shown
        assert time_limit(shown[1]) == limit, case
        if "comment" in last:
            assert f"Comment={last['comment']}" in job, case


def test_sbatch_refuses_what_the_reader_refuses(any_cluster: Cluster) -> None:
    """Each refused script is refused by sbatch too, but for those that the bridge cannot run as
    sbatch would."""
    answers = submitted(any_cluster, [case.script for case in REFUSED])
    for case, (code, printed, _) in zip(REFUSED, answers, strict=True):
        assert (code != 0) is case.by_sbatch, (case, printed)


def test_the_table_is_sbatchs_own(any_cluster: Cluster) -> None:
    """Each option that this sbatch has takes a value as the table says; no option of its help is
    missing."""
    done = any_cluster.run(
        "login", ["sh", "-c", TABLE, "sh", *OPTIONS], user="jarvice", timeout=200
    )
    printed: dict[tuple[str, str], str] = {}
    for line in done.stdout.decode().splitlines():
        name, how, *words = line.split(" ", 2)
        printed[name, how] = " ".join(words)
    assert len(printed) == 2 * len(OPTIONS)
    for name, takes in OPTIONS.items():
        if "unrecognized option" in printed[name, "alone"] or "ambiguous" in printed[name, "alone"]:
            continue  # of another generation
        needs = "requires an argument" in printed[name, "alone"]
        forbids = "doesn't allow an argument" in printed[name, "valued"]
        assert needs is (takes is Takes.A_VALUE), name
        assert not forbids or takes is not Takes.A_VALUE, name
        assert forbids or takes is not Takes.NOTHING, name
    shown = any_cluster.run("login", ["sbatch", "--help"], user="jarvice").stdout.decode()
    listed = set(re.findall(r"^ {2}(?:-\w,| {3}) --([a-z][a-z-]*)", shown, re.MULTILINE))
    assert len(listed) > 80
    assert listed <= set(OPTIONS)
