// What both Node drivers share: an application that connects, sets and gets its keys, and tells what it was told.

import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const CONNECT = 6_000;
const KEYS = 8_000;
const FIRST_ROUND = 23_000;
const FURTHER_ROUND = 14_000;
const AT_ONCE = 64;
const SILENCE = 'no answer';

const said = new Set();
const inner = new Set();
let answers = {};
let crash;

/** Drives the library `name` of the folder `id`: the row and the request are the command line's. */
export async function application(id, name, plain, { events, connect }) {
  const [row, file] = process.argv.slice(2);
  const request = JSON.parse(readFileSync(file));
  const folder = `${process.env.REDIS_DOCTOR_CLIENTS}/${id}/${row}`;
  setTimeout(() => finish(request.keys), FIRST_ROUND + FURTHER_ROUND * ((request.rounds ?? 1) - 1));
  listen(request.keys);

  const library = createRequire(`${folder}/driver.cjs`)(name);
  const client = request.config
    ? (await load(request.config, folder)).cluster
    : plain(library, request, pem(request));
  for (const event of events) client.on(event, (error) => tell(said, error));
  const connected = await within(CONNECT, connect(client)).then(() => true, (error) => tell(said, error));

  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (let round = 1; round <= (request.rounds ?? 1); round++) {
    if (round > 1 && (await lines.next()).done) break;
    if (connected) await touch(client, request.keys);
    print(request.keys);
  }
  process.exit(0);
}

/** Everything that reaches a screen, and what the runtime knows of sockets whose errors a library keeps to itself. */
function listen(keys) {
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
    console[level] = (...words) => words.forEach((word) => tell(said, word));
  }
  process.on('warning', (warning) => tell(said, warning));
  // Either would have ended an application.
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => {
      tell(said, error);
      crash = `crashed: ${text(error)}`;
      finish(keys);
    });
  }
  const { emit, destroy } = Socket.prototype;
  Socket.prototype.emit = function (event, ...rest) {
    // What comes of a socket that the library has ended already says nothing of the server.
    if (event === 'error' && !this.writableEnded) tell(inner, rest[0]);
    return emit.call(this, event, ...rest);
  };
  Socket.prototype.destroy = function (error, ...rest) {
    if (error && !this.writableEnded) tell(inner, error);
    return destroy.call(this, error, ...rest);
  };
}

function pem({ ca, cert, key }) {
  const files = Object.entries({ ca, cert, key }).filter(([, path]) => path);
  return Object.fromEntries(files.map(([name, path]) => [name, readFileSync(path)]));
}

/** Imports an emitted file as if it lay in the application: bare imports resolve from the folder that a file is in. */
async function load(config, folder) {
  const copy = `${folder}/config-${process.pid}.mjs`;
  copyFileSync(config, copy);
  try {
    return await import(pathToFileURL(copy));
  } finally {
    rmSync(copy);
  }
}

/** SET and GET of every key, some at a time; a key that is not reached stays without an answer. */
async function touch(client, keys) {
  const all = async () => {
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      await Promise.all(keys.slice(from, from + AT_ONCE).map((key) => setAndGet(client, key)));
    }
  };
  await within(KEYS, all()).catch(() => {});
}

async function setAndGet(client, key) {
  try {
    await client.set(key, `value of ${key}`);
    const value = await client.get(key);
    answers[key] = value === `value of ${key}` ? null : `came back as ${value}`;
  } catch (error) {
    tell(said, error);
    answers[key] = text(error);
  }
}

async function within(milliseconds, work) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(SILENCE), milliseconds);
  });
  return Promise.race([work, silence]).finally(() => clearTimeout(timer));
}

/** An error and all that it carries along. */
function tell(where, error) {
  if (error !== SILENCE) where.add(text(error));
  for (const next of [error?.cause, error?.lastNodeError, ...(error?.errors ?? [])]) if (next) tell(where, next);
}

/** The code tells more than the name, which is `Error` for all that comes from Node itself. */
function text(error) {
  return error instanceof Error ? `${error.code ?? error.name}: ${error.message}` : String(error);
}

function finish(keys) {
  print(keys);
  process.exit(0);
}

function print(keys) {
  const all = Object.fromEntries(keys.map((key) => [key, key in answers ? answers[key] : (crash ?? SILENCE)]));
  process.stdout.write(`${JSON.stringify({ keys: all, said: [...said], inner: [...inner] })}\n`);
  said.clear();
  inner.clear();
  answers = {};
}
