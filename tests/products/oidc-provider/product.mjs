// npm oidc-provider, set up as tests/interop/oidc-provider/README.md says.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT } from '../lib/process.mjs';

const INTEROP = join(ROOT, 'tests/interop/oidc-provider');
export const product = {
  name: 'oidc-provider',
  version: JSON.parse(readFileSync(join(INTEROP, 'package.json'), 'utf8')).dependencies['oidc-provider'],
};

/** scripts/products has installed it, as the other scripts do. */
export async function install() {}

/** Starts it with these arguments besides; resolves to the settings of a run. */
export async function startWith(more, { running, redirectUri }) {
  const flags = ['issuer.mjs', '--access-tokens', 'jwt', '--redirect-uri', redirectUri, ...more];
  const child = spawn(process.execPath, flags, { cwd: INTEROP, stdio: ['pipe', 'pipe', 'inherit'] });
  running.also(child);
  const { value: line, done } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  if (done) throw new Error('it ended at once; its messages are above');
  const about = JSON.parse(line);
  return {
    issuer: about.issuer,
    profiles: ['openactive', 'oidc', 'oauth', 'security'],
    scope: 'openactive-openbooking',
    client: { id: about.clientId, secret: about.clientSecret },
    user: { username: about.username, password: about.password },
    registration: { 'initial-access-token': about.initialAccessToken },
    tls: { 'ca-file': about.caFile },
    seller: { id: about.sellerId },
    'orders-feed': { url: about.ordersFeedUrl },
    'dataset-site': { url: about.datasetSiteUrl },
  };
}

export const start = (context) => startWith([], context);
