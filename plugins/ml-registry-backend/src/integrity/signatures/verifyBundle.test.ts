import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bundleSchema,
  compareManifest,
  readSignedManifest,
} from './signedManifest';
import { verifyBundle, type SigningTrust } from './verifyBundle';

// Made by the reference tool, see make.sh beside them.
const folder = join(__dirname, '../../__testUtils__/signing');
const read = (path: string) => readFileSync(join(folder, path));
const bundleOf = (path: string) =>
  bundleSchema.parse(JSON.parse(read(path).toString()));
const files = ['MLmodel', 'data/weights.bin', 'requirements.txt'].map(path => ({
  path,
  sha256: createHash('sha256')
    .update(read(`model/${path}`))
    .digest('hex'),
}));
const key = (path: string, name: string) => ({
  name,
  publicKey: createPublicKey(read(path)),
});
const trust: SigningTrust = {
  keys: [key('other.pub', 'Somebody else'), key('key.pub', 'Release')],
  roots: [
    { name: 'Example CA', certificate: new X509Certificate(read('ca.crt')) },
  ],
};

describe('verifyBundle', () => {
  it('accepts what the reference tool signed with a key', () => {
    const bundle = bundleOf('key.sig.json');
    expect(verifyBundle(bundle, trust)).toEqual({
      kind: 'key',
      name: 'Release',
    });
    expect(
      compareManifest({ manifest: readSignedManifest(bundle), files }),
    ).toEqual({
      covered: files.map(({ path }) => path),
      ignored: [],
      problems: [],
    });
  });

  it('accepts what the reference tool signed with a certificate', () => {
    expect(verifyBundle(bundleOf('certificate.sig.json'), trust)).toEqual({
      kind: 'certificate',
      name: 'model-signer.example',
      issuer: 'Example CA',
    });
  });

  it('refuses a key and an authority nobody trusts', () => {
    const none = { keys: [key('other.pub', 'Somebody else')], roots: [] };
    expect(() => verifyBundle(bundleOf('key.sig.json'), none)).toThrow(
      'None of the trusted keys made this signature (tried: Somebody else)',
    );
    expect(() => verifyBundle(bundleOf('certificate.sig.json'), none)).toThrow(
      'No authority is trusted',
    );
  });

  it.each(['key.sig.json', 'certificate.sig.json'])(
    'refuses a statement that was changed after signing, %s',
    path => {
      const bundle = bundleOf(path);
      const changed = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
        .toString()
        .replace(files[0].sha256, files[1].sha256);
      bundle.dsseEnvelope.payload = Buffer.from(changed).toString('base64');
      expect(() => verifyBundle(bundle, trust)).toThrow(
        /None of the trusted keys|does not fit the certificate/,
      );
    },
  );

  it('says that it does not verify keyless signatures', () => {
    const bundle = bundleOf('certificate.sig.json');
    bundle.verificationMaterial.tlogEntries = [{}];
    expect(() => verifyBundle(bundle, trust)).toThrow(/keyless/);
  });

  it('names every file that was changed, added or taken away', () => {
    const manifest = readSignedManifest(bundleOf('key.sig.json'));
    const { covered, ignored, problems } = compareManifest({
      manifest,
      bundlePath: 'model.sig',
      files: [
        { ...files[0], sha256: files[1].sha256 },
        files[1],
        { path: 'evil.py', sha256: files[1].sha256 },
        { path: '.git/config', sha256: files[1].sha256 },
        { path: 'model.sig', sha256: files[1].sha256 },
      ],
    });
    expect(covered).toEqual(['data/weights.bin']);
    expect(ignored).toEqual(['.git/config', 'model.sig']);
    expect(problems).toEqual([
      'MLmodel was changed: it is not the file that was signed',
      'evil.py was added: it is not part of the signature',
      'requirements.txt is missing: it was signed and is not there',
    ]);
  });
});
