// The login, consent and logout pages that Hydra leaves to its users. Like those of its reference app, the consent page has a check box for each scope, none ticked.
import { createServer } from 'node:http';

const [admin, port] = process.argv.slice(2);
const USER = { email: 'alice@example.com', password: 'correct-horse' };
const CLAIMS = { email: USER.email, email_verified: true, name: 'Alice Liddell', given_name: 'Alice', family_name: 'Liddell' };

const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function hydra(kind, action, challenge, body) {
  const address = `${admin}/admin/oauth2/auth/requests/${kind}${action ? `/${action}` : ''}?${kind}_challenge=${encodeURIComponent(challenge)}`;
  const response = await fetch(address, body ? { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
  const answer = await response.json().catch(() => ({}));
  if (!response.ok && response.status !== 410) throw new Error(`Hydra: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

function page(response, status, title, body) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "frame-ancestors 'none'", 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  response.end(`<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`);
}

function go(response, to) {
  response.writeHead(303, { location: to });
  response.end();
}

const form = (challenge, fields, buttons) => `<form method="post"><input type="hidden" name="challenge" value="${escape(challenge)}">${fields}
${buttons.map(([value]) => `<button type="submit" name="submit" value="${value}">${value}</button>`).join(' ')}</form>`;

const loginForm = (challenge) => form(challenge, `
<p><label>Email <input type="email" name="email"></label></p>
<p><label>Password <input type="password" name="password"></label></p>
<p><label><input type="checkbox" name="remember" value="1"> Remember me</label></p>`, [['Log in'], ['Deny access']]);

const denied = { error: 'access_denied', error_description: 'The resource owner denied the request' };

const pages = {
  async '/login GET'(response, query) {
    const challenge = query.get('login_challenge');
    const asked = await hydra('login', '', challenge);
    if (asked.redirect_to) return go(response, asked.redirect_to);
    if (!asked.skip) return page(response, 200, 'Please log in', loginForm(challenge));
    return go(response, (await hydra('login', 'accept', challenge, { subject: asked.subject })).redirect_to);
  },
  async '/login POST'(response, fields) {
    const challenge = fields.get('challenge');
    if (fields.get('submit') === 'Deny access') return go(response, (await hydra('login', 'reject', challenge, denied)).redirect_to);
    if (fields.get('email') !== USER.email || fields.get('password') !== USER.password) {
      return page(response, 200, 'Please log in', `<p role="alert">The email or the password is wrong.</p>${loginForm(challenge)}`);
    }
    const accepted = { subject: USER.email, remember: fields.has('remember'), remember_for: 3600, acr: '0' };
    return go(response, (await hydra('login', 'accept', challenge, accepted)).redirect_to);
  },
  async '/consent GET'(response, query) {
    const challenge = query.get('consent_challenge');
    const asked = await hydra('consent', '', challenge);
    if (asked.redirect_to) return go(response, asked.redirect_to);
    if (asked.skip) return accept(response, challenge, asked, asked.requested_scope, false);
    const { client_name: name, client_id: id, client_uri: home, logo_uri: logo, policy_uri: policy, tos_uri: terms } = asked.client;
    const about = [
      logo && `<img src="${escape(logo)}" alt="">`,
      home && `<a href="${escape(home)}">Its home page</a>`,
      policy && `<a href="${escape(policy)}">Its policy</a>`,
      terms && `<a href="${escape(terms)}">Its terms of service</a>`,
    ].filter(Boolean).map((shown) => `<p>${shown}</p>`).join('');
    const scopes = asked.requested_scope.map((scope) => `<p><label><input type="checkbox" name="grant_scope" value="${escape(scope)}"> ${escape(scope)}</label></p>`);
    return page(response, 200, 'An application asks for access', form(challenge, `${about}<p>${escape(name || id)} asks for:</p>
${scopes.join('')}<p><label><input type="checkbox" name="remember" value="1"> Do not ask me again</label></p>`, [['Allow access'], ['Deny access']]));
  },
  async '/consent POST'(response, fields) {
    const challenge = fields.get('challenge');
    if (fields.get('submit') === 'Deny access') return go(response, (await hydra('consent', 'reject', challenge, denied)).redirect_to);
    return accept(response, challenge, await hydra('consent', '', challenge), fields.getAll('grant_scope'), fields.has('remember'));
  },
  async '/logout GET'(response, query) {
    return page(response, 200, 'Do you want to log out?', form(query.get('logout_challenge'), '', [['Yes'], ['No']]));
  },
  async '/logout POST'(response, fields) {
    const challenge = fields.get('challenge');
    if (fields.get('submit') === 'No') {
      await fetch(`${admin}/admin/oauth2/auth/requests/logout/reject?logout_challenge=${encodeURIComponent(challenge)}`, { method: 'PUT' });
      return page(response, 200, 'You are still logged in', '');
    }
    return go(response, (await hydra('logout', 'accept', challenge, {})).redirect_to);
  },
};

async function accept(response, challenge, asked, scopes, remember) {
  const granted = new Set(scopes);
  const claims = Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => granted.has(claim.startsWith('email') ? 'email' : 'profile')));
  return go(response, (await hydra('consent', 'accept', challenge, {
    grant_scope: scopes,
    grant_access_token_audience: asked.requested_access_token_audience,
    remember,
    remember_for: 3600,
    session: { id_token: claims },
  })).redirect_to);
}

createServer(async (request, response) => {
  try {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    let given = searchParams;
    if (request.method === 'POST') {
      const parts = [];
      for await (const part of request) parts.push(part);
      given = new URLSearchParams(Buffer.concat(parts).toString());
    }
    const show = pages[`${pathname} ${request.method}`];
    if (show) await show(response, given);
    else page(response, pathname === '/' ? 200 : 404, pathname === '/' ? 'The login app' : 'Not found', '');
  } catch (error) {
    console.error(error);
    page(response, 500, 'Something went wrong', '');
  }
}).listen(Number(port), 'localhost');
