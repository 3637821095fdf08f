// The booking API's Orders feed, the dataset site and a list for tests, all on the issuer's own server.
import { createLocalJWKSet, jwtVerify } from 'jose';

import { AUDIENCE } from './configuration.mjs';
import { escape, page } from './pages.mjs';

const FEED_SCOPE = 'openactive-ordersfeed';

function json(response, status, type, body, headers = {}) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(JSON.stringify(body));
}

/** Refuses as RFC 6750 section 3 says: without an error code when there was no token at all. */
function refuse(response, status, error, description) {
  const challenge = [`realm="${AUDIENCE}"`];
  if (error) challenge.push(`error="${error}"`, `error_description="${description}"`);
  if (error === 'insufficient_scope') challenge.push(`scope="${FEED_SCOPE}"`);
  const body = { '@context': 'https://openactive.io/', '@type': 'UnauthenticatedError', description: description ?? 'An access token is needed.' };
  json(response, status, 'application/vnd.openactive.booking+json; version=1', body, { 'www-authenticate': `Bearer ${challenge.join(', ')}` });
}

/** Returns the scopes of a live access token of this issuer, or undefined. */
async function scopesOf(provider, keys, token) {
  if (token.split('.').length === 3) {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: provider.issuer, audience: AUDIENCE, typ: 'at+jwt' });
      return String(payload.scope ?? '').split(' ');
    } catch {
      return undefined;
    }
  }
  const found = await provider.ClientCredentials.find(token) ?? await provider.AccessToken.find(token);
  return found?.isValid ? [...found.scopes] : undefined;
}

/** Returns a handler of the Orders feed. `jwks` are the issuer's keys. */
export function ordersFeed(provider, jwks) {
  const keys = createLocalJWKSet(jwks);
  return async (request, response) => {
    const token = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) {
      refuse(response, 401);
      return;
    }
    const scopes = await scopesOf(provider, keys, token);
    if (!scopes) {
      refuse(response, 401, 'invalid_token', 'The access token is not valid.');
    } else if (!scopes.includes(FEED_SCOPE)) {
      refuse(response, 403, 'insufficient_scope', 'The access token does not cover the Orders feed.');
    } else {
      const feed = { next: `${provider.issuer}/api/orders-rpde`, items: [], license: 'https://creativecommons.org/licenses/by/4.0/' };
      json(response, 200, 'application/vnd.openactive.booking+json; version=1', feed);
    }
  };
}

/** Returns a handler of the dataset site, whose JSON-LD names the issuer. */
export function datasetSite(issuer) {
  const dataset = {
    '@context': ['https://schema.org/', 'https://openactive.io/'],
    '@type': 'Dataset',
    '@id': `${issuer}/dataset`,
    url: `${issuer}/dataset`,
    name: 'Acme Fitness Ltd Sessions and Facilities',
    description: 'Near real-time availability of sessions and facilities.',
    license: 'https://creativecommons.org/licenses/by/4.0/',
    publisher: { '@type': 'Organization', name: 'Acme Fitness Ltd', url: 'https://www.example.com' },
    accessService: {
      '@type': 'WebAPI',
      name: 'Open Booking API',
      endpointUrl: `${issuer}/api`,
      conformsTo: ['https://openactive.io/open-booking-api/EditorsDraft/'],
      authenticationAuthority: issuer,
    },
  };
  // In a script element only '</script' and '<!--' end the data early, and both start with '<'.
  const data = JSON.stringify(dataset, null, 2).replaceAll('<', '\\u003c');
  const html = page(dataset.name, `<p>${escape(dataset.description)}</p>
<script type="application/ld+json">
${data}
</script>`);
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
  };
}

/** Returns a handler that lists the identifiers of the clients that were registered and not deleted. */
export function registeredClients(registered) {
  return async (_request, response) => json(response, 200, 'application/json', [...registered]);
}
