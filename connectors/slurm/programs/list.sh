# One directory of the cluster: itself, its directories, then its files. $3: its path. Symbolic links are left out.
cd / || exit 1
find "$3" -maxdepth 1 -type d -printf 'd %T@ %s %p\0' &&
    find "$3" -maxdepth 1 -type f -printf 'f %T@ %s %p\0'
