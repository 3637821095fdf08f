// The command line.
import { parseArgs } from 'node:util';

export const USAGE = `Usage: node issuer.mjs [options]

Starts an issuer on https://localhost and prints one line of JSON on standard output when it is ready.
It ends when its standard input closes, and on SIGTERM or SIGINT.

  --port N                    the port to listen on; 0, the default, takes a free one
  --ca-file FILE              where to write the certificate authority to trust (PEM); default: a temporary folder
  --redirect-uri URI          a redirect URI of the static client, repeatable; default: http://localhost:3000/cb
  --access-tokens jwt|opaque  how access tokens for the booking API look; default: jwt
  --every-flow                offer the implicit and the hybrid flow besides the code flow
  --verbose                   show the notices of oidc-provider on standard error
  --help                      this text
`;

/** A mistake in the command line. The message is for the person who typed it. */
export class UsageError extends Error {}

/** Reads the command line, or throws a UsageError. */
export function parseOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '0' },
        'ca-file': { type: 'string' },
        'redirect-uri': { type: 'string', multiple: true, default: ['http://localhost:3000/cb'] },
        'access-tokens': { type: 'string', default: 'jwt' },
        'every-flow': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not '${values.port}'.`);
  }
  if (!['jwt', 'opaque'].includes(values['access-tokens'])) {
    throw new UsageError(`--access-tokens must be jwt or opaque, not '${values['access-tokens']}'.`);
  }
  for (const uri of values['redirect-uri']) {
    if (!URL.canParse(uri)) throw new UsageError(`--redirect-uri must be an absolute URI, not '${uri}'.`);
  }
  return {
    port,
    caFile: values['ca-file'],
    redirectUris: values['redirect-uri'],
    accessTokenFormat: values['access-tokens'],
    everyFlow: values['every-flow'],
    verbose: values.verbose,
    help: values.help,
  };
}
