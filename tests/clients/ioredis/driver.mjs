// node driver.mjs ROW REQUEST, a row being a major version of ioredis.

import { application } from '../application.mjs';

/** As its README has it; commands wait in a queue, so there is no connecting to wait for. */
function cluster({ Cluster }, { seeds, tls, server_name, username, password }, pem) {
  const redisOptions = { connectTimeout: 2_000 };
  if (tls) redisOptions.tls = { ...pem };
  if (tls && server_name) redisOptions.tls.servername = server_name;
  if (username) redisOptions.username = username;
  if (password) redisOptions.password = password;
  return new Cluster(seeds.map(([host, port]) => ({ host, port })), { redisOptions });
}

await application('ioredis', 'ioredis', cluster, {
  events: ['error', 'node error'],
  connect: async () => {},
});
