import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aRegistry, as } from '../../__testUtils__/registryFixture';
import { aRegistryWithFiles } from '../../__testUtils__/aRegistryWithFiles';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const fixtures = join(__dirname, '../../__testUtils__/signing');
const fixture = (path: string) => readFileSync(join(fixtures, path), 'utf8');

describe.each(databases.eachSupportedId())('about versions, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistryWithFiles(await databases.init(id), options);
  const signedFiles = () =>
    Object.fromEntries(
      ['MLmodel', 'requirements.txt', 'data/weights.bin'].map(path => [
        path,
        fixture(`model/${path}`),
      ]),
    );
  const trust = {
    keys: [{ name: 'Release', publicKey: createPublicKey(fixture('key.pub')) }],
    roots: [],
  };

  it('verifies a signature among the files, and says so in the ledger', async () => {
    const { records, aVersion, put } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, { ...signedFiles(), 'model.sig': fixture('key.sig.json') });

    expect(await records.signatures.verify(path, as('ann'))).toMatchObject({
      state: 'verified',
      signer: { kind: 'key', name: 'Release' },
      bundle: 'model.sig',
      covered: ['MLmodel', 'data/weights.bin', 'requirements.txt'],
      checkedBy: 'user:default/ann',
    });
    const { items } = await records.ledgers.list(
      { action: 'signature-checked', limit: 10 },
      as('ann'),
    );
    expect(items[0].message).toBe(
      'Signed by Release; 3 files are as they were signed',
    );
  });

  it('refuses no signature because the store could not be read', async () => {
    const { records, aVersion, put, artifacts } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, { ...signedFiles(), 'model.sig': fixture('key.sig.json') });
    const { get } = artifacts;
    artifacts.get = async () => {
      throw new Error('The bucket does not answer');
    };
    await expect(records.signatures.verify(path, as('ann'))).rejects.toThrow(
      'The bucket does not answer',
    );
    artifacts.get = get;
    expect(await records.signatures.get(path, as('ann'))).toMatchObject({
      state: 'verified',
    });
  });

  it('takes a bundle that is sent along, keeps it when a worse one follows, and no longer believes it when a file is added', async () => {
    const { records, aVersion, put } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, signedFiles());
    expect((await records.signatures.get(path, as('ann'))).state).toBe(
      'unsigned',
    );
    const bundle = JSON.parse(fixture('key.sig.json'));
    expect(
      await records.signatures.verify({ ...path, bundle }, as('ann')),
    ).toMatchObject({ state: 'verified', bundle: 'uploaded' });
    const nonsense = { ...path, bundle: { nonsense: true } };
    expect(await records.signatures.verify(nonsense, as('ann'))).toMatchObject({
      state: 'refused',
    });
    expect(await records.signatures.get(path, as('ann'))).toMatchObject({
      state: 'verified',
    });

    await put(1, { 'evil.py': 'x' });
    expect(await records.signatures.get(path, as('ann'))).toMatchObject({
      state: 'refused',
      problems: ['evil.py was added: it is not part of the signature'],
    });
    expect(await records.signatures.verify(nonsense, as('ann'))).toMatchObject({
      state: 'refused',
      problems: [expect.stringContaining('Not a Sigstore bundle')],
    });
  });
});
