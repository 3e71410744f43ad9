# Functions for the scripts in this directory, which source this file. Needs a POSIX sh and curl.
#
#   DSSR_URL    the bridge; default http://127.0.0.1:5000
#   DSSR_KEY    user:password (JARVICE_SCHED_SERVER_KEY), if the bridge requires one; or
#   DSSR_TOKEN  a token that 'dssr token new' printed
#
# Exit codes: 0 done; 1 the job did not complete; 2 wrong arguments; 3 the bridge rejected the call;
# 4 the bridge cannot be reached; 5 try again later. The bridge's error message is on stderr.

: "${DSSR_URL:=http://127.0.0.1:5000}"
: "${DSSR_KEY:=}"
: "${DSSR_TOKEN:=}"
newline='
'

# help "$@": if an argument is -h or --help, prints the comment at the top of the script and exits.
help() {
    for word; do
        case $word in
            -h | --help) sed -n '1d; /^#/!q; s/^# \{0,1\}//p' "$0"; exit 0 ;;
        esac
    done
}

# die CODE SENTENCE
die() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

# get PATH: prints the response. On an error, prints the bridge's message and returns 3, 4 or 5.
get() {
    call "$1" </dev/null
}

# post PATH, with a JSON object on stdin: the same.
post() {
    call "$1" -H 'Content-Type: application/json' --data-binary @-
}

# call PATH [OPTION_OF_CURL...]
call() {
    path=$1
    shift
    set -- "$@" -sS --connect-timeout 10 --max-time 60 --config /dev/fd/3 -w '\n%{http_code}'
    got=$(curl "$@" "$DSSR_URL$path" 3<<END
$(credentials)
END
    ) || return 4
    body=${got%"$newline"*}
    body=${body%"$newline"}
    case ${got##*"$newline"} in
        200) printf '%s\n' "$body" ;;
        429 | 503) printf '%s\n' "$body" >&2; return 5 ;;
        *) printf '%s\n' "$body" >&2; return 3 ;;
    esac
}

# Prints curl's configuration: a command line would show the secret to all users of the machine.
credentials() {
    if [ -n "$DSSR_TOKEN" ]; then
        printf 'header = "Authorization: Bearer %s"\n' "$(escape "$DSSR_TOKEN")"
    elif [ -n "$DSSR_KEY" ]; then
        printf 'user = "%s"\n' "$(escape "$DSSR_KEY")"
    fi
}

escape() {
    printf %s "$1" | sed 's/[\\"]/\\&/g'
}

# check_name VALUE. The characters of a job name need no quoting in JSON or in a URL.
check_name() {
    case $1 in
        '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._@+=,-]*)
            die 2 "'$1' cannot be a job name: use A-Z a-z 0-9 . _ @ + = , -"
            ;;
    esac
}

# check_number WHAT VALUE
check_number() {
    case $2 in
        '' | *[!0-9]*) die 2 "$1 must be a number, not '$2'" ;;
    esac
}

# job_arguments USAGE "$@": sets name, number and jobid, and job, the JSON object with all three.
job_arguments() {
    [ $# -eq 4 ] || die 2 "usage: $1"
    name=$2 number=$3 jobid=$4
    check_name "$name"
    check_number NUMBER "$number"
    check_number JOBID "$jobid"
    job="{\"name\": \"$name\", \"number\": $number, \"jobid\": \"$jobid\"}"
}
