"""The Singularity executor: the job's command in a container, by ``singularity`` or ``apptainer``,
whichever the node has.

A script with the placeholder starts its container by itself; any other is run inside the image that
it names.
"""

import shlex

from dssr.errors import BadRequest
from dssr.job import JobSpec
from dssr.settings import Settings
from executors.interpreter import interpreter, run_script, script_words

_SMALLEST_OVERLAY = 64  # MB; `apptainer overlay create` takes no less


class Singularity:
    """Runs the script in the job's image, with an overlay of its own on each node."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """The exit code is the script's; 127 and a sentence when the node has neither program, 1
        and a sentence when the overlay cannot be made. Raises ``BadRequest`` for a script that
        neither starts a container nor names an image.

        Inside, the script finds the environment of the job, but for its credentials, the job's
        directory (read-only) and the scratch directory at the same paths as outside. A job that
        ends by its exit code finds all that its request sets, and starts in its own working
        directory.
        """
        if spec.contained:
            return _site_environment(spec) + run_script("", "bash")
        if not spec.image:
            raise BadRequest(
                "JOBOBJ_REPO is missing in the job script: the singularity executor needs an image "
                "to run it in, such as "
                "registry/path:tag or the path of a .sif file on the cluster."
            )
        own = _of_request(spec) if spec.by_exit_code else ""
        credentials = "" if spec.by_exit_code else _credentials(spec)
        prepared = _site_environment(spec) + _PREPARED + _overlay(spec)
        return own + prepared + credentials + _start(spec, settings)


def _site_environment(spec: JobSpec) -> str:
    """What the user keeps for the site: modules to load, paths, proxies."""
    files = [".jarvice_custom_env", ".jarvice_cuda_env"][: 2 if spec.gpus else 1]
    return "".join(f'if [ -f "$HOME/{name}" ]; then . "$HOME/{name}"; fi\n' for name in files)


# Both programs' names for each variable: apptainer still reads singularity's, singularity knows
# only its own.
_PREPARED = r"""dssr_tool=$(type -P singularity || type -P apptainer) || {
    echo "Node $(uname -n) has neither singularity nor apptainer on its PATH: install one of" \
        "them, or load it in ~/.jarvice_custom_env." >&2
    exit 127
}
if [ -n "$JARVICE_SINGULARITY_TMPDIR" ]; then
    export SINGULARITY_TMPDIR="$JARVICE_SINGULARITY_TMPDIR"
    export APPTAINER_TMPDIR="$JARVICE_SINGULARITY_TMPDIR"
fi
if [ -n "$SCHTTP_PROXY" ]; then export http_proxy="$SCHTTP_PROXY"; fi
if [ -n "$SCHTTPS_PROXY" ]; then export https_proxy="$SCHTTPS_PROXY"; fi
if [ -n "$SCNO_PROXY" ]; then export no_proxy="$SCNO_PROXY"; fi
dssr_options+=(--bind "$DSSR_JOB_DIR:$DSSR_JOB_DIR:ro")
# The home directory is bound too, and the job's directory may be in it: the file with the
# credentials is covered.
if [ -e "$DSSR_JOB_DIR/secrets" ]; then
    dssr_options+=(--bind "/dev/null:$DSSR_JOB_DIR/secrets:ro")
fi
if [ -d "$JARVICE_JOB_SCRATCH_DIR" ]; then dssr_options+=(--bind "$JARVICE_JOB_SCRATCH_DIR"); fi
"""


def _overlay(spec: JobSpec) -> str:
    """A persistent overlay of the node's own; a requeued job finds a fresh one."""
    if not spec.overlay_mb:
        return "dssr_options+=(--writable-tmpfs)\n"
    return f"""dssr_overlay="$DSSR_WORK_DIR/overlay.$PROCESS_PROCID.img"
{_OVERLAY_MADE}
dssr_make_overlay {max(spec.overlay_mb, _SMALLEST_OVERLAY)} >/dev/null || {{
    echo "The overlay $dssr_overlay of {spec.overlay_mb} MB could not be made on node" \
        "$(uname -n)." >&2
    exit 1
}}
dssr_options+=(--overlay "$dssr_overlay")
"""


