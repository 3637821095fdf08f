// Who can log in, and what the issuer knows about them.
import { createHash, timingSafeEqual } from 'node:crypto';

/** The one user of this issuer. The password is a text of its own, so that it can be told from the user name in a report. */
export const USER = { accountId: '100', username: 'test1', password: 'interop-password' };

/** The claims that the scope `openactive-identity` stands for. */
export const SELLER_CLAIMS = [
  'https://openactive.io/sellerId',
  'https://openactive.io/sellerName',
  'https://openactive.io/sellerUrl',
  'https://openactive.io/sellerLogo',
  'https://openactive.io/bookingServiceName',
  'https://openactive.io/bookingServiceUrl',
];

/** The claims that the scopes of OpenID Connect Core 5.4 stand for. */
export const STANDARD_CLAIMS = {
  profile: [
    'name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'gender',
    'birthdate', 'zoneinfo', 'locale', 'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

/** What the issuer knows of its one user. */
const PERSON = {
  name: 'Alex Quinn Smith',
  family_name: 'Smith',
  given_name: 'Alex',
  middle_name: 'Quinn',
  nickname: 'Al',
  preferred_username: 'test1',
  profile: 'https://www.example.com/alex',
  picture: 'https://www.example.com/alex.png',
  website: 'https://www.example.com',
  gender: 'other',
  birthdate: '1990-02-28',
  zoneinfo: 'Europe/London',
  locale: 'en-GB',
  updated_at: 1700000000,
  email: 'alex@example.com',
  email_verified: true,
  address: {
    formatted: '1 High Street\nLondon\nN1 1AA\nUnited Kingdom',
    street_address: '1 High Street',
    locality: 'London',
    region: 'Greater London',
    postal_code: 'N1 1AA',
    country: 'United Kingdom',
  },
  phone_number: '+44 20 7946 0000',
  phone_number_verified: false,
};

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
      ...PERSON,
      'https://openactive.io/sellerId': sellerId(issuer),
      'https://openactive.io/sellerName': 'Acme Fitness Ltd',
      'https://openactive.io/sellerUrl': 'https://www.example.com',
      'https://openactive.io/sellerLogo': 'https://www.example.com/logo.png',
      'https://openactive.io/bookingServiceName': 'AcmeBooker',
      'https://openactive.io/bookingServiceUrl': 'https://booker.example.com',
    }),
  };
}
