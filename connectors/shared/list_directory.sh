# One directory of this machine, after inside.sh, if it is in one of the roots. $1: its path; the
# other words: the roots, '' for the home directory. Prints, with a NUL behind each, where it is
# (inside, absent and why, outside) and the entries: kind, time, size, name.

# Whether $1, a real path and two more characters, is in one of the roots. These are entered in
# subshells: this one stays where it is. The dot keeps newlines at the end of a path.
is_inside() {
    real=${1%??}
    shift
    for root; do
        root=$(enter "${root:-${HOME-}}" && printf '%s.' "$PWD") &&
            is_in "$real" "${root%?}" && return
    done
    return 1
}

path=$1
shift
case $path in /*) ;; *) printf 'outside\0' && exit ;; esac
# The directory that was entered is checked and listed, wherever the path leads by then.
if enter "$path"; then
    is_inside "$PWD/." "$@" || { printf 'outside\0' && exit; }
    [ -r . ] || { printf 'absent Permission denied\0' && exit; }
    printf 'inside\0'
    exec find . -maxdepth 1 '(' -type d -o -type f ')' -printf '%y %T@ %s %P\0'
fi
# The reason for a missing directory is reported within the roots, and nowhere else.
is_inside "$(realpath -m -- "$path" 2>/dev/null && echo .)" "$@" || { printf 'outside\0' && exit; }
printf 'absent %s\0' "$(LC_ALL=C stat -L -- "$path/." 2>&1 >/dev/null)"
