"""What runs in an interactive job's step, before its command: it claims ports of its own, and says
where the job's server is to be reached. Pure: text in, text out.

The file ``served.<run>`` in the job's directory has a line ``node port token ssh-port``, and a line
with the path of the screenshot that the job may offer. It appears as a whole, by a rename.

A port is claimed by binding it without SO_REUSEADDR, which fails if any socket has it. The socket
gets SO_REUSEADDR after that and never listens: Linux then lets a server bind the same port if it
sets SO_REUSEADDR, as servers do, and still refuses it to the next claim. So no port is found to be
free, let go, and hoped for. The holder ends with the step.
"""

from dataclasses import dataclass

from dssr.job import JobSpec

SCREENSHOT_BYTES = 8 << 20
_SERVICE_PORT, _SSH_PORT = 2228, 2227  # those of the contract

_HOLDER = """\
import os, socket, sys, time
low, high, wanted = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
parent, held = os.getppid(), []
size, begin = high + 1 - low, int.from_bytes(os.urandom(4), "big")
any_port = (low + (begin + n) % size for n in range(size))
os.closerange(3, 256)
for port in map(int, wanted or any_port):
    made = socket.socket()
    try:
        made.bind(("", port))
    except OSError:
        made.close()
        continue
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.append(made)
    if len(held) == 2:
        break
else:
    sys.exit(1)
print(*[made.getsockname()[1] for made in held], flush=True)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
while os.getppid() == parent:
    time.sleep(1)
"""

# The other nodes of a job use the ports that its first node has claimed.
_CLAIM = r"""
dssr_claim() {
    local python service ssh
    for python in python3 /usr/libexec/platform-python python; do
        type -P "$python" >/dev/null || continue
        read -r service ssh < <(exec "$python" -c "$dssr_holder" "$@" </dev/null 2>/dev/null) &&
            JARVICE_SERVICE_PORT=$service JARVICE_SSH_PORT=$ssh && return
    done
    return 1
}
dssr_served=$DSSR_JOB_DIR/served.$(readlink "$DSSR_JOB_DIR/run" || echo 0)
export JARVICE_SCREENSHOT=$DSSR_WORK_DIR/screenshot.png
if [ "$PROCESS_PROCID" = 0 ]; then
    dssr_claim {low} {high} || {
        JARVICE_SERVICE_PORT={service} JARVICE_SSH_PORT={ssh}
        echo "dssr: $PROCESS_NODENAME has no python3, or no two free ports from {low} to {high}:" \
            "the job has the ports {service} and {ssh}, which another program may have, too." >&2
    }
    dssr_token=$(head -c 24 /dev/urandom | base64 | tr -d '=\n' | tr +/ -_)
    (
        umask 077
        printf '%s\n' \
            "$PROCESS_NODENAME $JARVICE_SERVICE_PORT $dssr_token $JARVICE_SSH_PORT" \
            "$JARVICE_SCREENSHOT" >"$dssr_served.new" && mv "$dssr_served.new" "$dssr_served"
    )
else
    for (( dssr_try = 0; dssr_try < 60; dssr_try++ )); do
        # Listed, because NFS caches the absence of a name that is looked up.
        case " $(echo $(ls "$DSSR_JOB_DIR")) " in *" ${dssr_served##*/} "*) break ;; esac
        sleep 1
    done
    read -r _ JARVICE_SERVICE_PORT _ JARVICE_SSH_PORT <"$dssr_served"
    dssr_claim 0 0 "$JARVICE_SERVICE_PORT" "$JARVICE_SSH_PORT" ||
        echo "dssr: another program has a port of this job on $PROCESS_NODENAME." >&2
fi
unset dssr_token
export JARVICE_SERVICE_PORT JARVICE_SSH_PORT
"""


@dataclass(frozen=True)
class Served:
    """Where an interactive job's server is, as the job says it."""

    node: str
    port: int
    token: str
    screenshot: str  # a path

    @classmethod
    def parse(cls, text: str) -> "Served | None":
        """From the file; ``None`` for a text that is not whole."""
        first, _, rest = text.partition("\n")
        words = first.split()
        if len(words) != 4 or not words[1].isdigit():
            return None
        return cls(words[0], int(words[1]), words[2], rest.partition("\n")[0])


def claim(spec: JobSpec) -> str:
    """The bash lines."""
    low, high = spec.ports
    values = {"low": low, "high": high, "service": _SERVICE_PORT, "ssh": _SSH_PORT}
    text = _CLAIM
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return f"dssr_holder='{_HOLDER}'{text}"
