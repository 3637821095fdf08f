// The facts of the page as it stands. It judges nothing: that is done on our side, the same for a browser and for plain HTTP.
// Returns { facts, elements }; the indexes in the facts are positions in the list of elements.
const selectors = arguments[0];
const elements = [];
const forms = [];

const cut = (text, length) => String(text ?? '').replace(/\s+/g, ' ').trim().slice(0, length);
const keep = (element) => elements.push(element) - 1;

// A form and a document have members by the names of what is in them: `<input name="matches">` hides that method of its form. So what is asked of
// these is asked by the prototypes.
const has = (kind, name) => (object, ...given) => kind.prototype[name].apply(object, given);
const own = (name) => Object.getOwnPropertyDescriptor(Document.prototype, name).get.call(document);
const [matches, closest, contains] = [has(Element, 'matches'), has(Element, 'closest'), has(Node, 'contains')];
const query = (root, selector) => (root instanceof Element ? Element : root instanceof Document ? Document : DocumentFragment)
  .prototype.querySelectorAll.call(root, selector);
const first = (root, selector) => query(root, selector)[0] ?? null;
const shadow = (host) => Object.getOwnPropertyDescriptor(Element.prototype, 'shadowRoot').get.call(host);

// Every element, those of open shadow roots included.
function all(selector, root = document) {
  const found = [...query(root, selector)];
  for (const host of query(root, '*')) {
    if (shadow(host)) found.push(...all(selector, shadow(host)));
  }
  return found;
}

function shown(element) {
  const box = element.getBoundingClientRect();
  if (box.width < 1 || box.height < 1) return false;
  const style = getComputedStyle(element);
  if (style.visibility !== 'visible' || style.display === 'none') return false;
  return typeof element.checkVisibility !== 'function' || element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}

// Off the page, or said to be no part of it: such fields are there for password managers, or to catch robots.
function decoy(element) {
  const box = element.getBoundingClientRect();
  const off = box.right + scrollX <= 0 || box.bottom + scrollY <= 0;
  const hidden = element.getAttribute('aria-hidden') === 'true' || (element.tabIndex < 0 && element.closest('[aria-hidden=true]') !== null);
  return off || hidden || (box.width <= 2 && box.height <= 2);
}

function usable(element) {
  return !matches(element, ':disabled') && element.getAttribute('aria-disabled') !== 'true' && !closest(element, '[inert]');
}

function chosen(element, selector) {
  try { return Boolean(selector) && matches(element, selector); } catch { return false; }
}

function form(element) {
  const owner = element.form ?? element.closest('form');
  if (!owner) return null;
  if (!forms.includes(owner)) forms.push(owner);
  return forms.indexOf(owner);
}

function label(element) {
  const texts = [...(element.labels ?? [])].map((l) => l.innerText);
  return cut([...texts, element.getAttribute('aria-label'), element.placeholder].filter(Boolean).join(' '), 200);
}

const textual = ['text', 'email', 'password', 'tel', 'number', 'search', 'url'];
const fields = all('input').filter((e) => textual.includes(e.type) && shown(e) && usable(e) && !decoy(e)).slice(0, 40).map((e) => ({
  index: keep(e), type: e.type, name: cut(e.name, 100), id: cut(e.id, 100), autocomplete: cut(e.autocomplete, 100), label: label(e),
  read_only: e.readOnly, form: form(e), username: chosen(e, selectors.username), password: chosen(e, selectors.password),
}));

const pressable = 'button, input[type=submit], input[type=image], input[type=button], [role=button]';
const typed = textual.map((type) => `input[type=${type}]`).join(', ');

// What asks about cookies is named so, or says so in a layer of its own over a page that has something else to press or to fill in.
function banner(element) {
  const named = element.closest('[id*=cookie i], [class*=cookie i], [aria-label*=cookie i]');
  if (named && !matches(named, 'html, body, main')) return !first(named, 'input[type=password]');
  for (let layer = element.parentElement; layer && !matches(layer, 'html, body, main, form'); layer = layer.parentElement) {
    const over = matches(layer, 'dialog, [role=dialog], [role=alertdialog]') || ['fixed', 'sticky'].includes(getComputedStyle(layer).position);
    if (over && /cookies?\b|galletas/i.test(layer.innerText ?? '') && !first(layer, typed)) {
      return all(`${pressable}, ${typed}`).some((e) => !contains(layer, e));
    }
  }
  return false;
}

