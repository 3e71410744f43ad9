# A file or directory of a job, after inside.sh. $1: what to do; $2 to $7: its own words; $8: the
# directory that paths begin in; $9: the path; $10: the bridge's state directory, '' for the usual
# one; $11: patterns of names that are never served, with '/' between; $12: a root that must not be
# a symbolic link, '' for none; the other words: the roots, '' for the home directory.
#
# The last line of stderr says what came of it; stdout has what was asked for. A file or directory
# is described by its kind, device, inode, size, time and name, with a NUL behind them.
#
# What is opened is what was checked: the shell enters the directory, asks the kernel where it is
# then, and opens the file by its name alone. There dd follows no link (nofollow) and does not wait
# for the other end of a pipe (nonblock).

LC_ALL=C
export LC_ALL
exec 3>&1 4<&0

# Ends with the word $1, and $2 behind it. Of a part that comes with the command, nothing is left
# unread (see Purpose.UPLOAD).
verdict() {
    [ "$unread" -eq 0 ] || part_bytes "$unread" >/dev/null
    printf '%s\n' "$1${2:+ $2}" >&2
    exit 0
}

# The system's words at the end of a command's message.
reason() {
    printf '%s' "${1##*: }"
}

missing() {
    verdict absent "$(reason "$(stat -L -- "$1" 2>&1 >/dev/null)")"
}

# Whether the real path $1 leads to what is never served, wherever that is.
is_secret() {
    ! is_in "$1" ${state:+"$state"} || return 0
    case $1 in */.jarvice/jobs/*/secrets) # a job's credentials
        job=${1%/secrets}
        case ${job%/*} in */.jarvice/jobs) return 0 ;; esac
        ;;
    esac
    for part in $1; do
        for pattern in $secret; do
            case $part in $pattern) return 0 ;; esac
        done
    done
    return 1
}

# Ends where the real path $1 is not to be served.
check() {
    checked=$1
    shift
    is_in "$checked" "$@" && ! is_secret "$checked" || verdict "$refusal"
}

# Enters the directory that target is in. Whether it is there, and target's name leads nowhere else.
enter_plainly() {
    name=${target##*/}
    case $name in '' | . | ..) return 1 ;; esac
    enter "${target%/*}/" && [ ! -L "./$name" ]
}

# Sets target to where the path leads, or would lead.
find_target() {
    target=$base${path:+/$path}
    if enter_plainly; then # as for most files: no process is needed
        target=${PWD%/}/$name
    else
        # The second line keeps newlines at the end of the first, which the shell would drop.
        target=$(realpath -m -- "$target" / 2>/dev/null) || target=''
        target=${target%??}
    fi
    check "$target" "$@"
}

# Enters the target's directory, and sets name to what it is called there.
enter_parent() {
    name=${target##*/}
    [ -n "$name" ] || verdict outside
    enter "${target%/*}/" || missing "${target%/*}/."
    check "$PWD" "$@"
}

# Sets facts to the description of the file $1, or of the directory. Links were followed before: one
# that is here by now is not.
describe() {
    if [ -L "./$1" ]; then
        verdict outside
    elif [ -f "./$1" ]; then
        kind=f
    elif [ -d "./$1" ]; then
        kind=d
    elif [ -e "./$1" ]; then
        verdict outside
    else
        missing "./$1"
    fi
    facts=$(stat --printf "$kind %d %i %s %.9Y " -- "./$1" 2>/dev/null) || missing "./$1"
}

found() {
    describe "$1"
    printf '%s\0' "$facts"
    verdict found
}

list() {
    find_target "$@"
    enter "$target/" || missing "$target/."
    check "$PWD" "$@"
    [ -r . ] || verdict absent 'Permission denied'
    [ -z "$(find . -maxdepth 1 -type l -print -quit)" ] || list_links "$@"
    set -- -false
    for pattern in $secret; do
        set -- "$@" -o -name "$pattern"
    done
    facts='%D %i %s %T@ %P\0'
    find . -mindepth 1 -maxdepth 1 ! -name '.dssr-upload.*' ! -type l \
        '(' '(' "$@" ')' -printf "k $facts" -o -printf "%y $facts" ')'
    verdict found
}

# Describes what each link leads to, under the link's name: as "o" where that is not served.
list_links() {
    set +f
    for link in ./* ./.[!.]* ./..?*; do
        set -f
        [ -L "$link" ] || continue
        led=$(realpath -e -- "$link" 2>/dev/null && echo .)
        led=${led%??} kind=o
        if is_in "$led" "$@" && ! is_secret "$led" && ! is_secret "${link#.}"; then
            [ ! -f "$led" ] || kind=f
            [ ! -d "$led" ] || kind=d
        fi
        [ "$kind" != o ] || led=$link
        facts=$(stat --printf "$kind %d %i %s %.9Y " -- "$led" 2>/dev/null) &&
            printf '%s%s\0' "$facts" "${link#./}"
    done
    set -f
}

file() {
    find_target "$@"
    if enter "$target/"; then
        check "$PWD" "$@"
        found .
    fi
    enter_parent "$@"
    found "$name"
}

# Leaves the job's directory as the only root: no link leads a writer out of it.
only_below_base() {
    enter "$base" || missing "$base/."
    below=$PWD
    check "$below" "$@"
    refusal=elsewhere
}

# Whether the file is the one that $mark describes, as it was or with more behind its end.
is_same() {
    describe "$1"
    [ "$facts" != "$mark" ] || return 0
    known=${mark#* * * } now=${facts#* * * }
    [ "${facts% * * }" = "${mark% * * }" ] && [ "${now%% *}" -gt "${known%% *}" ]
}

# $mark: the description that the file has, before and after; it may grow meanwhile.
read_part() {
    find_target "$@"
    enter_parent "$@"
    is_same "$name" || verdict changed
    error=$(
        dd if="./$name" bs=128k skip="$offset" count="$size" status=none \
            iflag=skip_bytes,count_bytes,nofollow,nonblock 2>&1 >&3
    ) || verdict absent "$(reason "$error")"
    is_same "$name" || verdict changed
    verdict found
}

unread=0
what=$1 mark=$2 offset=$3 size=$4 total=$5 overwrite=$6 is_program=$7 patience=$8
base=$9
shift 9
path=$1 state=$2 secret=$3 own=$4 refusal=outside
shift 4
[ -z "$own" ] || [ -L "$own" ] || set -- "$own" "$@"
set -f # paths and patterns are split at each '/', and are not names of files
IFS=/
# No subshells: to start one takes as long as to read a megabyte.
for root; do # in place of each root its real path
    ! enter "${root:-${HOME-}}" || set -- "$@" "$PWD"
    shift
done
if enter "${state:-${HOME-}/.jarvice/state}"; then state=$PWD; else state=''; fi
"$what" "$@"
