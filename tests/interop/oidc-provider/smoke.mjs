// Starts the issuer and uses it the way a relying party does. `npm test` runs this; `--show` prints the documents.
import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { Browser, basic, decode, request } from './test/client.mjs';
import { startIssuer } from './test/issuer.mjs';

const CALLBACK = 'http://localhost:3000/cb';
const SELLER = 'openid openactive-identity';
const show = (title, value) => {
  if (process.argv.includes('--show')) process.stderr.write(`\n## ${title}\n${JSON.stringify(value, null, 1)}\n`);
};

/** A relying party of one issuer. */
class Party {
  constructor({ about, ca }, metadata, client) {
    Object.assign(this, { about, ca, metadata, client });
  }

  static async discover(issuer, client = { id: issuer.about.clientId, secret: issuer.about.clientSecret }) {
    const response = await request(issuer.ca, `${issuer.about.issuer}/.well-known/openid-configuration`);
    assert.equal(response.status, 200);
    return new Party(issuer, response.body, client);
  }

  register(metadata, token = this.about.initialAccessToken) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    return request(this.ca, this.metadata.registration_endpoint, { json: metadata, headers });
  }

  post(endpoint, form) {
    return request(this.ca, this.metadata[endpoint], { form, headers: { authorization: basic(this.client.id, this.client.secret) } });
  }

  get(url, token) {
    return request(this.ca, url, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  }

  async authorize(browser, parameters = {}, answers = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const url = new URL(this.metadata.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: this.client.id,
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: SELLER,
      state: 'a state',
      nonce: 'a nonce',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...parameters,
    });
    const { username, password } = this.about;
    return { verifier, ...await browser.visit(url, { username, password, ...answers }) };
  }

  async redeem({ url, verifier }, more = {}) {
    const code = url.searchParams.get('code');
    assert.ok(code, `no code in ${url}`);
    return this.post('token_endpoint', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier, ...more });
  }
}

const NEW_CLIENT = {
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  client_name: 'Smoke <test>',
  scope: 'openid offline_access openactive-identity openactive-openbooking openactive-ordersfeed',
};

