# Asks a service's jobs for something; another user may have started them. $3 the parent of its
# folder (empty: the user's own), $4 its name, $5 restart or down, $6 the generation (0: the
# newest). Jobs of this user that wait are cancelled at once when the service is to go down.
trap '' HUP PIPE
parent=${3:-$HOME/.dssr/services} service=$4 what=$5 number=$6
folder=${parent%/}/$service
if ! [ -r "$folder/gen" ]; then
    why_unread "$folder/gen" "$3"
    exit 0
fi
find_newest
[ "$number" != 0 ] || number=$newest
if [ "$number" -lt 1 ] || [ "$number" -gt "$newest" ]; then
    echo "never $number"
    exit 0
fi
case $(stat -c %a "$folder") in 2???) umask 007 ;; *) umask 077 ;; esac
true 2>/dev/null >"$folder/requests/$number.$what" || unwritable "$folder/requests"
echo "asked $number"
[ "$what" = down ] || exit 0
while [ "$number" -gt 0 ] && [ "$number" -gt $((newest - 25)) ]; do
    if lists "$folder/gen" "$number" && ! lists "$folder/gen/$number" end &&
        [ "$(readlink "$folder/gen/$number/user")" = "$(id -un)" ] &&
        ! readlink "$folder/gen/$number/begun" >/dev/null && abandon "$number"; then
        : | write_end "$number" abandoned "The service was stopped before it began."
    fi
    number=$((number - 1))
done
