// node driver.mjs without HOST PORT CA   connects as an application does that knows the seed and the CA, no more
// node driver.mjs with MAPFILE           connects as the emitted map says, then SET and GET in every slot

import { readFileSync } from 'node:fs';
import { createCluster } from 'redis';
import { load } from '../load.mjs';
import { conclude, touchEverySlot } from '../slots.mjs';

const [mode, ...rest] = process.argv.slice(2);
let last;

function plain(host, port, ca) {
  return createCluster({
    rootNodes: [{ url: `rediss://${host}:${port}` }],
    defaults: { socket: { tls: true, ca: readFileSync(ca) } },
  });
}

const cluster = mode === 'with' ? (await load(rest[0], import.meta.dirname)).cluster : plain(...rest);
// 6.3 neither resolves nor rejects connect() while a node fails its handshake: the reason is only in the events.
cluster.on('error', (error) => (last = error));
cluster.on('node-error', (error) => (last = error));

await conclude(
  async () => {
    await cluster.connect();
    return touchEverySlot((key, value) => cluster.set(key, value), (key) => cluster.get(key));
  },
  () => last,
  mode === 'with' ? 30_000 : 3_000,
);