const required = (e) => e.required || e.getAttribute('aria-required') === 'true';

// A button that a script enables once everything is filled in and ticked.
function waits(element) {
  if (!element.matches(':disabled, [aria-disabled=true]') || element.closest('[inert], fieldset:disabled')) return false;
  const empty = (e) => textual.includes(e.type) && e.value === '' && shown(e);
  const unticked = (e) => e.type === 'checkbox' && required(e) && !e.checked;
  return all('input', element.form ?? element.closest('form') ?? document).some((e) => usable(e) && !decoy(e) && (empty(e) || unticked(e)));
}

const button = (e) => ({
  index: keep(e), label: cut(e.innerText || e.value || e.alt || e.getAttribute('aria-label') || e.title, 100), name: cut(e.name, 100),
  value: cut(e.value, 100), id: cut(e.id, 100), submits: e.type === 'submit' || e.type === 'image', form: form(e),
  configured: chosen(e, selectors.button),
});
let pressed = [];
try { pressed = selectors.button ? all(selectors.button).filter((e) => e.matches('a, button, input, [role=button]')) : []; } catch { pressed = []; }
const toPress = [...new Set([...all(pressable), ...pressed])].filter((e) => e.type !== 'reset' && shown(e) && (usable(e) || waits(e))).slice(0, 60);
const ofBanner = new Set(toPress.filter(banner));
const buttons = toPress.filter((e) => !ofBanner.has(e)).map(button);

const boxes = all('input[type=checkbox]').filter((e) => !e.checked && usable(e)).slice(0, 60).map((e) => ({
  index: keep(e), label: label(e), name: cut(e.name, 100), value: cut(e.value, 100), required: required(e), form: form(e),
}));

const complaints = '[role=alert], .error, .errors, .error-message, .validation-summary-errors, .field-validation-error, .alert-danger, '
  + '.alert-error, .invalid-feedback, .help-block.error, [aria-live=assertive], [aria-live][class*=error i], [aria-live][id*=error i]';
const referred = all('[aria-invalid=true]')
  .flatMap((e) => `${e.getAttribute('aria-errormessage') ?? ''} ${e.getAttribute('aria-describedby') ?? ''}`.split(/\s+/))
  .map((id) => id && has(Document, 'getElementById')(document, id)).filter(Boolean);
const alerts = [...new Set([...all(complaints), ...referred].filter(shown).map((e) => cut(e.innerText, 300)).filter(Boolean))].slice(0, 5);

const puzzles = 'iframe[src*=captcha i], iframe[src*="challenges.cloudflare.com" i], .g-recaptcha, .h-captcha, .cf-turnstile';
const captcha = all(puzzles).some((e) => shown(e) && !e.closest('.grecaptcha-badge'));

const frames = all('iframe').filter((e) => shown(e) && e.clientWidth >= 150 && e.clientHeight >= 90 && !e.matches(puzzles)).slice(0, 3).map(keep);
// A script, a handler in an attribute, a refresh, or a frame, which may have any of them.
const lively = 'script:not([type*=json i]), meta[http-equiv=refresh i], iframe, object, embed';
const handlers = new XPathEvaluator().evaluate("boolean(//@*[starts-with(name(), 'on')])", document, null, XPathResult.BOOLEAN_TYPE, null);
const changes = first(document, lively) !== null || handlers.booleanValue;

return {
  facts: {
    url: location.href, title: cut(own('title'), 300), document: String(performance.timeOrigin), ready: own('readyState'),
    status: Number(performance.getEntriesByType?.('navigation')?.[0]?.responseStatus) || 0,
    headings: all('h1, h2').filter(shown).slice(0, 6).map((e) => cut(e.innerText, 200)),
    text: cut(own('body')?.innerText, 2000), fields, buttons, boxes, alerts, captcha, frames, changes,
    banner: [...ofBanner].map(button),
    links: all('a[href]').filter(shown).slice(0, 100).map((e) => String(e.href).slice(0, 2000)),
    images: all('img[src]').slice(0, 50).map((e) => String(e.src).slice(0, 2000)),
    marked: first(document, 'oa-authtest-mark') !== null,
  },
  elements,
};
