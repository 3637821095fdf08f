// Installs, starts and tests one product, and compares. scripts/products calls this; see CONTRIBUTING.md.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { differences, knownFailures, updated } from './lib/expected.mjs';
import { Product, ROOT, freePort, say } from './lib/process.mjs';
import { toml } from './lib/toml.mjs';

const { values: options, positionals: [name] } = parseArgs({
  allowPositionals: true,
  options: { agent: { type: 'string' }, 'report-dir': { type: 'string' }, update: { type: 'boolean', default: false } },
});
const folder = join(ROOT, 'tests/products', name);
const file = join(folder, 'expected.json');
const cache = join(ROOT, 'target/products', name);
const reports = resolve(options['report-dir']);
const scratch = mkdtempSync(join(tmpdir(), `oa-authtest-${name}-`));
const running = new Product(scratch);

/** Runs the suite against what has been started; resolves to its exit code. */
function suite(settings, expected) {
  const config = join(scratch, 'oa-authtest.toml');
  const known = join(scratch, 'known.toml');

  writeFileSync(config, toml(settings), { mode: 0o600 });
  writeFileSync(known, toml({ known: knownFailures(expected, options.agent) }));
  rmSync(join(reports, 'results.json'), { force: true });
  const flags = ['run', '--config', config, '--agent', options.agent, '--known', known, '--strict-known', '--fail-on', 'suggestion',
    '--report-dir', reports, '--quiet'];
  const child = spawn(join(ROOT, 'target/debug/oa-authtest'), flags, { stdio: ['ignore', 'inherit', 'inherit'], cwd: scratch });
  running.also(child);
  return new Promise((done, fail) => child.once('error', fail).once('exit', (code, signal) => done(code ?? signal)));
}

async function main() {
  const { product, install, start } = await import(join(folder, 'product.mjs'));
  mkdirSync(cache, { recursive: true });
  say(`Installing ${product.name} ${product.version} ...`);
  await install({ cache, folder });
  const redirectUri = `http://localhost:${await freePort()}/cb`;
  say(`Starting ${product.name} ...`);
  const began = Date.now();
  const settings = await start({ cache, folder, scratch, redirectUri, running });
  say(`Started in ${Math.round((Date.now() - began) / 1000)} s; testing with agent ${options.agent} ...`);

  const expected = JSON.parse(readFileSync(file, 'utf8'));
  const code = await suite({ 'redirect-uri': redirectUri, ...settings }, expected);
  if (![0, 1, 3].includes(code)) throw new Error(`oa-authtest run ended with ${code}; its messages are above`);
  const results = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8'));
  if (options.update) {
    writeFileSync(file, `${JSON.stringify(updated(expected, product, results, options.agent), null, 2)}\n`);
    say(`Wrote ${file}. Write why into each finding that has an empty \`why\`; then GOLDEN=write cargo test --test integration products.`);
    return 0;
  }
  const found = differences(expected, results, options.agent);
  const title = `${product.name} ${product.version}, agent ${options.agent}`;
  if (found.length === 0) {
    say(`${title}: all as expected. The report is ${join(reports, 'report.html')}`);
    return 0;
  }
  say(`${title}: ${found.length} differ${found.length === 1 ? 's' : ''} from ${file}:`);
  for (const line of found) say(`  - ${line}`);
  say(`The report is ${join(reports, 'report.html')}. If the product does so rightly, or wrongly but known, write it there (--update) with the reason.`);
  return 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(3));
process.on('exit', () => {
  running.stop();
  rmSync(scratch, { recursive: true, force: true });
});
try {
  process.exit(await main());
} catch (error) {
  say(`error: ${name}: ${error.message}`);
  process.exit(3);
}
