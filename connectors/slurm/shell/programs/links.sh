# Makes links and directories: by the helper of this remote shell (helper.sh), or by processes.
# own must be unlike that of any other program that ran in this shell.
asked=0 helped=
newline='
'

send_helper() {
    asked=$((asked + 1))
    printf '%s\n' $(($# + 1)) "${own##*.}.$asked" "$@" >&8
}

# Has the helper do something; 125 when there is no helper, or when its answer was lost.
ask_helper() {
    [ -n "$dssr_has_helper" ] || return 125
    case $* in *"$newline"*) return 125 ;; esac
    send_helper "$@"
    while read -r tag code <&9; do
        [ "$tag" = "${own##*.}.$asked" ] || continue # an answer to an earlier user of this shell
        helped=yes
        return "$code"
    done
    return 125
}

# Makes the directories from $3 on, then the link $2 with the text $1. 1: there is something of that
# name; 2: it cannot be made.
make_link() {
    ask_helper link "$@" || case $? in
        1) return 1 ;;
        *) make_link_by_processes "$@" ;;
    esac
}

make_link_by_processes() {
    link_text=$1 link_name=$2 # no names of the programs': a function has no variables of its own
    shift 2
    [ $# = 0 ] || mkdir -p "$@" || return 2
    ln -sn "$link_text" "$link_name" 2>/dev/null && return
    readlink "$link_name" >/dev/null && return 1
    return 2
}

# Appends an entry with the text $1 to the journal, under the first free number, and sets serial to
# it. $2: a number that is taken; where it is old, the search begins at the newest shelf.
append() {
    serial=$2
    for shelf in "${state}journal"/*; do
        first=${shelf##*/}
        case $first in *[!0-9]*) continue ;; esac
        [ "$((first * 1000))" -le "$serial" ] || serial=$((first * 1000 - 1))
    done
    while :; do
        serial=$((serial + 1))
        shelf=${state}journal/$((serial / 1000))
        [ -L "$shelf/$serial" ] && continue
        make_link "$1" "$shelf/$serial" "$shelf" || case $? in
            1) continue ;; # another process was faster
            *) return 1 ;;
        esac
        return
    done
}

# Appends the submission of the job $id with the directory $dir and the output $output to the
# journal: an entry for each line of $2, the text of the job's file "about". $1: a number that is
# taken.
append_submission() {
    serial=$1 lines=$2 piece=0 directory=${dir#"$state"}
    while :; do
        case $lines in
            *"$newline"*)
                piece=$((piece + 1))
                append "p $directory $piece ${lines%%"$newline"*}" "$serial" || return
                lines=${lines#*"$newline"}
                ;;
            *) break ;;
        esac
    done
    append "s $directory $id  $lines	$output" "$serial"
}
