// Starts the issuer. See README.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { USER, sellerId } from './lib/accounts.mjs';
import { datasetSite, ordersFeed, registeredClients } from './lib/booking.mjs';
import { makeCertificate } from './lib/certificate.mjs';
import { CLIENT, INITIAL_ACCESS_TOKEN, configuration } from './lib/configuration.mjs';
import { Consents } from './lib/consents.mjs';
import { interactions } from './lib/interactions.mjs';
import { USAGE, UsageError, parseOptions } from './lib/options.mjs';

/** Writes the authority's certificate; returns its path and what undoes the writing. */
function writeCa(file, pem) {
  if (file) {
    const path = resolve(file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pem);
    return { path, clean: () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'oa-authtest-interop-'));
  const path = join(folder, 'ca.pem');
  writeFileSync(path, pem);
  return { path, clean: () => rmSync(folder, { recursive: true, force: true }) };
}

function listen(server, port) {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => done(server.address().port));
  });
}

/** Standard output carries one line and nothing else, but oidc-provider writes notices there, some while it is loaded. */
async function loadProvider(verbose) {
  const notice = verbose ? console.error : () => {};
  Object.assign(console, { log: notice, info: notice, warn: notice });
  return (await import('oidc-provider')).default;
}

async function start(options) {
  const Provider = await loadProvider(options.verbose);
  const certificate = await makeCertificate();
  const server = createServer({ key: certificate.key, cert: certificate.chain });
  const issuer = `https://localhost:${await listen(server, options.port)}`;
  const resource = `${issuer}/api`;
  const consents = new Consents();
  const settings = configuration({ issuer, resource, consents, ...options });
  const provider = new Provider(issuer, settings);
  provider.on('server_error', (_ctx, error) => console.error(error));
  const registered = new Set();
  provider.on('registration_create.success', (_ctx, client) => registered.add(client.clientId));
  provider.on('registration_delete.success', (_ctx, client) => registered.delete(client.clientId));

  const publicKeys = settings.jwks.keys.map(({ kty, n, e, kid, use, alg }) => ({ kty, n, e, kid, use, alg }));
  const routes = new Map([
    ['/api/orders-rpde', ordersFeed(provider, { keys: publicKeys })],
    ['/dataset', datasetSite(issuer)],
    ['/registered-clients', registeredClients(registered)],
  ]);
  const interact = interactions(provider, consents, resource);
  const openid = provider.callback();
  server.on('request', async (request, response) => {
    try {
      const path = request.url.split('?')[0];
      const handler = routes.get(path) ?? (path.startsWith('/interaction/') ? interact : openid);
      await handler(request, response);
    } catch (error) {
      console.error(error);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end();
    }
  });

  const ca = writeCa(options.caFile, certificate.ca);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    ca.clean();
    server.close();
    server.closeAllConnections();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A parent that dies, however it dies, closes this pipe.
  process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();

  process.stdout.write(`${JSON.stringify({
    issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    initialAccessToken: INITIAL_ACCESS_TOKEN,
    username: USER.username,
    password: USER.password,
    sellerId: sellerId(issuer),
    ordersFeedUrl: `${resource}/orders-rpde`,
    datasetSiteUrl: `${issuer}/dataset`,
    registeredClientsUrl: `${issuer}/registered-clients`,
    caFile: ca.path,
    pid: process.pid,
  })}\n`);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
  } else {
    await start(options);
  }
} catch (error) {
  process.stderr.write(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : `The issuer could not start: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
