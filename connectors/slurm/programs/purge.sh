# Forget jobs whose end was answered more than $3 minutes ago. $2 is not used.
find "${state}jobs" -mindepth 3 -maxdepth 3 -name answered -mmin "+$3" 2>/dev/null | while read -r answered; do
    rm -rf "${answered%/answered}"
done
find "${state}names" -mindepth 3 -maxdepth 3 -type l -mmin "+$3" 2>/dev/null | while read -r link; do
    [ -e "$link" ] || { rm -f "$link" && rmdir "${link%/*}" 2>/dev/null; }
done
find "${state}jobs" -mindepth 1 -maxdepth 1 -type d -empty -mmin +1440 -exec rmdir {} + 2>/dev/null
echo "purged"
