// Spring Authorization Server in the smallest application that its documentation's "Getting Started" makes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { freePort, install as run } from '../lib/process.mjs';

const SOURCES = ['pom.xml', 'src/main/java/products/Application.java'];
export const product = { name: 'Spring Authorization Server', version: '7.0.6 (Spring Boot 4.0.7)' };

export async function install({ cache, folder }) {
  const digest = createHash('sha256').update(SOURCES.map((file) => readFileSync(join(folder, file))).join()).digest('hex');
  const stamp = join(cache, '.built');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  run('mvn', ['-q', '-B', `-Dproducts.build=${cache}`, 'package'], { cwd: folder });
  writeFileSync(stamp, digest);
}

export async function start({ cache, running, redirectUri }) {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const child = running.start('java', ['-jar', join(cache, 'spring.jar'), `--server.port=${port}`, '--server.address=127.0.0.1',
    `--products.issuer=${issuer}`, `--products.redirect-uri=${redirectUri}`]);
  await running.answers(`${issuer}/.well-known/openid-configuration`, child);
  return {
    issuer,
    profiles: ['oidc', 'oauth', 'security'],
    // Its clients get nothing without asking for it.
    scope: 'profile',
    client: { id: 'first', secret: 'first-secret', 'post-logout-redirect': true },
    'second-client': { id: 'second', secret: 'second-secret' },
    'public-client': { id: 'public' },
    // Nothing but this run uses its clients.
    'allow-destructive': true,
    user: { username: 'alice', password: 'correct-horse' },
  };
}
