// Processes that end with this one, free ports, and waiting for what has been started.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** How long a product may take to start, in milliseconds. Keycloak builds itself at its first start. */
const START = 300_000;

/** Started in a session of its own, so that a signal to our process group does not end it first: starts its arguments in another, and ends all of that session when standard input closes, which it does with us, however we end. */
const GUARD = 'exec 3<&0; setsid "$@" </dev/null & child=$!; { read -r _ <&3; kill -- -$child; sleep 5; kill -9 -- -$child; } 2>/dev/null & wait $child';

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** A port of loopback that is free now. */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Runs an installer to its end; what it says goes to our standard error. */
export function install(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${error?.message ?? signal ?? status}. Is the package registry reachable?`);
}

/** Asks for JSON, or what there is; throws unless the status is a 2xx. */
export async function ask(url, { json, form, headers = {}, method } = {}) {
  const body = json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined;
  const response = await fetch(url, {
    method: method ?? (body ? 'POST' : 'GET'),
    headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
    body,
    redirect: 'manual',
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method ?? (body ? 'POST' : 'GET')} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return { text, headers: response.headers, json: () => JSON.parse(text) };
}

/** What has been started for a product. */
export class Product {
  #children = [];

  constructor(scratch) {
    this.log = join(scratch, 'product.log');
  }

  /** Starts a process of the product. What it writes goes to a log, whose end is shown if it does not start. */
  start(command, args, options = {}) {
    const log = openSync(this.log, 'a');
    const child = spawn('bash', ['-c', GUARD, 'guard', command, ...args], { stdio: ['pipe', log, log], detached: true, ...options });
    closeSync(log);
    child.stdin.on('error', () => {});
    this.#children.push(child);
    return child;
  }

  /** A child that is to end with us too. */
  also(child) {
    this.#children.push(child);
  }

  /** Waits until an address answers with a 2xx. */
  async answers(url, child) {
    const began = Date.now();
    for (;;) {
      try {
        return await ask(url);
      } catch (error) {
        const ended = child.exitCode !== null || child.signalCode !== null;
        if (ended || Date.now() - began > START) {
          say(readFileSync(this.log, 'utf8').split('\n').slice(-30).join('\n'));
          throw new Error(`${ended ? 'it ended at once' : `${url} did not answer in ${START / 1000} s`} (${error.cause?.message ?? error.message}); the end of its log is above`);
        }
        await new Promise((done) => setTimeout(done, 250));
      }
    }
  }

  stop() {
    for (const child of this.#children) {
      if (child.stdin) child.stdin.destroy();
      else child.kill();
    }
  }
}
