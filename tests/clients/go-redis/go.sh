# Read by setup and drive: everything that go keeps lands under $into.
id=go-redis
into=${REDIS_DOCTOR_CLIENTS:?}/$id
export GOMODCACHE=$into/modules GOCACHE=$into/built GOFLAGS='-mod=readonly -modcacherw -buildvcs=false' GOTOOLCHAIN=local

give_up() {
    echo "$id: $1" >&2
    exit 1
}
