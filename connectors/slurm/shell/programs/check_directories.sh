# Makes the directories $3 (state) and $4 (scratch), where they are named and if it can, and reports
# whether each belongs to this user alone: in a directory to which all users may write, another user
# may have been faster.
whole=yes

check() { # $1 directory, $2 the permissions that others must not have
    mkdir "$1" 2>/dev/null
    if ! [ -d "$1" ]; then
        echo "missing $1"
    elif ! [ -O "$1" ] || # a link has an owner, too
        [ -n "$(find "${1%/}" -maxdepth 0 ! -uid 0 ! -uid "$(id -u)")" ]; then
        echo "foreign $1"
    elif [ -n "$(find "$1" -maxdepth 0 -perm "$2")" ]; then
        echo "writable $1"
    elif [ -n "$(find "${1%/*/}/" -maxdepth 0 -perm -0002 ! -perm -1000)" ]; then
        echo "unguarded ${1%/*/}"
    else
        return
    fi
    whole=
}

[ -z "$3" ] || check "$3" /022
[ -z "$4" ] || check "$4" -0002
[ -z "$whole" ] || echo "own"
