// npm oidc-provider with its features switched on: what a certification looks at.
import { install, product as plain, startWith } from '../oidc-provider/product.mjs';

export { install };
export const product = { ...plain, name: 'oidc-provider with every flow' };

export async function start(context) {
  return { ...(await startWith(['--every-flow'], context)), profiles: ['oidc', 'certification'] };
}
