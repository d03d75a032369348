import {
  createHash,
  createPublicKey,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import type { Bundle } from './signedManifest';

/** Whose signatures count. All of it comes from config. */
export type SigningTrust = {
  keys: { name: string; publicKey: KeyObject }[];
  /** Certificates of authorities that may vouch for signers. */
  roots: { name: string; certificate: X509Certificate }[];
};

export type Signer = {
  kind: 'key' | 'certificate';
  name: string;
  issuer?: string;
};

/**
 * Verifies the envelope of a bundle.
 *
 * @returns who signed it
 * @throws Error whose message says why it does not count
 */
export function verifyBundle(bundle: Bundle, trust: SigningTrust): Signer {
  const { publicKey, x509CertificateChain, certificate, tlogEntries } =
    bundle.verificationMaterial;
  if (tlogEntries?.length) {
    throw new Error(
      'It is a keyless signature of Sigstore; the registry verifies signatures by key and by certificate only',
    );
  }
  if (publicKey) return byKey(bundle, trust, publicKey.hint ?? undefined);
  const chain =
    x509CertificateChain?.certificates ?? (certificate ? [certificate] : []);
  if (chain.length) {
    return byCertificate(
      bundle,
      trust,
      chain.map(
        ({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')),
      ),
    );
  }
  throw new Error('The bundle names neither a key nor a certificate');
}

function byKey(bundle: Bundle, trust: SigningTrust, hint?: string): Signer {
  const found = trust.keys.find(({ publicKey }) => {
    if (hint && hint !== hintOf(publicKey)) return false;
    return holds(bundle, publicKey);
  });
  if (found) return { kind: 'key', name: found.name };
  throw new Error(
    trust.keys.length
      ? `None of the trusted keys made this signature (tried: ${trust.keys
          .map(({ name }) => name)
          .join(', ')})`
      : 'No key is trusted: mlRegistry.signing.trusted is empty',
  );
}

/**
 * The chain has to end at a trusted authority. Every certificate in it must have been valid when the signing one began:
 * a signature tells no time of its own. The reference tool does the same.
 */
function byCertificate(
  bundle: Bundle,
  trust: SigningTrust,
  chain: X509Certificate[],
): Signer {
  const [leaf, ...others] = chain;
  const at = new Date(leaf.validFrom);
  let current = leaf;
  const seen = new Set<string>();
  for (;;) {
    if (at < new Date(current.validFrom) || at > new Date(current.validTo)) {
      throw new Error(`The certificate of ${nameOf(current)} was not valid`);
    }
    if (current !== leaf && !current.ca) {
      throw new Error(`${nameOf(current)} is no authority`);
    }
    seen.add(current.fingerprint256);
    const below = current;
    const root = trust.roots.find(({ certificate }) =>
      issued(certificate, below),
    );
    if (root) {
      if (leaf.ca) throw new Error('An authority signed by itself');
      if (!mayDigitallySign(leaf)) {
        throw new Error('The certificate may not be used for signing');
      }
      if (!holds(bundle, leaf.publicKey)) {
        throw new Error('The signature does not fit the certificate');
      }
      return { kind: 'certificate', name: nameOf(leaf), issuer: root.name };
    }
    const next = others.find(
      other => !seen.has(other.fingerprint256) && issued(other, below),
    );
    if (!next) {
      throw new Error(
        trust.roots.length
          ? `The certificate of ${nameOf(
              leaf,
            )} does not lead to a trusted authority (known: ${trust.roots
              .map(({ name }) => name)
              .join(', ')})`
          : 'No authority is trusted: mlRegistry.signing.roots is empty',
      );
    }
    current = next;
  }
}

function issued(authority: X509Certificate, subject: X509Certificate) {
  return (
    authority.ca &&
    subject.checkIssued(authority) &&
    subject.verify(authority.publicKey)
  );
}

/** Bit 0 of the extension KeyUsage (2.5.29.15), which Node does not read out. */
function mayDigitallySign(certificate: X509Certificate): boolean {
  const { raw } = certificate;
  const at = raw.indexOf(Buffer.from('0603551d0f', 'hex'));
  if (at < 0) return false;
  const bits = raw.indexOf(Buffer.from('03', 'hex'), at + 5);
  return bits > 0 && bits < at + 16 && (raw[bits + 3] & 0x80) !== 0;
}

function holds(bundle: Bundle, key: KeyObject): boolean {
  const { payload, payloadType, signatures } = bundle.dsseEnvelope;
  const hash = hashOf(key);
  if (!hash) return false;
  const content = Buffer.from(payload, 'base64');
  const signed = Buffer.concat([
    Buffer.from(
      `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${
        content.length
      } `,
    ),
    content,
  ]);
  return verify(hash, signed, key, Buffer.from(signatures[0].sig, 'base64'));
}

/** Model signing knows elliptic curves, each with the hash of its size. */
function hashOf(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return 'sha256';
    case 'secp384r1':
      return 'sha384';
    case 'secp521r1':
      return 'sha512';
    default:
      return undefined;
  }
}

/** The bundle names its key by the hash of the PEM text. */
function hintOf(key: KeyObject): string {
  const pem = createPublicKey(
    key.export({ type: 'spki', format: 'pem' }),
  ).export({ type: 'spki', format: 'pem' });
  return createHash('sha256').update(pem).digest('hex');
}

function nameOf(certificate: X509Certificate): string {
  const name = /CN=(.+)/.exec(certificate.subject)?.[1];
  return name ?? certificate.subjectAltName ?? certificate.subject;
}
