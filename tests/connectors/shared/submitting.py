"""What a real sbatch makes of scripts."""

from tests.cluster import Cluster

# Submits each script of the directory as a held job; its name, sbatch's exit code and words, and
# how the job was understood, with an unprintable character between.
SUBMIT = r"""
cd "$1" || exit
for file in *; do
    printed=$(sbatch --hold --parsable --output=/dev/null "$file" 2>&1)
    code=$?
    printf '%s\037%s\037%s\037' "$file" "$code" "$printed"
    [ "$code" != 0 ] || scontrol show job "${printed##*[!0-9]}"
    printf '\036'
done
scancel -u "$(id -un)"
"""


def submitted(cluster: Cluster, scripts: list[str]) -> list[tuple[int, str, str]]:
    """sbatch's exit code, its words and ``scontrol show job``, for each script."""
    directory = "/home/jarvice/forms"
    cluster.run("login", ["rm", "-rf", directory])
    cluster.path(directory).mkdir()
    for number, script in enumerate(scripts):
        cluster.path(f"{directory}/{number:04}").write_bytes(script.encode())
    done = cluster.run("login", ["sh", "-c", SUBMIT, "sh", directory], user="jarvice", timeout=120)
    rows = done.stdout.decode().split("\036")[:-1]
    assert len(rows) == len(scripts), done
    return [
        (int(code), printed, job) for _, code, printed, job in (row.split("\037") for row in rows)
    ]
