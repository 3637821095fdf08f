// better-auth as https://better-auth.com/docs/plugins/oauth-provider sets it up, with the login and consent pages that it leaves to its users.
import { createServer } from 'node:http';

import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import Database from 'better-sqlite3';

const [port, redirectUri] = process.argv.slice(2);
const base = `http://localhost:${port}`;
const USER = { name: 'Alice Liddell', email: 'alice@example.com', password: 'correct-horse' };

const auth = betterAuth({
  baseURL: base,
  secret: 'this-is-a-secret-of-the-test-only-0123456789',
  database: new Database(':memory:'),
  emailAndPassword: { enabled: true },
  // More requests than a user makes are what a test is.
  rateLimit: { enabled: false },
  disabledPaths: ['/token'],
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      allowDynamicClientRegistration: true,
      allowUnauthenticatedClientRegistration: true,
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();
await auth.api.signUpEmail({ body: USER });
const { headers } = await auth.api.signInEmail({ body: USER, returnHeaders: true });
const session = new Headers({ cookie: headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ') });
const clients = {};
for (const [name, method] of [['first', 'client_secret_basic'], ['second', 'client_secret_basic'], ['public', 'none']]) {
  clients[name] = await auth.api.adminCreateOAuthClient({
    headers: session,
    body: {
      client_name: name,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [redirectUri],
      token_endpoint_auth_method: method,
      grant_types: ['authorization_code', 'refresh_token', ...(method === 'none' ? [] : ['client_credentials'])],
      enable_end_session: true,
      // It takes loopback redirect URIs from native clients only.
      application_type: 'native',
    },
  });
}

const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(response, title, body) {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "frame-ancestors 'none'", 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  response.end(`<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1><form method="post">${body}</form></body></html>`);
}

const query = (search) => `<input type="hidden" name="oauth_query" value="${escape(search.replace(/^\?/, ''))}">`;
const loginForm = (search, problem = '') => `${problem}${query(search)}
<p><label>Email <input type="email" name="email"></label></p><p><label>Password <input type="password" name="password"></label></p><button type="submit">Log in</button>`;

/** Calls an endpoint of better-auth for the browser, as its client library does from a page, and goes where the answer says. */
async function call(request, response, path, body, onRefusal) {
  const answer = await auth.handler(new Request(`${base}/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base, cookie: request.headers.cookie ?? '' },
    body: JSON.stringify(body),
  }));
  const said = await answer.json().catch(() => ({}));
  const to = said.url ?? said.redirect_uri;
  if (!answer.ok || !to) return onRefusal(said);
  response.writeHead(303, { location: to, 'set-cookie': answer.headers.getSetCookie() });
  return response.end();
}

/** The name of the client that a consent page is about, as the client library asks for it. */
async function nameOfClient(request, id) {
  const answer = await auth.handler(new Request(`${base}/api/auth/oauth2/public-client?client_id=${encodeURIComponent(id)}`, {
    headers: { origin: base, cookie: request.headers.cookie ?? '' },
  }));
  const client = await answer.json().catch(() => ({}));
  return client?.client_name ?? id;
}

const handler = toNodeHandler(auth);
createServer(async (request, response) => {
  try {
    const { pathname, search } = new URL(request.url, base);
    if (pathname === '/clients') return response.end(JSON.stringify(clients));
    if (!['/sign-in', '/consent'].includes(pathname)) return await handler(request, response);
    if (request.method !== 'POST') {
      if (pathname === '/sign-in') return page(response, 'Log in', loginForm(search));
      const asked = new URLSearchParams(search);
      const name = await nameOfClient(request, asked.get('client_id') ?? '');
      return page(response, 'An application asks for access', `${query(search)}<p>${escape(name)} asks for: ${escape(asked.get('scope') ?? '')}</p>
<button type="submit" name="accept" value="true">Allow</button> <button type="submit" name="accept" value="false">Deny</button>`);
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const fields = new URLSearchParams(Buffer.concat(parts).toString());
    const oauth_query = fields.get('oauth_query');
    if (pathname === '/sign-in') {
      return await call(request, response, '/sign-in/email', { email: fields.get('email'), password: fields.get('password'), oauth_query }, (said) =>
        page(response, 'Log in', loginForm(oauth_query, `<p role="alert">${escape(said.message ?? 'That did not work.')}</p>`)));
    }
    return await call(request, response, '/oauth2/consent', { accept: fields.get('accept') === 'true', oauth_query }, (said) => {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end(JSON.stringify(said));
    });
  } catch (error) {
    console.error(error);
    response.writeHead(500, { 'content-type': 'text/plain' });
    return response.end('Something went wrong');
  }
}).listen(Number(port), 'localhost');
