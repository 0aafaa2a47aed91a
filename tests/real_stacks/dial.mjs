// Dials TLS servers as ioredis and node-redis do. A line of stdin: number, port, CA file, host, with tabs between. A line
// of stdout: the number, and in base64 the error that the application sees, nothing where a byte came back.
import { readFileSync } from 'node:fs';
import { connect as tcp } from 'node:net';
import { connect as tls } from 'node:tls';

const AT_ONCE = 8;
const LIMIT = 10_000;

const dial = (port, ca, host) =>
  new Promise((resolve) => {
    const socket = tcp(port, '127.0.0.1');
    const end = (error) => {
      socket.destroy();
      resolve(error ? `${error.code}: ${error.message}` : '');
    };
    socket.setTimeout(LIMIT, () => end({ code: 'ETIMEDOUT', message: 'no answer' }));
    socket.on('error', end);
    socket.on('connect', () => {
      const secure = tls({ socket, host, ca: readFileSync(ca) });
      secure.on('error', end);
      secure.on('secureConnect', () => secure.write('PING\r\n'));
      secure.on('data', () => end());
      secure.on('close', () => end({ code: 'ECLOSED', message: 'closed without an answer' }));
    });
  });

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean);
const worker = async () => {
  for (let line; (line = lines.shift()); ) {
    const [number, port, ca, host] = line.split('\t');
    console.log(`${number}\t${Buffer.from(await dial(Number(port), ca, host)).toString('base64')}`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
