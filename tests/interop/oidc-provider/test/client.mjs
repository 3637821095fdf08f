// A small HTTP client and a small browser, enough for the issuer's own pages.
import { request as send } from 'node:https';

const TIMEOUT = 10_000;

/** Sends one request and never follows a redirect. `form` and `json` become the body. */
export function request(ca, url, { method, headers = {}, form, json } = {}) {
  const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
  const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
  return new Promise((done, fail) => {
    const outgoing = send(url, {
      ca,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }), ...headers },
      timeout: TIMEOUT,
    }, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.once('error', fail);
      incoming.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const isJson = /[/+]json\b/.test(incoming.headers['content-type'] ?? '');
        done({ status: incoming.statusCode, headers: incoming.headers, text, body: isJson ? JSON.parse(text) : undefined });
      });
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer from ${url} in ${TIMEOUT} ms`)));
    outgoing.once('error', fail);
    outgoing.end(body);
  });
}

/** The value of an HTTP Basic authorization header, encoded as RFC 6749 2.3.1 says. */
export function basic(id, secret) {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

/** The claims of a JWT, unverified. */
export function decode(jwt) {
  const [header, payload] = jwt.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  return { header, payload };
}

/** A browser: a cookie jar that fills in forms. One of them is one browser session. */
export class Browser {
  #ca;
  #cookies = [];

  constructor(ca) {
    this.#ca = ca;
  }

  /**
   * Opens an address of the issuer and answers its pages until the browser is sent elsewhere.
   * Returns where it was sent, and which pages were shown on the way. `answers` overrides the buttons pressed.
   */
  async visit(start, { username, password, consent = 'yes' }) {
    const { origin } = new URL(start);
    const shown = [];
    let target = new URL(start);
    let form;
    for (let hop = 0; hop < 15; hop += 1) {
      const response = await this.#fetch(target, form);
      form = undefined;
      if (response.status >= 300 && response.status < 400) {
        target = new URL(response.headers.location, target);
        if (target.origin !== origin) return { url: target, shown };
        continue;
      }
      const action = /<form method="post" action="([^"]+)"/.exec(response.text)?.[1];
      if (!action) return { shown: [...shown, 'error'], status: response.status, text: response.text };
      const page = response.text.includes('name="password"') ? 'login' : 'consent';
      shown.push(page);
      target = new URL(action, target);
      form = page === 'login' ? { username, password, button: 'login' } : { button: consent };
      if (page === 'login' && shown.filter((name) => name === 'login').length > 1) return { shown, text: response.text };
    }
    throw new Error(`the browser went round in circles: ${shown.join(', ')}`);
  }

  async #fetch(url, form) {
    const cookie = this.#cookies.filter(({ path }) => url.pathname.startsWith(path)).map(({ pair }) => pair).join('; ');
    const response = await request(this.#ca, url, { form, headers: cookie ? { cookie } : {} });
    for (const line of response.headers['set-cookie'] ?? []) this.#keep(line);
    return response;
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(/; */);
    const attribute = (name) => attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const path = attribute('path') ?? '/';
    const name = pair.slice(0, pair.indexOf('='));
    this.#cookies = this.#cookies.filter((kept) => kept.path !== path || kept.pair.slice(0, kept.pair.indexOf('=')) !== name);
    const gone = new Date(attribute('expires') ?? 8.64e15) < new Date();
    if (!gone) this.#cookies.push({ pair, path });
  }
}
