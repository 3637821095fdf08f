// What each user has allowed each client, remembered until the issuer stops.

/**
 * Consent given once holds for later authorizations of the same client, whatever the browser session.
 *
 * Each authorization gets a grant of its own. With one grant shared by all of them, a replayed code or refresh token
 * would revoke the tokens of every other authorization of that client and user.
 */
export class Consents {
  #allowed = new Map();

  /** Notes that the user has allowed the client these scopes and single claims. Offline access is asked for each time. */
  remember(accountId, clientId, scopes, claims = []) {
    const allowed = this.#of(accountId, clientId);
    for (const scope of scopes) if (scope !== 'offline_access') allowed.scopes.add(scope);
    for (const claim of claims) allowed.claims.add(claim);
  }

  /** Returns a fresh, saved grant of everything the user has allowed the client, or undefined if that is nothing. */
  async grant(provider, accountId, clientId, resource, more = []) {
    const allowed = this.#of(accountId, clientId);
    const scopes = [...new Set([...allowed.scopes, ...more])];
    if (scopes.length === 0) return undefined;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scopes.join(' '));
    grant.addOIDCClaims([...allowed.claims]);
    grant.addResourceScope(resource, scopes.join(' '));
    await grant.save();
    return grant;
  }

  #of(accountId, clientId) {
    const key = JSON.stringify([accountId, clientId]);
    if (!this.#allowed.has(key)) this.#allowed.set(key, { scopes: new Set(), claims: new Set() });
    return this.#allowed.get(key);
  }
}
