// How oidc-provider is set up: like the issuer of the OpenActive reference implementation.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { SELLER_CLAIMS, STANDARD_CLAIMS, findAccount } from './accounts.mjs';
import { PAGE_HEADERS, errorPage, page } from './pages.mjs';

/** The client that exists from the start. */
export const CLIENT = { id: 'clientid_801', secret: 'secret' };

/** The bearer token that registration requests need. */
export const INITIAL_ACCESS_TOKEN = 'interop-initial-access-token';

/** The response types of every flow. */
export const RESPONSE_TYPES = ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];

/** How long access tokens live, in seconds. */
export const ACCESS_TOKEN_LIFETIME = 900;

/** What access tokens for the booking API name as their audience. */
export const AUDIENCE = 'openbooking';

/** The scopes of the booking API. */
export const API_SCOPES = ['openactive-identity', 'openactive-openbooking', 'openactive-ordersfeed'];

const HOUR = 60 * 60;

function signingKey(alg = 'RS256', type = 'rsa', options = { modulusLength: 2048 }) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'sig', alg };
}

/** Keys of the algorithms that clients can register for, beside the first. */
function moreSigningKeys() {
  return [signingKey('PS256'), signingKey('ES256', 'ec', { namedCurve: 'P-256' }), signingKey('EdDSA', 'ed25519', {})];
}

/** Keys that clients encrypt their request objects to. */
function encryptionKeys() {
  return [['rsa', { modulusLength: 2048 }], ['ec', { namedCurve: 'P-256' }]].map(([type, options]) => {
    const { privateKey } = generateKeyPairSync(type, options);
    return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'enc' };
  });
}

/** What is offered where every flow is: the keys of clients are at plain http on loopback, where nothing is fetched from otherwise. */
const EVERY_FLOW = {
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'] },
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
};

function showPage(ctx, html) {
  const { 'content-type': type, ...headers } = PAGE_HEADERS;
  ctx.type = type;
  ctx.set(headers);
  ctx.body = html;
}

/** Returns the configuration of oidc-provider. `resource` identifies the booking API. */
export function configuration({ issuer, resource, redirectUris, accessTokenFormat, consents, everyFlow }) {
  return {
    clients: [{
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      client_name: 'Acme Broker',
      redirect_uris: redirectUris,
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
    }],
    responseTypes: everyFlow ? RESPONSE_TYPES : ['code'],
    jwks: { keys: [signingKey(), ...(everyFlow ? [...moreSigningKeys(), ...encryptionKeys()] : [])] },
    ...(everyFlow ? EVERY_FLOW : {}),
    // A form on another site may carry the authorization request, so the session's cookie has to come along from there.
    enableHttpPostMethods: true,
    cookies: { keys: [randomBytes(32).toString('base64url')], long: { httpOnly: true, sameSite: 'none', secure: true } },

    scopes: ['openid', 'offline_access', ...Object.keys(STANDARD_CLAIMS), ...API_SCOPES],
    claims: { acr: null, amr: null, auth_time: null, iss: null, sid: null, openid: ['sub'], ...STANDARD_CLAIMS, 'openactive-identity': SELLER_CLAIMS },
    // The OpenActive specification wants the seller's claims in the ID token, not only at the userinfo endpoint.
    conformIdTokenClaims: everyFlow,
    findAccount: (_ctx, accountId) => findAccount(issuer, accountId),

    async loadExistingGrant(ctx) {
      const { client, account, provider, result } = ctx.oidc;
      if (result?.consent?.grantId) return provider.Grant.find(result.consent.grantId);
      return consents.grant(provider, account.accountId, client.clientId, resource);
    },
    rotateRefreshToken: true,
    // The clients of the tests are on loopback, which the provider sends no requests to by itself.
    fetch: (url, { dispatcher, ...options }) => fetch(url, everyFlow ? options : { dispatcher, ...options }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => showPage(ctx, errorPage(out)),

    routes: {
      authorization: '/connect/authorize',
      end_session: '/connect/endsession',
      introspection: '/connect/introspect',
      jwks: '/.well-known/openid-configuration/jwks',
      pushed_authorization_request: '/connect/par',
      registration: '/connect/register',
      revocation: '/connect/revocation',
      token: '/connect/token',
      userinfo: '/connect/userinfo',
    },

    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      jwtUserinfo: { enabled: true },
      requestObjects: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      registration: { enabled: true, initialAccessToken: INITIAL_ACCESS_TOKEN },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
      resourceIndicators: {
        enabled: true,
        // An access token of the authorization endpoint for the API would be none for userinfo.
        defaultResource: (ctx, _client, oneOf) => oneOf ?? (everyFlow && ctx.oidc.route !== 'token' ? undefined : resource),
        getResourceServerInfo: () => ({
          scope: API_SCOPES.join(' '),
          audience: AUDIENCE,
          accessTokenFormat,
          accessTokenTTL: ACCESS_TOKEN_LIFETIME,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      backchannelLogout: { enabled: Boolean(everyFlow) },
      encryption: { enabled: Boolean(everyFlow) },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => showPage(ctx, page('Logout', `<p>Do you want to log out?</p>
${form}
<button class="btn btn-primary" type="submit" form="op.logoutForm" name="logout" value="yes">Yes</button>`)),
        postLogoutSuccessSource: (ctx) => showPage(ctx, page('Logout', '<p>You are now logged out.</p>')),
      },
    },

    ttl: {
      AccessToken: ACCESS_TOKEN_LIFETIME,
      AuthorizationCode: 60,
      ClientCredentials: ACCESS_TOKEN_LIFETIME,
      Grant: 24 * HOUR,
      IdToken: 300,
      Interaction: HOUR,
      RefreshToken: 24 * HOUR,
      Session: 24 * HOUR,
    },
  };
}
