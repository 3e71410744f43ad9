# Enter submissions and ends in the journal. $2 is not used, $3 a word that no other call has, $4 a
# number of the journal that is taken ("-": write no entry); then for each entry its text, the job's
# directory, the file there that marks it as entered (empty: another user's directory), and the
# final answer to be recorded first (empty: none). Prints the number of each, and final answers that
# were recorded before: those count. An entry that cannot be made is left to another time.
own=$3 serial=$4 wrong= made=
shift 4
while [ $# -ge 4 ]; do
    text=$1 name=$2 dir=$state$2 mark=$3 answer=$4
    shift 4
    [ -n "$mark" ] && [ -e "$dir/$mark" ] && continue
    if [ -n "$answer" ]; then
        make_link "$answer" "$dir/final" || case $? in
            1)
                earlier=$(readlink "$dir/final")
                [ "$earlier" = "$answer" ] || {
                    echo "earlier $name $earlier"
                    continue
                }
                ;;
            *)
                wrong=$dir
                continue
                ;;
        esac
    fi
    number=$serial
    [ "$serial" = - ] || append "$text" "$serial" || {
        wrong=${state}journal serial=$number
        continue
    }
    [ -z "$mark" ] || true >"$dir/$mark"
    echo "serial $serial $name"
    made=yes
done
[ -z "$wrong" ] || [ -n "$made" ] || unwritable "$wrong"
echo "entered"
