# Makes the examination's own directories below the state directory $1 and the scratch directory $2
# (empty: the default ones), with a word $3 in their names, and reports what each can take.
umask 077
export LC_ALL=C
state=${1:-$HOME/.jarvice/state/} scratch=${2:-$HOME/} word=$3

# The directories on the way to $2 that are not there yet, the deepest first. $1: state or scratch.
missing_on_the_way() {
    way=${2%/}
    while [ -n "$way" ] && ! [ -d "$way" ]; do
        printf '%s\n' "$1.made $way"
        way=${way%/*}
    done
}

# The deepest place on the way to $1 that is there: "MODE OWNER PATH".
barrier() {
    way=${1%/}
    while [ -n "$way" ] && ! [ -e "$way" ]; do way=${way%/*}; done
    stat -c '%a %U %n' "${way:-/}" 2>/dev/null
}

# A file system without room takes a file without content, and some report an error only when what
# was written is forced out.
fill() {
    dd if=/dev/zero of="$1" bs=65536 count=16 conv=fsync 2>&1 >/dev/null |
        sed -n 's/^dd: //p' | head -n 1
    [ "$(wc -c <"$1")" -eq 1048576 ] || echo "only a part of a file could be written"
}

# The fourth column of df: what is available.
free_of() {
    df "$1" "$2" 2>/dev/null | tail -n 1 | {
        read -r _ _ _ free _
        echo "$free"
    }
}

examine() { # $1 state or scratch, $2 the directory, $3 the one to be made in it
    echo "$1.path $2"
    missing_on_the_way "$1" "$3"
    why=$(mkdir -p "$3" 2>&1) && why=$(fill "$3/fill")
    rm -f "$3/fill" 2>/dev/null
    [ -z "$why" ] || printf '%s\n' "$1.why $why" | head -n 1
    [ -z "$why" ] || echo "$1.barrier $(barrier "$3")"
    [ -n "$why" ] || printf '%s\n' "$word" >"$3/token"
    echo "$1.own $3/"
    echo "$1.free $(free_of -Pk "$3")"
    echo "$1.files $(free_of -Pi "$3")"
    echo "$1.kind $(stat -f -c %T "$3" 2>/dev/null)"
}

examine state "$state" "${state}doctor.$word"
examine scratch "$scratch" "${scratch}.jarvice/doctor.$word"

# Jobs whose files something else than the bridge has removed. The bridge renames a job's directory
# before it removes it, and removes its name in the same run. A submission fills a new directory
# before it elects a job.
lost=0 all=0
for job in $(find "${state}jobs" -mindepth 2 -maxdepth 2 -type d ! -name '*.gone' 2>/dev/null |
    head -n 2000); do
    all=$((all + 1))
    [ -f "$job/about" ] || [ -f "$job/sbatch.out" ] ||
        { ! readlink "$job/elected" && [ -z "$(find "$job" -maxdepth 0 -mmin +2)" ]; } ||
        lost=$((lost + 1))
done >/dev/null
echo "jobs $all"
echo "lost $lost"
links=$(find "${state}names" -mindepth 3 -maxdepth 3 -xtype l 2>/dev/null | head -n 2000 | wc -l)
echo "dangling $links"
