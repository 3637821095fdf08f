// better-auth with its OAuth provider plugin: registration open, database in memory, pages of ours.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, install as run } from '../lib/process.mjs';

const OWN = new URL('./package.json', import.meta.url);
export const product = {
  name: 'better-auth with @better-auth/oauth-provider',
  version: JSON.parse(readFileSync(OWN, 'utf8')).dependencies['@better-auth/oauth-provider'],
};

export async function install({ cache, folder }) {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  copyFileSync(join(folder, 'server.mjs'), join(cache, 'server.mjs'));
  const stamp = join(cache, '.installed');
  const state = `${process.version} ${lock}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(folder, file), join(cache, file));
  run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: cache });
  writeFileSync(stamp, state);
}

export async function start({ cache, running, redirectUri }) {
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const child = running.start(process.execPath, [join(cache, 'server.mjs'), `${port}`, redirectUri]);
  const clients = (await running.answers(`${base}/clients`, child)).json();
  return {
    issuer: `${base}/api/auth`,
    profiles: ['oidc', 'oauth', 'security'],
    client: { id: clients.first.client_id, secret: clients.first.client_secret },
    user: { username: 'alice@example.com', password: 'correct-horse' },
  };
}
