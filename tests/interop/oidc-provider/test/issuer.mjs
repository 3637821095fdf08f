// Starts the issuer as a child process and ends it again.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../issuer.mjs', import.meta.url));

/** Returns the issuer's own account of itself, its certificate authority (PEM) and a function that stops it. */
export async function startIssuer(...args) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise((done) => { child.once('exit', (code, signal) => done({ code, signal })); });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error('the issuer ended before it was ready');
  const about = JSON.parse(value);
  return {
    about,
    ca: readFileSync(about.caFile),
    exited,
    terminate: () => child.kill('SIGTERM'),
    /** Closes its standard input; resolves with how it ended and what else it wrote on standard output. */
    async stop() {
      child.stdin.end();
      const more = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) more.push(line.value);
      return { ...await exited, more };
    },
  };
}
