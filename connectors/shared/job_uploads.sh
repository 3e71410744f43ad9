# Uploads of a job's files, read before job_files.sh, whose words and functions they use.

# Ends with why the target's directory cannot be made.
no_directory() {
    above=${target%/*}
    while [ ! -e "$above" ]; do above=${above%/*}; done
    [ -d "$above/" ] || verdict refused "'${above##*/}' is a file, not a directory"
    verdict refused "$(reason "$error")"
}

# Sets part to the file of an upload that has arrived up to byte $offset or further, and arrived to
# how far that is, which its name says: bytes behind that are of parts that are being written, or of
# one that was cut off.
find_part() {
    part='' most=0
    set +f
    for each in "./$mark".*; do
        [ -f "$each" ] && [ ! -L "$each" ] && [ "${each##*.}" -ge "$most" ] || continue
        most=${each##*.}
        [ "$most" -lt "$offset" ] || part=$each
    done
    set -f
    arrived=$most
    [ -n "$part" ]
}

# The same; a part that comes while the one before it is being written is written into the same file
# at once, each in its own place.
find_place() {
    find_part && return
    [ "$patience" -gt 0 ] && [ "$arrived" -gt 0 ] && part=./$mark.$arrived
}

# The same as find_part; waits for the part before this one, at most $patience times.
await_part() {
    nap=0.02
    until find_part; do
        [ "$patience" -gt 0 ] || return 1
        patience=$((patience - 1))
        sleep $nap
        [ "$patience" -gt 30 ] || nap=0.1 # each look costs the login node a process
    done
}

# Removes the bytes of the part's file from $1 on. Not by truncate(1), which follows links; nor with
# seek_bytes, by which dd removes them all where $1 is less than a block.
cut_off() {
    dd if=/dev/null of="$part" bs=1 seek="$1" conv=nocreat oflag=nofollow,nonblock \
        status=none 2>/dev/null
}

# Prints the next $1 bytes of the part that comes with the command.
part_bytes() {
    dd bs=128k count="$1" iflag=fullblock,count_bytes status=none <&4
}

# Ends with why a part was not written. What there is of it takes no room; but what the part behind
# it has written stays.
no_more() {
    [ "$offset" -lt "$arrived" ] || [ "$(stat -c %s -- "$part")" -gt "$((offset + size))" ] ||
        cut_off "$offset"
    [ "$arrived" -gt 0 ] || rm -f -- "$part"
    verdict refused "$(reason "$error")"
}

# Writes the part's bytes into its file. $1: how dd opens it. Otherwise sets error to why not.
write_bytes() {
    error=$(
        exec dd of="$part" bs=128k seek="$offset" count="$size" conv="$1" status=noxfer \
            iflag=fullblock,count_bytes oflag=seek_bytes,nofollow,nonblock 2>&1
    ) && unread=0 && return
    case $error in
        *'failed to open'*) return 1 ;;
        *' records in'*) # behind the reason: how many blocks it has read
            blocks=${error%% records in*} blocks=${blocks##*[!0-9+]}
            error=${error%%?"$blocks records in"*}
            [ "${blocks#*+}" -eq 0 ] || blocks=$((${blocks%+*} + 1)) # the last one is smaller
            unread=$((size - ${blocks%+*} * 131072))
            [ "$unread" -gt 0 ] || unread=0
            ;;
        *) unread=0 ;; # not known: the transport's shell ends if there is something
    esac
    return 1
}

# Writes the first part of an upload, which begins it anew.
begin_file() {
    remove "./$mark"
    part=./$mark.0 arrived=0 file=''
    write_bytes notrunc || no_more
}

# Writes a part behind the first, and sets file to the device and inode that it is written to. The
# name of the file changes when the part before this one has arrived.
write_behind() {
    if ! find_place; then
        ! is_here || found "$name"
        verdict gap "$arrived"
    fi
    file=$(stat -c '%d %i' -- "$part" 2>/dev/null)
    until write_bytes notrunc,nocreat; do
        find_place || verdict gap "$arrived"
        [ "$(reason "$error")" = 'No such file or directory' ] || no_more
    done
    await_part || verdict gap "$arrived"
}

# $mark: the name that the file has until it is complete, but for how much of it has arrived.
write_part() {
    unread=$size
    only_below_base "$@"
    set -- "$below"
    find_target "$@"
    [ -d "${target%/*}/" ] || error=$(mkdir -p -- "${target%/*}/" 2>&1) || no_directory
    enter_parent "$@"
    [ ! -d "./$name" ] || verdict directory
    [ ! -e "./$name" ] || [ -f "./$name" ] || verdict outside
    [ -n "$overwrite" ] || [ ! -e "./$name" ] || [ "$offset" -gt 0 ] || verdict exists
    if [ "$offset" -gt 0 ]; then
        write_behind
    else
        begin_file
    fi
    keep "$((offset + size))"
}

# Gives the part's file the name that says that all up to byte $1 has arrived.
keep() {
    facts=$(stat --printf "%s f %d %i $1 %.9Y " -- "$part" 2>/dev/null) || verdict gap 0
    [ "${facts%% *}" -ge "$1" ] || verdict gap "$arrived"
    # By now the name may be that of the same upload, begun anew.
    [ "${facts#* f $file}" != "$facts" ] || verdict gap "$arrived"
    if [ "$1" -eq "$total" ]; then
        finish "${facts%% *}"
        found "$name"
    fi
    if [ "$1" -gt "$arrived" ]; then
        error=$(mv -fT -- "$part" "./$mark.$1" 2>&1) || verdict refused "$(reason "$error")"
    fi
    printf '%s\0' "${facts#* }"
    verdict found
}

# Removes all files whose names begin with $1 and a dot.
remove() {
    set +f
    rm -f -- "$1".*
    set -f
}

# Whether this is the last part again, of a file that is complete.
is_here() {
    [ "$offset" -gt 0 ] && [ "$((offset + size))" -eq "$total" ] && [ -f "./$name" ] || return 1
    [ "$(stat -c %s -- "./$name")" -eq "$total" ] || return 1
    unread=0
    part_bytes "$size" | {
        dd if="./$name" bs=128k skip="$offset" iflag=skip_bytes,nofollow,nonblock status=none |
            cmp -s - /dev/fd/5
        same=$?
        cat >/dev/null
        exit $same
    } 5<&0
}

# Gives a complete file its name: no other process sees a part of it. Unfinished ones of the same
# upload end with it, and those in its directory that no part has reached for a week. $1: its size.
finish() {
    [ "$1" -eq "$total" ] || cut_off "$total"
    [ -z "$is_program" ] || chmod +x -- "$part"
    if [ -n "$overwrite" ]; then
        error=$(mv -fT -- "$part" "./$name" 2>&1) || verdict refused "$(reason "$error")"
    else
        ln -T -- "$part" "./$name" 2>/dev/null || verdict exists
    fi
    remove "./${mark%.*}"
    find . -maxdepth 1 -type f -name '.dssr-upload.*' -mtime +6 -delete 2>/dev/null || :
}

# $mark: the name that the file has until it is complete, without its size and how much has arrived.
arrived() {
    only_below_base "$@"
    set -- "$below"
    find_target "$@"
    enter_parent "$@"
    newest=./$mark
    set +f
    for each in "./$mark".*.*; do
        [ -f "$each" ] || continue
        [ -e "$newest" ] && [ "$newest" -nt "$each" ] || newest=$each
    done
    set -f
    [ -f "$newest" ] || verdict absent 'No such file or directory'
    stat --printf "f %d %i ${newest##*.} %.9Y \0" -- "$newest" || missing "$newest"
    verdict found
}

