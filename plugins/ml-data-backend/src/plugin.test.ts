import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  auditorThatTells,
  describeDenyAll,
  membersOf,
  type AuditedEvent,
} from '@downstage/node/testUtils';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import { DuckDBInstance } from '@duckdb/node-api';
import request from 'supertest';
import mlDataPlugin from '.';

const directory = createMockDirectory();

const dataset = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Dataset',
  metadata: { name: 'masses', namespace: 'default', title: 'Masses' },
  spec: {
    type: 'table',
    lifecycle: 'production',
    owner: 'group:default/diagnostics',
    classification: 'confidential',
    location: { uri: 'masses.csv', format: 'csv' },
    freshness: { maxAge: 'P1D' },
    checks: [{ minRows: 3 }, { column: 'radius', min: 11 }],
    schema: {
      fields: [{ name: 'radius', description: 'mean radius', unit: 'µm' }],
    },
  },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/diagnostics' }],
};

const group: Record<string, string> = {
  'user:default/ann': 'group:default/diagnostics',
  'user:default/cleo': 'group:default/credit',
};

/** The catalog; a test may lay another team's file over it. */
let owner = 'group:default/diagnostics';
let classification = 'confidential';
const catalogNow = () =>
  catalogServiceMock({
    entities: [
      {
        ...dataset,
        spec: { ...dataset.spec, classification },
        relations: [{ type: 'ownedBy', targetRef: owner }],
      },
      ...['credit', 'diagnostics'].map(name => ({
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Group',
        metadata: { name, namespace: 'default' },
        spec: { type: 'team', children: [] },
      })),
    ],
  });

function features() {
  return [
    mlDataPlugin,
    mockServices.rootConfig.factory({
      data: {
        downstage: { dataDir: directory.resolve('state') },
        mlData: {
          roots: [
            {
              path: directory.resolve('of-credit'),
              groups: ['group:default/credit'],
            },
            directory.resolve('data'),
            // Holds what the portal keeps: nobody may register from there.
            directory.path,
          ],
        },
      },
    }),
    createServiceFactory({
      service: catalogServiceRef,
      deps: {},
      factory: () => ({
        ...catalogNow(),
        getEntityByRef: (...call) => catalogNow().getEntityByRef(...call),
        getEntitiesByRefs: (...call) => catalogNow().getEntitiesByRefs(...call),
        queryEntities: (...call) => catalogNow().queryEntities(...call),
      }),
    }),
    membersOf(group),
    mockServices.events.factory(),
  ];
}

const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');
const base = '/api/ml-data/v1/datasets';
const versions = `${base}/default/masses/versions`;

/** Reads the body of an answer as bytes. */
function bytes(
  response: unknown,
  done: (error: Error | null, body: Buffer) => void,
) {
  const chunks: Buffer[] = [];
  const stream = response as IncomingMessage;
  stream.on('data', chunk => chunks.push(chunk));
  stream.on('end', () => done(null, Buffer.concat(chunks)));
}

