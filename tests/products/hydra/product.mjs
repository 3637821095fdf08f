// Ory Hydra with its database in memory, and a login and consent app of ours.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ask, freePort, install as run } from '../lib/process.mjs';

const VERSION = '2.3.0';
export const product = { name: 'Ory Hydra', version: VERSION };
const program = (cache) => join(cache, `hydra-${VERSION}`);

export async function install({ cache, folder }) {
  if (existsSync(program(cache))) return;
  run('go', ['build', '-mod=readonly', '-tags', 'sqlite,json1', '-o', program(cache), 'github.com/ory/hydra/v2'], { cwd: folder });
}

export async function start({ cache, folder, scratch, running, redirectUri }) {
  const [port, adminPort, appPort] = [await freePort(), await freePort(), await freePort()];
  const issuer = `http://localhost:${port}`;
  const admin = `http://localhost:${adminPort}`;
  const app = `http://localhost:${appPort}`;
  const config = join(scratch, 'hydra.json');
  writeFileSync(config, JSON.stringify({
    dsn: 'memory',
    log: { level: 'warn' },
    serve: { cookies: { same_site_mode: 'Lax' }, public: { host: 'localhost', port }, admin: { host: 'localhost', port: adminPort } },
    urls: { self: { issuer }, login: `${app}/login`, consent: `${app}/consent`, logout: `${app}/logout` },
    secrets: { system: ['this-is-a-secret-of-the-test-only'] },
    oidc: {
      dynamic_client_registration: { enabled: true },
      subject_identifiers: { supported_types: ['public'] },
    },
    // Hydra publishes no registration endpoint of its own accord.
    webfinger: { oidc_discovery: { client_registration_url: `${issuer}/oauth2/register` } },
  }));
  const child = running.start(program(cache), ['serve', 'all', '--dev', '--sqa-opt-out', '-c', config]);
  const pages = running.start(process.execPath, [join(folder, 'app.mjs'), admin, `${appPort}`]);
  await running.answers(`${issuer}/.well-known/openid-configuration`, child);
  await running.answers(`${app}/`, pages);
  const client = {
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: 'openid offline offline_access profile email',
  };
  for (const id of ['first', 'second']) {
    await ask(`${admin}/admin/clients`, { json: { ...client, client_id: id, client_name: id, client_secret: `${id}-secret`, token_endpoint_auth_method: 'client_secret_basic' } });
  }
  await ask(`${admin}/admin/clients`, {
    json: { ...client, client_id: 'public', client_name: 'public', grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' },
  });
  return {
    issuer,
    profiles: ['oidc', 'oauth', 'security'],
    // SQLite in memory answers writes that meet with a conflict (500).
    jobs: 1,
    client: { id: 'first', secret: 'first-secret' },
    user: { username: 'alice@example.com', password: 'correct-horse' },
  };
}
