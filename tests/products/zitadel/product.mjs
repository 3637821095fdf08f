// The example server of zitadel/oidc, unmodified: no registration, in-memory storage, two users.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, install as run } from '../lib/process.mjs';

const VERSION = '3.52.0';
export const product = { name: 'zitadel/oidc example server', version: VERSION };
const program = (cache) => join(cache, `op-${VERSION}`);

export async function install({ cache, folder }) {
  if (existsSync(program(cache))) return;
  run('go', ['build', '-mod=readonly', '-o', program(cache), 'github.com/zitadel/oidc/v3/example/server'], { cwd: folder });
}

export async function start({ cache, running, redirectUri }) {
  const port = await freePort();
  const issuer = `http://localhost:${port}/`;
  const child = running.start(program(cache), [], { env: { ...process.env, PORT: `${port}`, REDIRECT_URI: redirectUri } });
  await running.answers(`${issuer}.well-known/openid-configuration`, child);
  return {
    issuer,
    profiles: ['oidc', 'oauth', 'security'],
    client: { id: 'web', secret: 'secret' },
    'second-client': { id: 'api', secret: 'secret' },
    'public-client': { id: 'native' },
    // Nothing but this run uses its clients.
    'allow-destructive': true,
    user: { username: 'test-user@localhost', password: 'verysecure' },
  };
}
