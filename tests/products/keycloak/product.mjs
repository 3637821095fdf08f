// Keycloak, as `start-dev` starts it, with a realm that has its stock policies.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ask, freePort, install as run } from '../lib/process.mjs';

const VERSION = '26.7.0';
export const product = { name: 'Keycloak', version: VERSION };
const folderOf = (cache) => join(cache, `keycloak-${VERSION}`);

export async function install({ cache }) {
  if (existsSync(join(folderOf(cache), 'version.txt'))) return;
  run('mvn', ['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy',
    `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`, `-DoutputDirectory=${cache}`]);
  const archive = join(cache, `keycloak-quarkus-dist-${VERSION}.zip`);
  // `jar` comes with the JDK; it unpacks no permissions, which bash does not need.
  run('jar', ['xf', archive], { cwd: cache });
  rmSync(archive);
}

export async function start({ cache, running, redirectUri }) {
  const [port, management] = [await freePort(), await freePort()];
  const home = folderOf(cache);
  rmSync(join(home, 'data'), { recursive: true, force: true });
  const child = running.start('bash', [join(home, 'bin/kc.sh'), 'start-dev', '--http-host', '127.0.0.1', '--http-port', `${port}`, '--http-management-port', `${management}`], {
    env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin' },
  });
  const base = `http://localhost:${port}`;
  await running.answers(`${base}/realms/master/.well-known/openid-configuration`, child);

  const token = (await ask(`${base}/realms/master/protocol/openid-connect/token`, {
    form: { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: 'admin' },
  })).json().access_token;
  const admin = async (path, json) => (await ask(`${base}/admin${path}`, { json, headers: { authorization: `Bearer ${token}` } }));
  await admin('/realms', { realm: 'products', enabled: true });
  const client = {
    redirectUris: [redirectUri],
    attributes: { 'post.logout.redirect.uris': redirectUri },
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
  };
  for (const clientId of ['first', 'second']) {
    await admin('/realms/products/clients', { ...client, clientId, secret: `${clientId}-secret`, serviceAccountsEnabled: true });
  }
  await admin('/realms/products/clients', { ...client, clientId: 'public', publicClient: true });
  await admin('/realms/products/users', {
    username: 'alice',
    enabled: true,
    email: 'alice@example.com',
    emailVerified: true,
    firstName: 'Alice',
    lastName: 'Liddell',
    credentials: [{ type: 'password', value: 'correct-horse', temporary: false }],
  });
  const initial = (await admin('/realms/products/clients-initial-access', { count: 10_000, expiration: 0 })).json().token;
  return {
    issuer: `${base}/realms/products`,
    profiles: ['oidc', 'oauth', 'security'],
    client: { id: 'first', secret: 'first-secret' },
    user: { username: 'alice', password: 'correct-horse' },
    registration: { 'initial-access-token': initial },
  };
}
