# Sourced by the `setup` of the Python libraries.

# install_rows CLIENT ROW…: a virtual environment for each row, from the hashes in requirements-ROW.txt beside the script.
install_rows() {
    local client=$1 row here
    here=$(cd "$(dirname "$0")" && pwd)
    shift
    for row in "$@"; do
        install_row "$REDIS_DOCTOR_CLIENTS/$client/$row" "$here/requirements-$row.txt" || {
            echo "$client $row: not installed" >&2
            return 1
        }
    done
}

install_row() {
    local venv=$1 requirements=$2
    ! cmp --silent "$requirements" "$venv/installed.txt" || return 0
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv" >&2 &&
        "$venv/bin/python" -m pip install --quiet --no-cache-dir --require-hashes -r "$requirements" >&2 &&
        cp "$requirements" "$venv/installed.txt"
}
