// The pages people see, plain HTML forms with the names and classes of the OpenActive reference implementation.

const STYLE = `
  body { margin: 0; background: #f8f9fa; color: #212529; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
  .navbar { background: #343a40; color: #fff; padding: 12px 24px; font-weight: bold; }
  .container { max-width: 480px; margin: 32px auto; padding: 24px; background: #fff; border: 1px solid #dee2e6; border-radius: 4px; }
  h1 { margin-top: 0; font-size: 1.6rem; font-weight: 500; }
  .form-group { margin-bottom: 16px; }
  .form-control { display: block; width: 100%; box-sizing: border-box; padding: 6px 12px; font: inherit; border: 1px solid #ced4da; border-radius: 4px; }
  .btn { padding: 6px 12px; font: inherit; border: 1px solid transparent; border-radius: 4px; cursor: pointer; }
  .btn-primary { color: #fff; background: #0d6efd; }
  .btn-secondary { color: #fff; background: #6c757d; }
  .alert { padding: 12px; margin-bottom: 16px; color: #842029; background: #f8d7da; border: 1px solid #f5c2c7; border-radius: 4px; }
`;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Returns text that is safe in HTML text and in quoted attributes. */
export const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);

const SCOPE_TEXTS = {
  openid: 'Know who you are',
  offline_access: 'Do all this while you are away',
  'openactive-identity': 'See which Seller you are',
  'openactive-openbooking': 'Manage bookings on your behalf',
  'openactive-ordersfeed': 'Read the Orders feed',
};

/** Headers for every page with a form on it: not to be framed, stored or made to load anything. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Returns a whole page; `body` is HTML. */
export function page(title, body) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<div class="navbar">Acme Booking System</div>
<main class="container">
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** Returns the login page. `complaint` is shown when a login was refused. */
export function loginPage(action, complaint, username = '') {
  return page('Login', `${complaint ? `<div class="alert" role="alert">${escape(complaint)}</div>` : ''}
<form method="post" action="${escape(action)}">
<div class="form-group">
<label for="username">Username</label>
<input class="form-control" id="username" name="username" value="${escape(username)}" autocomplete="username" autofocus>
</div>
<div class="form-group">
<label for="password">Password</label>
<input class="form-control" id="password" name="password" type="password" autocomplete="current-password">
</div>
<button class="btn btn-primary" type="submit" name="button" value="login">Login</button>
<button class="btn btn-secondary" type="submit" name="button" value="cancel">Cancel</button>
</form>`);
}

/** Returns the consent page. `links` are the client's logo, home page, policy and terms of service, where it registered them. */
export function consentPage(action, client, scopes, { logoUri, clientUri, policyUri, tosUri } = {}) {
  const link = (uri, text) => (uri ? `\n<p><a href="${escape(uri)}" rel="noreferrer">${text}</a></p>` : '');
  const logo = logoUri ? `<p><img src="${escape(logoUri)}" alt="${escape(client)}" height="64"></p>\n` : '';
  const items = scopes.map((scope) => `<li>${escape(SCOPE_TEXTS[scope] ?? scope)}</li>`).join('\n');
  return page('Permission', `${logo}<p><strong>${escape(client)}</strong> is asking for your permission to:</p>
<ul>
${items}
</ul>
<form method="post" action="${escape(action)}">
<button class="btn btn-primary" type="submit" name="button" value="yes">Yes, Allow</button>
<button class="btn btn-secondary" type="submit" name="button" value="no">No, Do Not Allow</button>
</form>${link(clientUri, 'About the client')}${link(policyUri, 'Policy')}${link(tosUri, 'Terms of service')}`);
}

/** Returns the page for an error that must not be redirected to the client. */
export function errorPage(facts) {
  const rows = Object.entries(facts).map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join('\n');
  return page('Error', `<div class="alert" role="alert">Sorry, there was an error.</div>
<dl>
${rows}
</dl>`);
}