for (const format of ['jwt', 'opaque']) {
  describe(`an issuer with ${format} access tokens`, { timeout: 60_000 }, () => {
    let issuer;
    let party;

    before(async () => {
      issuer = await startIssuer('--access-tokens', format);
      party = await Party.discover(issuer);
    });

    after(async () => {
      const { code, more } = await issuer.stop();
      assert.equal(code, 0);
      assert.deepEqual(more, [], 'standard output carries one line only');
      assert.equal(existsSync(issuer.about.caFile), false, 'the temporary folder is gone');
    });

    it('describes itself', async () => {
      show('provider metadata', party.metadata);
      assert.equal(party.metadata.issuer, issuer.about.issuer);
      assert.equal(party.metadata.authorization_response_iss_parameter_supported, true);
      const keys = await party.get(party.metadata.jwks_uri);
      show('key set', keys.body);
      assert.equal(keys.body.keys.length, 1);
      assert.equal(keys.body.keys[0].d, undefined);
    });

    it('registers and deletes a client', async () => {
      const { status, body } = await party.register(NEW_CLIENT);
      show('registration', body);
      assert.equal(status, 201);
      const management = { headers: { authorization: `Bearer ${body.registration_access_token}` } };
      assert.equal((await request(party.ca, body.registration_client_uri, management)).body.client_id, body.client_id);
      assert.equal((await request(party.ca, body.registration_client_uri, { method: 'DELETE', ...management })).status, 204);
      const gone = await request(party.ca, body.registration_client_uri, management);
      show('a deleted client, read', { status: gone.status, body: gone.body, challenge: gone.headers['www-authenticate'] });
      assert.equal(gone.status, 401);
      const former = await Party.discover(issuer, { id: body.client_id, secret: body.client_secret });
      const refused = await former.post('token_endpoint', { grant_type: 'client_credentials', scope: 'openactive-ordersfeed' });
      show('a deleted client, client credentials', { status: refused.status, body: refused.body });
      assert.equal(refused.body.error, 'invalid_client');
    });

    it('refuses to register without an initial access token, or something it does not support', async () => {
      for (const token of [null, 'wrong']) {
        const refusal = await party.register(NEW_CLIENT, token);
        show(`registration with ${token} token`, { status: refusal.status, body: refusal.body, challenge: refusal.headers['www-authenticate'] });
        assert.ok([400, 401].includes(refusal.status));
      }
      const refusal = await party.register({ ...NEW_CLIENT, scope: 'openid no-such-scope' });
      show('registration with an unknown scope', refusal.body);
      assert.equal(refusal.status, 400);
      assert.equal(refusal.body.error, 'invalid_client_metadata');
    });

    it('grants client credentials, which open the Orders feed', async () => {
      const response = await party.post('token_endpoint', { grant_type: 'client_credentials', scope: 'openactive-ordersfeed' });
      show('client credentials', response.body);
      assert.equal(response.status, 200);
      const { access_token: token, expires_in: lifetime, scope } = response.body;
      assert.equal(lifetime, 900);
      assert.equal(scope, 'openactive-ordersfeed');
      assert.equal(token.split('.').length === 3, format === 'jwt');
      if (format === 'jwt') {
        show('JWT access token', decode(token));
        assert.equal(decode(token).header.typ, 'at+jwt');
      }
      const feed = await party.get(issuer.about.ordersFeedUrl, token);
      assert.equal(feed.status, 200);
      assert.deepEqual(feed.body.items, []);
      const other = await party.post('token_endpoint', { grant_type: 'client_credentials', scope: 'openactive-openbooking' });
      assert.equal((await party.get(issuer.about.ordersFeedUrl, other.body.access_token)).status, 403);
      for (const wrong of [undefined, 'nonsense', 'a.b.c']) {
        const refusal = await party.get(issuer.about.ordersFeedUrl, wrong);
        assert.equal(refusal.status, 401);
        assert.match(refusal.headers['www-authenticate'], /^Bearer /);
      }
    });

    it('introspects and revokes what is not a JWT, and refuses what is', async () => {
      const { body } = await party.post('token_endpoint', { grant_type: 'client_credentials', scope: 'openactive-ordersfeed' });
      for (const endpoint of ['introspection_endpoint', 'revocation_endpoint']) {
        const response = await party.post(endpoint, { token: body.access_token, token_type_hint: 'access_token' });
        show(endpoint, { status: response.status, body: response.body ?? response.text });
        assert.equal(response.status, format === 'jwt' ? 400 : 200);
      }
      const after = await party.get(issuer.about.ordersFeedUrl, body.access_token);
      assert.equal(after.status, format === 'jwt' ? 200 : 401);
    });

    it('asks a new client’s user for consent once, whatever the browser session', async () => {
      const { body } = await party.register(NEW_CLIENT);
      const fresh = await Party.discover(issuer, { id: body.client_id, secret: body.client_secret });
      const first = await fresh.authorize(new Browser(issuer.ca));
      assert.deepEqual(first.shown, ['login', 'consent']);
      assert.equal(first.url.searchParams.get('state'), 'a state');
      assert.equal(first.url.searchParams.get('iss'), issuer.about.issuer);
      const browser = new Browser(issuer.ca);
      assert.deepEqual((await fresh.authorize(browser)).shown, ['login']);
      assert.deepEqual((await fresh.authorize(browser)).shown, [], 'single sign-on');
      assert.deepEqual((await fresh.authorize(browser, { prompt: 'consent' })).shown, ['consent']);
      assert.deepEqual((await fresh.authorize(browser, { scope: `${SELLER} openactive-openbooking` })).shown, ['consent'], 'one scope more');
      assert.deepEqual((await fresh.authorize(browser, { prompt: 'none' })).shown, []);
    });

    it('hands over tokens for a code, and userinfo for the access token', async () => {
      const visit = await party.authorize(new Browser(issuer.ca));
      show('callback', visit.url.href);
      const response = await party.redeem(visit);
      show('token response', response.body);
      assert.equal(response.status, 200);
      const { payload: claims } = decode(response.body.id_token);
      show('ID token', decode(response.body.id_token));
      assert.equal(claims.nonce, 'a nonce');
      assert.equal(claims['https://openactive.io/sellerId'], issuer.about.sellerId);
      assert.equal(response.body.refresh_token, undefined, 'no offline access');
      const userinfo = await party.get(party.metadata.userinfo_endpoint, response.body.access_token);
      show('userinfo', userinfo.body);
      assert.equal(userinfo.status, 200);
      assert.equal(userinfo.body.sub, claims.sub);
      const replay = await party.redeem(visit);
      show('code replayed', { status: replay.status, body: replay.body });
      assert.equal(replay.body.error, 'invalid_grant');
      const dead = await party.get(party.metadata.userinfo_endpoint, response.body.access_token);
      show('userinfo after the replay', { status: dead.status, body: dead.body, challenge: dead.headers['www-authenticate'] });
      assert.equal(dead.status, 401);
    });

    it('hands over an access token for the booking API when asked for one', async () => {
      const visit = await party.authorize(new Browser(issuer.ca), { scope: `${SELLER} openactive-ordersfeed`, prompt: 'consent' });
      const { body } = await party.redeem(visit, { resource: `${issuer.about.issuer}/api` });
      assert.equal(body.access_token.split('.').length === 3, format === 'jwt');
      assert.equal((await party.get(issuer.about.ordersFeedUrl, body.access_token)).status, 200);
      const refused = await party.get(party.metadata.userinfo_endpoint, body.access_token);
      show('userinfo for a token of the booking API', { status: refused.status, body: refused.body });
      assert.equal(refused.status, format === 'jwt' ? 401 : 403, 'unknown as a JWT, without the scope openid as a string');
    });

    it('refreshes, rotates, and revokes everything when a used refresh token comes back', async () => {
      const visit = await party.authorize(new Browser(issuer.ca), { scope: `${SELLER} offline_access`, prompt: 'consent' });
      assert.deepEqual(visit.shown, ['login', 'consent']);
      const bystander = await party.redeem(await party.authorize(new Browser(issuer.ca)));
      const { body: first } = await party.redeem(visit);
      const refresh = (token) => party.post('token_endpoint', { grant_type: 'refresh_token', refresh_token: token });
      const second = await refresh(first.refresh_token);
      show('refreshed', second.body);
      assert.equal(second.status, 200);
      assert.notEqual(second.body.refresh_token, first.refresh_token);
      show('refreshed ID token', decode(second.body.id_token).payload);
      const reused = await refresh(first.refresh_token);
      show('used refresh token', { status: reused.status, body: reused.body });
      assert.equal(reused.body.error, 'invalid_grant');
      assert.equal((await refresh(second.body.refresh_token)).body.error, 'invalid_grant');
      const untouched = await party.get(party.metadata.userinfo_endpoint, bystander.body.access_token);
      assert.equal(untouched.status, 200, 'another authorization of the same client and user lives on');
    });

    it('revokes a refresh token', async () => {
      const visit = await party.authorize(new Browser(issuer.ca), { scope: `${SELLER} offline_access`, prompt: 'consent' });
      const { body } = await party.redeem(visit);
      assert.equal((await party.post('revocation_endpoint', { token: body.refresh_token })).status, 200);
      const refused = await party.post('token_endpoint', { grant_type: 'refresh_token', refresh_token: body.refresh_token });
      assert.equal(refused.body.error, 'invalid_grant');
    });

    it('turns away what it must', async () => {
      const browser = () => new Browser(issuer.ca);
      const wrongPassword = await party.authorize(browser(), {}, { password: 'wrong' });
      assert.deepEqual(wrongPassword.shown, ['login', 'login']);
      assert.match(wrongPassword.text, /role="alert">Invalid username or password/);
      const denied = await party.authorize(browser(), { prompt: 'consent' }, { consent: 'no' });
      assert.equal(denied.url.searchParams.get('error'), 'access_denied');
      const silent = await party.authorize(browser(), { prompt: 'none' });
      show('prompt=none without a session', silent.url.href);
      assert.equal(silent.url.searchParams.get('error'), 'login_required');
      const elsewhere = await party.authorize(browser(), { redirect_uri: 'http://localhost:3000/other' });
      assert.deepEqual([elsewhere.shown, elsewhere.status, elsewhere.url], [['error'], 400, undefined]);
      const badSecret = await Party.discover(issuer, { id: party.client.id, secret: 'wrong' });
      const refusal = await badSecret.post('token_endpoint', { grant_type: 'client_credentials', scope: 'openactive-ordersfeed' });
      show('wrong secret', { status: refusal.status, body: refusal.body, challenge: refusal.headers['www-authenticate'] });
      assert.equal(refusal.status, 401);
      assert.equal(refusal.body.error, 'invalid_client');
    });

    it('publishes a dataset site that names it', async () => {
      const { text } = await party.get(issuer.about.datasetSiteUrl);
      const [, data] = /<script type="application\/ld\+json">([^]*?)<\/script>/.exec(text);
      assert.equal(JSON.parse(data).accessService.authenticationAuthority, issuer.about.issuer);
    });
  });
}

describe('the process', { timeout: 60_000 }, () => {
  it('ends on SIGTERM', async () => {
    const issuer = await startIssuer();
    issuer.terminate();
    assert.deepEqual(await issuer.exited, { code: 0, signal: null });
  });
});
