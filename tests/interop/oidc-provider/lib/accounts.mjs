// Who can log in, and what the issuer knows about them.
import { createHash, timingSafeEqual } from 'node:crypto';

/** The one user of this issuer. */
export const USER = { accountId: '100', username: 'test1', password: 'test1' };

/** The claims that the scope `openactive-identity` stands for. */
export const SELLER_CLAIMS = [
  'https://openactive.io/sellerId',
  'https://openactive.io/sellerName',
  'https://openactive.io/sellerUrl',
  'https://openactive.io/sellerLogo',
  'https://openactive.io/bookingServiceName',
  'https://openactive.io/bookingServiceUrl',
];

/** The identifier of the user's Seller. */
export const sellerId = (issuer) => `${issuer}/api/identifiers/sellers/1`;

const digest = (text) => createHash('sha256').update(String(text)).digest();
const same = (left, right) => timingSafeEqual(digest(left), digest(right));

/** Returns the account of a user name and password, or undefined. */
export function authenticate(username, password) {
  const known = same(username, USER.username);
  const right = same(password, USER.password);
  return known && right ? USER.accountId : undefined;
}

/** Returns the account with that identifier in the form oidc-provider asks for, or undefined. */
export function findAccount(issuer, accountId) {
  if (accountId !== USER.accountId) return undefined;
  return {
    accountId,
    claims: () => ({
      sub: accountId,
      'https://openactive.io/sellerId': sellerId(issuer),
      'https://openactive.io/sellerName': 'Acme Fitness Ltd',
      'https://openactive.io/sellerUrl': 'https://www.example.com',
      'https://openactive.io/sellerLogo': 'https://www.example.com/logo.png',
      'https://openactive.io/bookingServiceName': 'AcmeBooker',
      'https://openactive.io/bookingServiceUrl': 'https://booker.example.com',
    }),
  };
}
