"""All commands, in the order and the groups of ``dssr --help``, with a line about each.

Their modules are imported when they run: ``dssr --help`` needs none of them.
"""

JOBS = "Jobs"
FILES = "Files of jobs"
SERVICES = "Services"
CLUSTER = "The cluster"
BRIDGE = "The bridge"
PROGRAM = "This program"

GROUPS = {
    JOBS: {
        "submit": "Submit a batch script and print the job's id.",
        "jobs": "List jobs, newest first.",
        "job": "Show a job: its times, what it uses, its files, and why it is in its state.",
        "logs": "Print a job's output.",
        "why": "Explain why a job waits, runs, or ended as it did.",
        "wait": "Wait until jobs have ended, and exit as the job did.",
        "cancel": "Cancel jobs.",
        "hold": "Keep jobs that wait from starting.",
        "release": "Let held jobs start.",
        "events": "Print each change of a job's state.",
        "open": "Open a job in the browser.",
    },
    FILES: {
        "files": "List a job's files.",
        "get": "Download files of a job.",
        "put": "Upload files into a job's working directory.",
    },
    SERVICES: {
        "service": "Run web programs in jobs, each at one address that outlives its jobs.",
    },
    CLUSTER: {
        "cluster": "Show the cluster: whether it answers, partitions, nodes, the queue.",
    },
    BRIDGE: {
        "serve": "Serve the HTTP API until SIGTERM.",
        "settings": "Show the settings: what is set, and from where.",
        "token": "Make, list and revoke API tokens.",
        "doctor": "Examine a cluster as the bridge would use it; each fault has its cure.",
        "hostkey": "Show the host keys that the cluster presents, and which of them are trusted.",
    },
    PROGRAM: {
        "version": "Print the version.",
        "completion": "Print the shell's completion script.",
        "man": "Print or install the manual pages.",
    },
}
LINES = {name: line for group in GROUPS.values() for name, line in group.items()}