# Sparse where the program can: 600 MB of zeros for each node are a lot of traffic on a shared file
# system. Older programs have no `overlay create`; mkfs.ext3 -d fills in the two directories that an
# overlay of an ordinary user must have.
_OVERLAY_MADE = r"""dssr_make_overlay() {
    local errors made sparse upper
    for sparse in --sparse ""; do
        rm -f "$dssr_overlay"
        errors=$("$dssr_tool" overlay create $sparse --size "$1" "$dssr_overlay" 2>&1) && return
    done
    rm -f "$dssr_overlay"
    upper=$(mktemp -d) || return
    mkdir "$upper/upper" "$upper/work"
    errors+=" "$({ truncate -s "${1}M" "$dssr_overlay" &&
        PATH=$PATH:/usr/sbin:/sbin mkfs.ext3 -q -F -d "$upper" "$dssr_overlay"; } 2>&1)
    made=$?
    rm -rf "$upper"
    [ "$made" = 0 ] || echo "$errors" >&2
    return "$made"
}"""


def _credentials(spec: JobSpec) -> str:
    """For the program that pulls the image, by environment: a command line shows in ps. Nothing
    else goes in."""
    return (
        _DECODED + f"unset {shlex.join(name for name, _ in spec.secrets)}\n" if spec.secrets else ""
    )


_DECODED = r"""if [ -n "$JARVICE_DOCKER_USERNAME" ]; then
    SINGULARITY_DOCKER_USERNAME=$(printf %s "$JARVICE_DOCKER_USERNAME" | base64 -d)
    SINGULARITY_DOCKER_PASSWORD=$(printf %s "$JARVICE_DOCKER_PASSWORD" | base64 -d)
    APPTAINER_DOCKER_USERNAME=$SINGULARITY_DOCKER_USERNAME
    APPTAINER_DOCKER_PASSWORD=$SINGULARITY_DOCKER_PASSWORD
    export SINGULARITY_DOCKER_USERNAME SINGULARITY_DOCKER_PASSWORD
    export APPTAINER_DOCKER_USERNAME APPTAINER_DOCKER_PASSWORD
fi
"""


def _of_request(spec: JobSpec) -> str:
    """What a request sets. The container program drops some variables, such as PATH, and the image
    sets others: each value goes in under another name, and gets its own inside. Those that would
    lead the programs of the node astray are as they are without the request."""
    names = [name for name, _ in spec.secrets]
    lines = [f'export {_passed(number)}="${name}"' for number, name in enumerate(names)]
    lines += [f"{name}={_ON_THE_NODE[name]}" for name in names if name in _ON_THE_NODE]
    return "\n".join([*lines, 'dssr_options=(--bind "$PWD" --pwd "$PWD")', ""])


_ON_THE_NODE = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LD_LIBRARY_PATH": "",
    "LD_PRELOAD": "",
}


def _inside(spec: JobSpec) -> tuple[str, ...]:
    """The words before the script's interpreter, which give each variable its own name."""
    if not spec.by_exit_code or not spec.secrets:
        return ()
    names = [name for name, _ in spec.secrets]
    exports = " ".join(f'{name}="${_passed(n)}"' for n, name in enumerate(names))
    dropped = " ".join(_passed(n) for n in range(len(names)))
    return ("/bin/sh", "-c", f'export {exports}; unset {dropped}; exec "$@"', "sh")


def _passed(number: int) -> str:
    return f"DSSR_VALUE_{number}"


def _start(spec: JobSpec, settings: Settings) -> str:
    flag = "-v" if settings.verbose else "-s"
    gpus = " --nv" if spec.gpus else ""
    inside = shlex.join((spec.image, *_inside(spec), *interpreter(spec.script, "/bin/sh")))
    command = f'"$dssr_tool" {flag} exec{gpus} "${{dssr_options[@]}}" {inside}'
    return f"exec {command} {script_words(spec.arguments)}"


plugin = Singularity