describe('ml-data', () => {
  let server: Awaited<ReturnType<typeof startTestBackend>>['server'];
  let stop: () => Promise<void>;
  let actions: ReturnType<typeof actionsRegistryServiceMock>;
  let audited: AuditedEvent[];

  const register = (authorization = ann, body: object = {}) =>
    request(server)
      .post(versions)
      .set('authorization', authorization)
      .send(body);
  const get = (path: string, authorization = ann) =>
    request(server).get(path).set('authorization', authorization);

  beforeEach(async () => {
    owner = 'group:default/diagnostics';
    classification = 'confidential';
    directory.setContent({
      'data/masses.csv': 'radius,label\n17.9,M\n11.2,B\n12.4,B\n',
      'data/other.csv': 'radius,label\n1,M\n',
      'data/short.csv': 'label\nM\n',
      'of-credit/masses.csv': 'radius,label\n1,credit\n',
      'of-credit/loans.csv': 'radius,label\n1,credit\n',
    });
    actions = actionsRegistryServiceMock();
    audited = [];
    const backend = await startTestBackend({
      features: [
        ...features(),
        auditorThatTells(event => audited.push(event)),
        createServiceFactory({
          service: actionsRegistryServiceRef,
          deps: {},
          factory: () => actions,
        }),
      ],
    });
    server = backend.server;
    stop = () => backend.stop();
  });
  afterEach(() => stop());

  it('belongs to the owner of its first version until they hand it over (issue 7)', async () => {
    await register();
    owner = 'group:default/credit';
    expect((await register(cleo)).status).toBe(403);
    expect((await get(base)).body.items[0]).toMatchObject({
      owner: 'group:default/diagnostics',
      catalogOwner: 'group:default/credit',
      // A file that does not count opens nothing either.
      classification: 'restricted',
    });
    expect((await get(`${versions}/1`, cleo)).status).toBe(403);
    const handOver = (authorization: string, to = 'group:default/credit') =>
      request(server)
        .post(`${base}/default/masses/owner`)
        .set('authorization', authorization)
        .send({ owner: to });
    expect((await handOver(cleo)).status).toBe(403);
    expect((await handOver(ann, 'group:default/nobody')).status).toBe(404);
    expect((await handOver(ann)).status).toBe(200);
    expect((await register()).status).toBe(403);
    expect((await register(cleo)).status).toBe(201);
    const [item] = (await get(base)).body.items;
    expect(item).toMatchObject({ owner: 'group:default/credit' });
    expect(item).not.toHaveProperty('catalogOwner');
  });

  it('has no owner of its own before it has a version', async () => {
    const { status, body } = await request(server)
      .post(`${base}/default/masses/owner`)
      .set('authorization', ann)
      .send({ owner: 'group:default/credit' });
    expect(status).toBe(409);
    expect(body.error.message).toContain('change spec.owner');
  });

  it('registers a version with manifest, schema and profile', async () => {
    const { status, body } = await register(ann, { message: 'first' });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        ref: 'default/masses@1',
        createdBy: 'user:default/ann',
        message: 'first',
        format: 'csv',
        uri: 'masses.csv',
        rows: 3,
        bytes: 34,
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        files: [{ path: 'masses.csv', size: 34, rows: 3 }],
        schema: [
          { name: 'radius', type: 'DOUBLE', unit: 'µm', nullable: false },
          { name: 'label', type: 'VARCHAR' },
        ],
      },
    });
    expect(body.profile.columns[0]).toMatchObject({ min: 11.2, max: 17.9 });
    expect((await get(`${versions}/latest`)).body).toEqual(body);
    expect((await get(`${versions}/1`)).body).toEqual(body);
  });

  it('keeps confidential content to its owner and to whom the owner gives a grant', async () => {
    await register();
    const reads = [
      `${versions}/1`,
      `${versions}/latest/files`,
      `${base}/default/masses/diff?from=1&to=1`,
      `${base}/default/masses/registrations`,
    ];
    const statuses = async (who: string) =>
      Promise.all(reads.map(async path => (await get(path, who)).status));
    expect(await statuses(ann)).toEqual([200, 200, 200, 200]);
    expect(await statuses(cleo)).toEqual([403, 403, 403, 403]);
    const refused = await get(`${versions}/1`, cleo);
    expect(refused.body.error).toMatchObject({
      code: 'ml-data.access-needed',
      dataset: 'dataset:default/masses',
      message: expect.stringContaining(
        'Ask group:default/diagnostics for a grant',
      ),
    });
    // The names may be known; only the content is guarded.
    expect((await get(versions, cleo)).body.items).toHaveLength(1);
    const access = `${base}/default/masses/access`;
    expect((await get(access, cleo)).body).toMatchObject({
      mayRead: false,
      mayGrant: false,
      classification: 'confidential',
    });

    const grants = `${base}/default/masses/grants`;
    const give = (who: string, body: object) =>
      request(server)
        .post(grants)
        .set('authorization', who)
        .send({
          group: 'credit',
          purpose: 'Compare with our scores',
          until: '2100-01-01T00:00:00Z',
          ...body,
        });
    expect((await give(cleo, {})).status).toBe(403);
    expect((await give(ann, { until: '2020-01-01T00:00:00Z' })).status).toBe(
      400,
    );
    expect((await give(ann, { group: 'api:default/x' })).status).toBe(400);
    const { status, body: grant } = await give(ann, {});
    expect({ status, grant }).toMatchObject({
      status: 201,
      grant: { group: 'group:default/credit', state: 'active' },
    });
    expect(await statuses(cleo)).toEqual([200, 200, 200, 200]);
    expect((await get(access, cleo)).body.because).toBe('grant');
    expect((await get(grants, cleo)).status).toBe(403);

    const check = (who: string) =>
      request(server)
        .post('/api/ml-data/v1/access/check')
        .set('authorization', who)
        .send({ datasets: ['default/masses@1', 'dataset:default/nosuch'] });
    expect((await check(cleo)).body.items).toMatchObject([
      { mayRead: true, because: 'grant', grant: grant.id },
      { mayRead: false, message: expect.stringContaining('may see') },
    ]);

    const revoke = await request(server)
      .post(`${grants}/${grant.id}/revoke`)
      .set('authorization', ann)
      .send({});
    expect(revoke.body).toMatchObject({
      state: 'revoked',
      revokedBy: 'user:default/ann',
    });
    expect(await statuses(cleo)).toEqual([403, 403, 403, 403]);
    expect((await get(grants)).body.items).toMatchObject([
      { id: grant.id, state: 'revoked' },
    ]);
  });

  it('writes down each read of guarded data with its reason, and each refusal', async () => {
    await register();
    audited = [];
    const guarded = {
      dataset: 'dataset:default/masses',
      classification: 'confidential',
    };
    const reads = [
      [`${versions}/1`, { what: 'version', version: '1' }],
      [`${versions}/latest/files`, { what: 'files', version: 'latest' }],
      [`${base}/default/masses/diff?from=1&to=1`, { what: 'diff' }],
      [`${base}/default/masses/registrations`, { what: 'registrations' }],
    ] as const;
    for (const [path, read] of reads) {
      audited = [];
      await get(path, ann).expect(200);
      await get(path, cleo).expect(403);
      const event = (actor: string, outcome: string, more: object = {}) => ({
        eventId: 'dataset-read',
        outcome,
        meta: { actor, ...guarded, ...read, ...more },
      });
      expect(audited).toMatchObject([
        event('user:default/ann', 'succeeded', { because: 'owner' }),
        event('user:default/cleo', 'failed'),
      ]);
    }
    // The names may be known, and that is no read.
    audited = [];
    await get(versions, cleo).expect(200);
    await get(base, cleo).expect(200);
    expect(audited).toEqual([]);
  });

  it('gives each file by address, with the rights of every read of content', async () => {
    await register();
    const { body } = await get(`${versions}/latest/files`).expect(200);
    expect(body.addresses).toMatchObject({
      files: [
        {
          name: 'masses.csv',
          size: 34,
          url: '/v1/datasets/default/masses/versions/1/content?file=masses.csv&of=files',
        },
      ],
      table: [{ url: expect.stringContaining('&of=table') }],
    });
    const [{ url, sha256 }] = body.addresses.files;
    const file = await get(`/api/ml-data${url}`)
      .buffer(true)
      .parse(bytes)
      .expect('content-type', 'application/octet-stream')
      .expect('content-length', '34')
      .expect(200);
    expect(createHash('sha256').update(file.body).digest('hex')).toBe(sha256);
    const [table] = body.addresses.table;
    const parquet = await get(`/api/ml-data${table.url}`)
      .buffer(true)
      .parse(bytes)
      .expect(200);
    expect(createHash('sha256').update(parquet.body).digest('hex')).toBe(
      table.sha256,
    );

    audited = [];
    const refused = await get(`/api/ml-data${url}`, cleo).expect(403);
    expect(refused.body.error.code).toBe('ml-data.access-needed');
    await get(`/api/ml-data${url}`).expect(200);
    expect(audited).toMatchObject([
      {
        outcome: 'failed',
        meta: { actor: 'user:default/cleo', what: 'files' },
      },
      {
        outcome: 'succeeded',
        meta: { actor: 'user:default/ann', what: 'files' },
      },
    ]);
    for (const name of ['../masses.csv', '/etc/passwd', 'v1/masses.csv']) {
      const missing = await get(
        `/api/ml-data/v1/datasets/default/masses/versions/1/content?file=${encodeURIComponent(
          name,
        )}`,
      ).expect(404);
      expect(missing.body.error.message).toContain('has no file');
    }
    await get(`${versions}/1/content`).expect(400);
    await request(server)
      .get(`/api/ml-data${url}`)
      .set('authorization', mockCredentials.none.header())
      .expect(401);
  });

  it('gives the table of a Parquet file by address too: it is the file', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const path = directory.resolve('data/masses.parquet');
    await connection.run(
      `COPY (SELECT 17.9 AS radius, 'M' AS label) TO '${path}' (FORMAT parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    await register(ann, { uri: 'masses.parquet' });
    const { body } = await get(`${versions}/latest/files`).expect(200);
    const content = await fs.readFile(path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const found = { name: 'masses.parquet', size: content.length, sha256 };
    expect(body).toMatchObject({
      path: body.table.files[0],
      addresses: { files: [found], table: [found] },
    });
    // A job asks for its table by this name, whichever files that is.
    for (const asked of ['files', 'table']) {
      const file = await get(
        `${versions}/1/content?file=masses.parquet&of=${asked}`,
      )
        .buffer(true)
        .parse(bytes)
        .expect(200);
      expect(content.equals(file.body)).toBe(true);
    }
  });

  it('writes down no read of data that is open to all', async () => {
    classification = 'internal';
    await register();
    audited = [];
    for (const path of [`${versions}/1`, `${versions}/latest/files`]) {
      await get(path, cleo).expect(200);
    }
    expect(audited).toEqual([]);
  });

  it('gives the same version for the same content, and leaves no copy behind', async () => {
    const first = await register();
    const second = await register(ann, { message: 'again' });
    expect(second.body).toEqual(first.body);
    await expect(
      fs.readdir(directory.resolve('state/datasets/.staging')),
    ).resolves.toEqual([]);
  });

  it('registers once when asked several times at once', async () => {
    const all = await Promise.all([register(), register(), register()]);
    expect(all.map(({ body }) => body.version)).toEqual([1, 1, 1]);
  });

  it('keeps old versions readable, says that the source changed, and compares', async () => {
    await register();
    await fs.writeFile(
      directory.resolve('data/masses.csv'),
      'radius,label,area\n27.9,M,3\n21.2,B,4\n',
    );
    const changed = await get(`${versions}/1/files`);
    expect(changed.body).toMatchObject({
      ref: 'default/masses@1',
      format: 'csv',
      files: [{ size: 34, rows: 3 }],
      warnings: [expect.stringMatching(/has changed since/)],
    });
    expect(await fs.readFile(changed.body.path, 'utf8')).toContain('17.9,M');
    expect((await register()).body.ref).toBe('default/masses@2');
    const { body } = await get(`${base}/default/masses/diff?from=1&to=2`);
    expect(body).toMatchObject({
      identical: false,
      rows: { from: 3, to: 2, delta: -1 },
      schema: { added: [{ name: 'area' }], removed: [], changed: [] },
    });
    expect((await get(versions)).body.items).toHaveLength(2);
    expect((await get(`${versions}/2/files`)).body.warnings).toEqual([]);
  });

  it('lists datasets with owner, classification and latest version', async () => {
    await register();
    const { body } = await get(base);
    expect(body.items).toEqual([
      expect.objectContaining({
        ref: 'dataset:default/masses',
        title: 'Masses',
        owner: 'group:default/diagnostics',
        classification: 'confidential',
        maxAge: 'P1D',
        latest: expect.objectContaining({ rows: 3, columns: 2 }),
      }),
    ]);
  });

  it('checks every version against what the entity declares, in the list and one by one', async () => {
    await register();
    await register(ann, { uri: 'other.csv' });
    const { body: list } = await get(versions);
    expect(
      list.items.map((item: { version: number; qualityState: string }) => [
        item.version,
        item.qualityState,
      ]),
    ).toEqual([
      [2, 'failed'],
      [1, 'passed'],
    ]);
    expect((await get(`${versions}/2`)).body.quality).toEqual({
      state: 'failed',
      checks: [
        { of: 'rows', wanted: 'at least 3', saw: '1', state: 'failed' },
        { of: 'radius', wanted: 'at least 11', saw: '1', state: 'failed' },
      ],
    });
  });

  it('lets another team look and not register', async () => {
    await register();
    expect((await get(versions, cleo)).status).toBe(200);
    const refused = await register(cleo);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /belongs to group:default\/diagnostics/,
    );
  });

  it('refuses callers who are nobody', async () => {
    expect((await get(versions, mockCredentials.none.header())).status).toBe(
      401,
    );
  });

  it('says which declared column the data lacks, and stores nothing', async () => {
    const { status, body } = await register(ann, { uri: 'short.csv' });
    expect(status).toBe(400);
    expect(body.error.message).toMatch(/does not have: radius/);
    expect((await get(versions)).body.items).toEqual([]);
  });

  it.each([
    ['../state/x.csv', 404],
    ['/etc/passwd', 404],
    ['https://example.com/a.csv', 400],
  ])('does not read %s', async (uri, status) => {
    expect((await register(ann, { uri })).status).toBe(status);
  });

  it.each(['state/datasets/default/masses/v1/masses.csv', 'state'])(
    'does not read what the portal keeps: %s',
    async uri => {
      await register();
      const { status, body } = await register(ann, { uri });
      expect(status).toBe(404);
      expect(body.error.message).not.toContain(directory.path);
    },
  );

  it('reads a folder of another group for nobody, and the file of the same name that everybody may', async () => {
    expect((await register(ann, { uri: 'loans.csv' })).status).toBe(404);
    const { body } = await register();
    expect(body.profile.columns[0]).toMatchObject({ max: 17.9 });
  });

  it('accepts a registration at once and says how it ends', async () => {
    const registrations = `${base}/default/masses/registrations`;
    const { status, body } = await request(server)
      .post(registrations)
      .set('authorization', ann)
      .send({ dialect: { delimiter: ';' } });
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { dataset: 'dataset:default/masses', uri: 'masses.csv' },
    });
    let found = body;
    while (!['ready', 'failed'].includes(found.state)) {
      found = (await get(`${registrations}/${body.id}`)).body;
    }
    expect(found).toMatchObject({
      state: 'failed',
      error: { message: expect.stringMatching(/declares a column.*radius/) },
    });
    expect((await get(registrations)).body.items).toEqual([found]);
    expect((await get(`${registrations}/none`)).status).toBe(404);
    const cancel = `${registrations}/${body.id}/cancel`;
    const refused = await request(server)
      .post(cancel)
      .set('authorization', cleo)
      .send({});
    expect(refused.status).toBe(403);
    const late = await request(server)
      .post(cancel)
      .set('authorization', ann)
      .send({});
    expect(late.body.state).toBe('failed');
  });

  describe('a preview', () => {
    const preview = (body: object = {}, authorization = ann) =>
      request(server)
        .post(`${base}/default/masses/preview`)
        .set('authorization', authorization)
        .send(body);
    const staging = () =>
      fs.readdir(directory.resolve('state/datasets/.staging'));

    it('shows how the data would be read, keeps nothing of it, and is written down', async () => {
      const { status, body } = await preview({
        dialect: { nullWords: ['B'] },
      });
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          ...{ uri: 'masses.csv', format: 'csv' },
          files: [{ path: 'masses.csv', size: 34, looked: 34 }],
          ...{ allFiles: 1, complete: true },
          dialect: {
            ...{ delimiter: ',', quote: '"', decimal: '.', header: true },
            ...{ encoding: 'utf-8', nullWords: ['B'] },
          },
          columns: [
            { name: 'radius', type: 'DOUBLE' },
            { name: 'label', type: 'VARCHAR' },
          ],
          allColumns: 2,
          rows: [
            ['17.9', 'M'],
            ['11.2', null],
            ['12.4', null],
          ],
          lookedRows: 3,
          notes: [],
        },
      });
      expect(await staging()).toEqual([]);
      expect((await get(versions)).body.items).toEqual([]);
      expect(
        audited.map(({ eventId, meta }) => [eventId, { ...meta }]),
      ).toEqual(
        expect.arrayContaining([
          [
            'dataset-version-preview',
            expect.objectContaining({ actor: 'user:default/ann' }),
          ],
          [
            'dataset-read',
            expect.objectContaining({
              ...{ actor: 'user:default/ann', what: 'preview' },
            }),
          ],
        ]),
      );
    });

    it('says where and why the data would be refused', async () => {
      await fs.writeFile(
        directory.resolve('data/masses.csv'),
        'radius,label\n17.9,M\n11.2,B,C\n',
      );
      const { status, body } = await preview();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        ...{ columns: [], rows: [] },
        refused: {
          message: expect.stringMatching(/line 3: there are 3 values/),
          ...{ file: 'masses.csv', line: 3, column: 8 },
        },
      });
      const other = await preview({ dialect: { delimiter: ';' } });
      expect(other.body.refused.message).toMatch(/declares a column.*radius/);
      expect(await staging()).toEqual([]);
    });

    it('looks at the beginning only, however much there is', async () => {
      const line = `1.5,${'x'.repeat(100)}\n`;
      await fs.writeFile(
        directory.resolve('data/masses.csv'),
        `radius,label\n${line.repeat(20_000)}`,
      );
      const { body } = await preview();
      expect(body).toMatchObject({
        complete: false,
        files: [{ size: 13 + 20_000 * line.length, looked: 512 * 1024 }],
        lookedRows: Math.floor((512 * 1024 - 13) / line.length),
      });
      expect(body.rows).toHaveLength(50);
    });

    it('is for those who may register and read the data, from where they may', async () => {
      expect((await preview({}, cleo)).status).toBe(403);
      expect((await preview({ uri: 'loans.csv' })).status).toBe(404);
      expect((await preview({ uri: '../of-credit/loans.csv' })).status).toBe(
        404,
      );
      const parquet = await preview({ uri: 'state.parquet' });
      expect(parquet.status).toBe(404);
    });

    it('is of text; Parquet says itself how it is to be read', async () => {
      await fs.writeFile(directory.resolve('data/p.parquet'), 'PAR1');
      const { status, body } = await preview({ uri: 'p.parquet' });
      expect(status).toBe(400);
      expect(body.error.message).toMatch(/is Parquet, which says itself/);
    });
  });

  it('names the latest version when asked for one that is not', async () => {
    await register();
    const { status, body } = await get(`${versions}/7`);
    expect(status).toBe(404);
    expect(body.error).toMatchObject({
      message: expect.stringMatching(/no version 7; the latest is 1/),
    });
    expect((await get(`${base}/default/none/versions`)).status).toBe(404);
  });

  it('offers the same as actions, reading ones marked as such', async () => {
    const credentials = mockCredentials.user('user:default/ann');
    const registered = await actions.invoke({
      id: 'test:register-dataset-version',
      input: { dataset: 'default/masses' },
      credentials,
    });
    expect(registered.output).toMatchObject({ ref: 'default/masses@1' });
    const got = await actions.invoke({
      id: 'test:get-dataset-version',
      input: { dataset: 'dataset:default/masses' },
      credentials,
    });
    expect(got.output).toMatchObject({ ref: 'default/masses@1', rows: 3 });
    const listed = await actions.invoke({
      id: 'test:list-datasets',
      input: { owner: 'group:default/credit' },
      credentials,
    });
    expect(listed.output).toEqual({ datasets: [] });
    const { actions: all } = await actions.list();
    expect(
      Object.fromEntries(all.map(a => [a.name, a.attributes.readOnly])),
    ).toEqual({
      'list-datasets': true,
      'get-dataset-access': true,
      'get-dataset-version': true,
      'grant-dataset-access': false,
      'revoke-dataset-grant': false,
      'register-dataset-version': false,
    });
  });
});

describeDenyAll({
  pluginId: 'ml-data',
  contract: mlDataContract,
  features: features(),
  onlyRead: ['checkDatasetAccess'],
  exampleRequests: {
    listDatasets: {},
    handOverDataset: {
      params: { namespace: 'default', name: 'masses' },
      body: { owner: 'group:default/credit' },
    },
    listDatasetVersions: { params: { namespace: 'default', name: 'masses' } },
    getDatasetVersion: {
      params: { namespace: 'default', name: 'masses', version: 1 },
    },
    registerDatasetVersion: {
      params: { namespace: 'default', name: 'masses' },
      body: {},
    },
    previewDatasetVersion: {
      params: { namespace: 'default', name: 'masses' },
      body: {},
    },
    startDatasetRegistration: {
      params: { namespace: 'default', name: 'masses' },
      body: {},
    },
    listDatasetRegistrations: {
      params: { namespace: 'default', name: 'masses' },
    },
    getDatasetRegistration: {
      params: { namespace: 'default', name: 'masses', id: 'x' },
    },
    cancelDatasetRegistration: {
      params: { namespace: 'default', name: 'masses', id: 'x' },
      body: {},
    },
    getDatasetAccess: { params: { namespace: 'default', name: 'masses' } },
    checkDatasetAccess: { body: { datasets: ['default/masses@1'] } },
    listDatasetGrants: { params: { namespace: 'default', name: 'masses' } },
    grantDatasetAccess: {
      params: { namespace: 'default', name: 'masses' },
      body: {
        group: 'group:default/credit',
        purpose: 'a test',
        until: '2100-01-01T00:00:00Z',
      },
    },
    revokeDatasetGrant: {
      params: { namespace: 'default', name: 'masses', id: 'x' },
      body: {},
    },
    diffDatasetVersions: {
      params: { namespace: 'default', name: 'masses' },
      query: { from: 1, to: 2 },
    },
    resolveDatasetVersion: {
      params: { namespace: 'default', name: 'masses', version: 'latest' },
    },
  },
});
