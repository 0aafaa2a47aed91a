// node driver.mjs without HOST PORT CA   connects as an application does that knows the seed and the CA, no more
// node driver.mjs with MAPFILE           connects as the emitted map says, then SET and GET in every slot

import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import { load } from '../load.mjs';
import { conclude, touchEverySlot } from '../slots.mjs';

const [mode, ...rest] = process.argv.slice(2);
let last;

// `dnsLookup` is what its README asks for with TLS: else the seed itself is verified by its resolved IP.
function plain(host, port, ca) {
  return new Cluster([{ host, port: Number(port) }], {
    dnsLookup: (name, done) => done(null, name),
    redisOptions: { tls: { ca: readFileSync(ca) } },
  });
}

const cluster = mode === 'with' ? (await load(rest[0], import.meta.dirname)).cluster : plain(...rest);
// 6.0 retries for ever by default: the reason is only in the events, for a discovered node only in `node error`.
cluster.on('error', (error) => (last ??= error));
cluster.on('node error', (error) => (last = error));

await conclude(
  () => touchEverySlot((key, value) => cluster.set(key, value), (key) => cluster.get(key)),
  () => last,
  mode === 'with' ? 30_000 : 3_000,
);
