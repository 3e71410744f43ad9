"""The exit codes of all commands."""

DONE = 0
NOT_DONE = 1
USAGE = 2
REFUSED = 3
UNREACHABLE = 4
NOT_NOW = 5
TIME_LIMIT = 124
OWN_ERROR = 125
INTERRUPTED = 130

MEANINGS = {
    DONE: "done",
    NOT_DONE: "not done: there is no such job or file, or it is in another state",
    USAGE: "usage: an option, an argument or a setting is wrong",
    REFUSED: "refused: by the scheduler, or because the caller may not do this",
    UNREACHABLE: "no bridge or cluster can be reached",
    NOT_NOW: "not now: the same command may succeed later",
    INTERRUPTED: "interrupted by Ctrl-C, SIGTERM or SIGHUP",
}
# Of 'submit --wait', 'submit --follow' and 'wait', which end as the job did.
AS_THE_JOB = {
    TIME_LIMIT: "the job reached its time limit",
    OWN_ERROR: "the command itself failed, or the job ended without an exit code",
}
