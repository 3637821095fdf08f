// What each user has allowed each client, remembered until the issuer stops.

/**
 * Consent given once holds for later authorizations of the same client, whatever the browser session.
 *
 * Each authorization gets a grant of its own. With one grant shared by all of them, a replayed code or refresh token
 * would revoke the tokens of every other authorization of that client and user.
 */
export class Consents {
  #allowed = new Map();

  /** Notes that the user has allowed the client these scopes. Offline access is asked for each time. */
  remember(accountId, clientId, scopes) {
    const allowed = this.#of(accountId, clientId);
    for (const scope of scopes) if (scope !== 'offline_access') allowed.add(scope);
  }

  /** Returns a fresh, saved grant of everything the user has allowed the client, or undefined if that is nothing. */
  async grant(provider, accountId, clientId, resource, more = []) {
    const scopes = [...new Set([...this.#of(accountId, clientId), ...more])];
    if (scopes.length === 0) return undefined;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scopes.join(' '));
    grant.addResourceScope(resource, scopes.join(' '));
    await grant.save();
    return grant;
  }

  #of(accountId, clientId) {
    const key = JSON.stringify([accountId, clientId]);
    if (!this.#allowed.has(key)) this.#allowed.set(key, new Set());
    return this.#allowed.get(key);
  }
}
