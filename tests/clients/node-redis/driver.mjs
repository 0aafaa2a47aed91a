// node driver.mjs ROW REQUEST, a row being a major version of node-redis.

import { isIPv6 } from 'node:net';
import { application } from '../application.mjs';

/** As its README has it: seeds as URLs; what the discovered nodes need, in `defaults`. */
function cluster({ createCluster }, { seeds, tls, server_name, username, password }, pem) {
  const defaults = { socket: { connectTimeout: 2_000 } };
  if (tls) Object.assign(defaults.socket, { tls: true }, pem);
  if (tls && server_name) defaults.socket.servername = server_name;
  if (username) defaults.username = username;
  if (password) defaults.password = password;
  const scheme = tls ? 'rediss' : 'redis';
  // From a URL version 4 would take the brackets along and ask the resolver for them.
  const root = ([host, port]) => (isIPv6(host) ? { socket: { host, port } } : { url: `${scheme}://${host}:${port}` });
  return createCluster({ rootNodes: seeds.map(root), defaults });
}

await application('node-redis', 'redis', cluster, {
  events: ['error', 'node-error'],
  connect: (client) => client.connect(),
});
