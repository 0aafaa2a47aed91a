# What the setup and drive of redis-rs and fred share. Read by `source`; $here is the client's folder.
set -euo pipefail
id=$(basename "$here")
into=${REDIS_DOCTOR_CLIENTS:?}/$id

# Downloads to CARGO_HOME, builds in $into. Cargo leaves alone what is built already.
rust_setup() {
    mkdir -p "$into"
    command -v cargo >/dev/null || give_up "cargo is not installed"
    env -u REDIS_DOCTOR_MAP cargo build --quiet --locked --manifest-path "$here/Cargo.toml" \
        --target-dir "$into/target" >"$into/log" 2>&1 || give_up "cargo build failed: see $into/log"
    put_in_place "$into/driver"
}

# rust_drive ROW REQUEST: an emitted file is compiled in first, which takes a second or two.
rust_drive() {
    local config driver=$into/driver
    config=$(sed -n 's/.*"config": *"\([^"]*\)".*/\1/p' "$2")
    if [ -n "$config" ]; then
        driver=$into/with/$(sha256sum "$config" | cut -c1-16)
        mkdir -p "$into/with"
        # One build at a time: they share the compiled crates and the place of the binary.
        exec 9>"$into/lock"
        flock 9
        [ -x "$driver" ] || build_with "$config" "$driver"
        exec 9>&-
    fi
    exec "$driver" "$1" "$2"
}

build_with() {
    REDIS_DOCTOR_MAP=$1 cargo build --quiet --offline --locked --manifest-path "$here/Cargo.toml" \
        --target-dir "$into/target" >&2
    put_in_place "$2"
}

# Under a name of its own: the next build takes the place of target/debug/driver.
put_in_place() {
    cp "$into/target/debug/driver" "$1.$$"
    mv "$1.$$" "$1"
}

give_up() {
    echo "$id: $1" >&2
    exit 1
}
