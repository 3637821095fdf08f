// A certificate authority and a certificate for localhost, made anew at each start.
import { generate } from 'selfsigned';

const DAY = 24 * 60 * 60 * 1000;

/**
 * Returns the authority's certificate to trust, and the key and chain to serve with, all PEM.
 *
 * There are two certificates, not one, because strict verifiers refuse an authority's certificate presented by a server.
 */
export async function makeCertificate() {
  // Backdated a little, so that a machine whose clock was just set back still accepts it.
  const validity = { notBeforeDate: new Date(Date.now() - DAY), notAfterDate: new Date(Date.now() + 30 * DAY) };
  const kind = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...validity };
  const authority = await generate([{ name: 'commonName', value: 'oa-authtest interop CA' }], {
    ...kind,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { ca: authority.cert, key: server.private, chain: `${server.cert.trim()}\n${authority.cert.trim()}\n` };
}
