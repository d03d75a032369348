import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import { readsForTest } from '../__testUtils__/readsForTest';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { people, caller } from '../__testUtils__/people';
import { signatureHeader } from './SignedPaths';
import { FolderArtifactStore } from './FolderArtifactStore';
import { createTrackingServices } from '../createTrackingServices';
import { LedgerStore } from '../ledger/LedgerStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const day = 24 * 3_600_000;
const as = caller;
const of = (content: string) => Readable.from([Buffer.from(content)]);
const sha256 = (content: string) =>
  createHash('sha256').update(content).digest('hex');

describe.each(databases.eachSupportedId())('UploadService, %p', id => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'uploads-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function start(change?: (store: ArtifactStore) => ArtifactStore) {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    let now = Date.UTC(2026, 2, 1);
    const store = await FolderArtifactStore.open(folder);
    const onUploadDue = jest.fn();
    const authorizer = new Authorizer({
      tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
      permissions: mockServices.permissions(),
      userInfo: people,
    });
    const services = createTrackingServices({
      knex,
      ledger: new LedgerStore(knex),
      auditor: mockServices.auditor.mock(),
      authorizer,
      modelReads: readsForTest(authorizer),
      artifactStore: change ? change(store) : store,
      ownUrls: {
        key: Buffer.alloc(32, 1),
        baseUrl: async () => 'http://portal/api/ml-registry',
      },
      onUploadDue,
      entityOwner: async () => undefined,
      onVersionCreated: async () => {},
      stagePolicy: { transition: async () => ({ outcome: 'applied' }) },
      clock: () => new Date(now),
    });
    const run = await services.runs.create(
      {
        experimentId: '0',
        tags: [],
      },
      { caller: as('ann') },
    );
    const path = `0/${run.runId}/artifacts/model/big ü.bin`;
    const send = (
      upload: Awaited<ReturnType<typeof services.uploads.create>>,
      number: number,
      content: string,
    ) =>
      services.uploads.putPart({
        signature: upload.credentials[number - 1].headers[signatureHeader],
        uploadId: upload.uploadId,
        number,
        content: of(content),
      });
    const incoming = () => readdir(join(folder, '.incoming'));
    return {
      ...services,
      knex,
      store,
      path,
      runId: run.runId,
      send,
      incoming,
      onUploadDue,
      passes: (ms: number) => {
        now += ms;
      },
    };
  }

  it('takes a file in parts, records its checksum, and may be completed again', async () => {
    const { uploads, artifacts, path, send, incoming, passes } = await start();
    const upload = await uploads.create(
      { path, parts: 2 },
      { caller: as('ann') },
    );
    expect(upload.credentials[1]).toMatchObject({
      number: 2,
      url: `http://portal/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/parts/${upload.uploadId}/2`,
    });
    const second = await send(upload, 2, 'world');
    const first = await send(upload, 1, 'hello ');
    await expect(artifacts.find(path)).rejects.toThrow(/not found/);
    const request = {
      path,
      uploadId: upload.uploadId,
      parts: [
        { number: 1, etag: first.etag },
        { number: 2, etag: second.etag },
      ],
    };
    await uploads.complete(request, { caller: as('ann') });
    await uploads.complete(request, { caller: as('ann') });
    const file = await artifacts.find(path);
    expect(file).toMatchObject({ size: 11, sha256: sha256('hello world') });
    expect(await text(await file.open())).toBe('hello world');
    expect(await incoming()).toEqual([]);

    passes(day);
    await uploads.reconcile(upload.uploadId);
    await expect(
      uploads.complete(request, { caller: as('ann') }),
    ).rejects.toMatchObject({
      name: 'NotFoundError',
    });
    expect(await text(await file.open())).toBe('hello world');
  });

  it('gives up what nobody completes within a day, and forgets what is aborted', async () => {
    const { uploads, path, send, incoming, passes, knex } = await start();
    const left = await uploads.create(
      { path, parts: 1 },
      { caller: as('ann') },
    );
    await send(left, 1, 'x');
    const aborted = await uploads.create(
      { path, parts: 1 },
      { caller: as('ann') },
    );
    await uploads.abort(
      { path, uploadId: aborted.uploadId },
      { caller: as('ann') },
    );
    expect(await incoming()).toHaveLength(1);
    const row = await knex('uploads').first();
    expect(row.next_reconcile_at).toBe('2026-03-02T00:00:00.000Z');
    passes(day);
    await uploads.reconcile(left.uploadId);
    expect(await incoming()).toEqual([]);
    expect(await knex('uploads')).toEqual([]);
  });

  it('takes parts only with the signature for that part, for an hour', async () => {
    const { uploads, path, passes } = await start();
    const upload = await uploads.create(
      { path, parts: 2 },
      { caller: as('ann') },
    );
    const part = (number: number) => ({
      uploadId: upload.uploadId,
      number,
      content: of('x'),
    });
    const signature = upload.credentials[0].headers[signatureHeader];
    await expect(
      uploads.putPart({ signature: undefined, ...part(1) }),
    ).rejects.toMatchObject({
      name: 'AuthenticationError',
    });
    await expect(
      uploads.putPart({ signature, ...part(2) }),
    ).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    passes(3_600_001);
    await expect(
      uploads.putPart({ signature, ...part(1) }),
    ).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
  });

  it('asks who may write, as for a file in one piece', async () => {
    const { uploads, path } = await start();
    await expect(
      uploads.create({ path, parts: 1 }, { caller: as('cleo') }),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    const { uploadId } = await uploads.create(
      { path, parts: 1 },
      { caller: as('ann') },
    );
    for (const attempt of [
      uploads.complete({ path, uploadId, parts: [] }, { caller: as('cleo') }),
      uploads.abort({ path, uploadId }, { caller: as('cleo') }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ name: 'NotAllowedError' });
    }
    await expect(
      uploads.complete(
        {
          path: path.replace('big', 'other'),
          uploadId,
          parts: [{ number: 1, etag: 'x' }],
        },
        { caller: as('ann') },
      ),
    ).rejects.toThrow(/another file/);
  });

  it('does not change a file of a version that was registered meanwhile', async () => {
    const { uploads, artifacts, registration, path, send, runId } =
      await start();
    const upload = await uploads.create(
      { path, parts: 1 },
      { caller: as('ann') },
    );
    const { etag } = await send(upload, 1, 'x');
    const register = async () => {
      await registration.createVersion(
        {
          name: 'm',
          source: `runs:/${runId}/model`,
          tags: {},
        },
        { caller: as('ann') },
      );
    };
    await registration.createModel(
      { name: 'm', tags: {} },
      { caller: as('ann') },
    );
    // In the middle of a plain upload: it ends after the version is there.
    await expect(
      artifacts.upload(
        {
          path,
          content: Readable.from(
            (async function* slowly() {
              yield Buffer.from('one');
              await register();
              yield Buffer.from('two');
            })(),
          ),
        },
        { caller: as('ann') },
      ),
    ).rejects.toMatchObject({ code: 'ml-registry.artifact-frozen' });
    await expect(artifacts.find(path)).rejects.toThrow(/not found/);
    await expect(
      uploads.complete(
        {
          path,
          uploadId: upload.uploadId,
          parts: [{ number: 1, etag }],
        },
        { caller: as('ann') },
      ),
    ).rejects.toMatchObject({ code: 'ml-registry.artifact-frozen' });
  });

  it('does not put parts together under a version that was registered while they were', async () => {
    let register = async () => {};
    const { uploads, artifacts, registration, path, send, runId } = await start(
      store => {
        const { parts } = store;
        const put = parts!.complete.bind(parts);
        parts!.complete = (upload, sent, allowed) =>
          put(upload, sent, async () => {
            await register();
            await allowed?.();
          });
        return store;
      },
    );
    const upload = await uploads.create(
      { path, parts: 1 },
      { caller: as('ann') },
    );
    const { etag } = await send(upload, 1, 'x');
    const complete = () =>
      uploads.complete(
        {
          path,
          uploadId: upload.uploadId,
          parts: [{ number: 1, etag }],
        },
        { caller: as('ann') },
      );
    register = async () => {
      await registration.createModel(
        { name: 'm', tags: {} },
        { caller: as('ann') },
      );
      await registration.createVersion(
        {
          name: 'm',
          source: `runs:/${runId}/model`,
          tags: {},
        },
        { caller: as('ann') },
      );
    };
    await expect(complete()).rejects.toMatchObject({
      code: 'ml-registry.artifact-frozen',
    });
    await expect(artifacts.find(path)).rejects.toThrow(/not found/);
    await expect(complete()).rejects.toMatchObject({
      code: 'ml-registry.artifact-frozen',
    });
  });

  it('computes the checksum afterwards where the bytes went past it', async () => {
    const { uploads, artifacts, path, onUploadDue, store } = await start(
      folderStore => ({
        put: folderStore.put.bind(folderStore),
        get: folderStore.get.bind(folderStore),
        stat: folderStore.stat.bind(folderStore),
        list: folderStore.list.bind(folderStore),
        delete: folderStore.delete.bind(folderStore),
        signGet: async file => ({ url: `http://s3/${file}`, headers: {} }),
        parts: {
          begin: async () => 's3-id',
          sign: async (_, { number }) => ({
            url: `http://s3/?part=${number}`,
            headers: {},
          }),
          complete: async () => ({ size: 3 }),
          abort: async () => {},
        },
      }),
    );
    expect(uploads.direct).toEqual({ uploads: true, downloads: true });
    await artifacts.upload(
      { path, content: of('before, and longer') },
      {
        caller: as('ann'),
      },
    );
    const { uploadId, credentials } = await uploads.create(
      {
        path,
        parts: 1,
      },
      { caller: as('ann') },
    );
    expect(credentials).toEqual([
      { number: 1, url: 'http://s3/?part=1', headers: {} },
    ]);
    await store.put(path, of('abc'));
    await uploads.complete(
      {
        path,
        uploadId,
        parts: [{ number: 1, etag: 'e' }],
      },
      { caller: as('ann') },
    );
    expect(onUploadDue).toHaveBeenCalled();
    expect(await artifacts.find(path)).toMatchObject({ sha256: undefined });
    await uploads.reconcile(uploadId);
    expect(await artifacts.find(path)).toMatchObject({
      size: 3,
      sha256: sha256('abc'),
    });
    expect(await uploads.signDownload(path, { caller: as('cleo') })).toEqual({
      url: `http://s3/${path}`,
      headers: {},
      size: 3,
    });
  });

  it('signs an address of one file for its readers', async () => {
    const { uploads, artifacts, path, passes } = await start();
    await artifacts.upload(
      { path, content: of('content') },
      { caller: as('ann') },
    );
    const { url, headers, size } = await uploads.signDownload(path, {
      caller: as('cleo'),
    });
    expect(url).toMatch(/^http:\/\/portal\/.*\/signed\/0\/.*big%20%C3%BC.bin$/);
    expect(size).toBe(7);
    const signature = headers[signatureHeader];
    const file = await uploads.openSigned({ signature, path });
    expect(await text(await file.open({ start: 1, end: 3 }))).toBe('ont');
    await expect(
      uploads.openSigned({
        signature,
        path: path.replace('big', 'other'),
      }),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    passes(3_600_001);
    await expect(uploads.openSigned({ signature, path })).rejects.toMatchObject(
      {
        name: 'NotAllowedError',
      },
    );
  });
});
