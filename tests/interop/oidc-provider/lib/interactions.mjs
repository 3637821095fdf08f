// The login and consent endpoints, to which oidc-provider sends the browser.
import { authenticate } from './accounts.mjs';
import { PAGE_HEADERS, consentPage, errorPage, loginPage } from './pages.mjs';

const FORM_LIMIT = 64 * 1024;

async function readForm(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > FORM_LIMIT) throw new Error('the form is too long');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function show(response, html, status = 200) {
  response.writeHead(status, PAGE_HEADERS).end(html);
}

/** Returns a handler of `/interaction/{uid}`, which takes a request and a response and rejects only for a bug. */
export function interactions(provider, consents, resource) {
  async function login(request, response, interaction) {
    const action = `/interaction/${interaction.uid}`;
    if (request.method !== 'POST') {
      show(response, loginPage(action, undefined, interaction.params.login_hint));
      return;
    }
    const form = await readForm(request);
    if (form.get('button') === 'cancel') {
      await refuse(request, response);
      return;
    }
    const accountId = authenticate(form.get('username') ?? '', form.get('password') ?? '');
    if (!accountId) {
      show(response, loginPage(action, 'Invalid username or password.', form.get('username') ?? ''));
      return;
    }
    const result = { login: { accountId, amr: ['pwd'] } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  async function consent(request, response, interaction) {
    const { params, session } = interaction;
    const client = await provider.Client.find(params.client_id);
    const scopes = [...new Set((params.scope ?? '').split(' ').filter(Boolean))];
    if (request.method !== 'POST') {
      show(response, consentPage(`/interaction/${interaction.uid}`, client?.clientName ?? params.client_id, scopes, client));
      return;
    }
    if ((await readForm(request)).get('button') !== 'yes') {
      await refuse(request, response);
      return;
    }
    consents.remember(session.accountId, params.client_id, scopes, interaction.prompt.details.missingOIDCClaims);
    const grant = await consents.grant(provider, session.accountId, params.client_id, resource, scopes);
    const result = { consent: { grantId: grant?.jti } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }

  async function refuse(request, response) {
    const result = { error: 'access_denied', error_description: 'The end-user denied the request.' };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  return async (request, response) => {
    let interaction;
    try {
      interaction = await provider.interactionDetails(request, response);
    } catch (error) {
      show(response, errorPage({ error: error.error ?? 'invalid_request', error_description: error.error_description ?? 'Session not found.' }), 400);
      return;
    }
    // The address names an interaction, and so does the cookie: a form of one must not answer another.
    if (request.url.split('?')[0] !== `/interaction/${interaction.uid}`) {
      show(response, errorPage({ error: 'invalid_request', error_description: 'This page is not the one to answer.' }), 400);
    } else if (interaction.prompt.name === 'login') {
      await login(request, response, interaction);
    } else {
      await consent(request, response, interaction);
    }
  };
}

