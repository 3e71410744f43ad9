#!/bin/sh
# Prints the end of a job's output, while the job runs and after it has ended.
#
#   output.sh [-n LINES] NAME NUMBER JOBID
#
# -n: so many lines (10000).
. "$(dirname "$0")/common.sh"
help "$@"

usage="output.sh [-n LINES] NAME NUMBER JOBID"
lines=10000
while getopts :n: option; do
    case $option in
        n) lines=$OPTARG ;;
        *) die 2 "-$OPTARG is no option, or lacks its value; usage: $usage" ;;
    esac
done
shift $((OPTIND - 1))
check_number LINES "$lines"
job_arguments "$usage" "$@"

unquote() { # the text of the JSON string on stdin, which is all that stands there
    LC_ALL=C awk '
    function code(hex,    i, value) {
        for (i = 1; i <= 4; i++) value = value * 16 + index("123456789abcdef", tolower(substr(hex, i, 1)))
        return value
    }
    function utf8(c) {
        if (c < 128) return sprintf("%c", c)
        if (c < 2048) return sprintf("%c%c", 192 + int(c / 64), 128 + c % 64)
        if (c < 65536) return sprintf("%c%c%c", 224 + int(c / 4096), 128 + int(c / 64) % 64, 128 + c % 64)
        return sprintf("%c%c%c%c", 240 + int(c / 262144), 128 + int(c / 4096) % 64, 128 + int(c / 64) % 64, 128 + c % 64)
    }
    BEGIN { plain["n"] = "\n"; plain["t"] = "\t"; plain["r"] = "\r"; plain["b"] = "\b"; plain["f"] = "\f" }
    {
        parts = split($0, part, /\\/)
        printf "%s", part[1]
        for (i = 2; i <= parts; i++) {
            letter = substr(part[i], 1, 1); rest = substr(part[i], 2)
            if (part[i] == "") printf "\\%s", part[++i] # two backslashes: the part between them is empty
            else if (letter != "u") printf "%s%s", letter in plain ? plain[letter] : letter, rest
            else {
                c = code(rest)
                if (c >= 55296 && c < 56320) # the first half of a character beyond 16 bits
                    c = 65536 + (c - 55296) * 1024 + code(substr(part[++i], 2)) - 56320
                printf "%s%s", utf8(c), substr(part[i], 6)
            }
        }
        print ""
    }'
}

if tail=$(printf '{"qs": {"lines": ["%s"]}}' "$lines" | post "/request/$name/$number/$jobid/tail" 2>/dev/null); then
    printf '%s\n' "$tail"
    exit 0
fi
# once /exitstatus was answered the job's files are gone, and the bridge has kept the end of the output
answer=$(printf %s "$job" | post /exitstatus) || exit
case $answer in
    '[-9,"00:00:00",[]]') die 3 "No job $name $number $jobid was ever submitted here." ;;
esac
printf '%s\n' "$answer" | sed 's/^[^"]*"[0-9:]*",\["//; s/","<< termination state: .*//' | unquote | tail -n "$lines"
