import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  isResourcePermission,
  type PolicyDecision,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import { hidingCatalog, membersOf, policyOf } from '@downstage/node/testUtils';
import {
  createMlDatasetConditionalDecision,
  mlDatasetConditions,
} from '@downstage/plugin-ml-data-node';
import request from 'supertest';
import mlDataPlugin from '.';

jest.setTimeout(60_000);
const directory = createMockDirectory();
const diagnostics = 'group:default/diagnostics';
const credit = 'group:default/credit';
const groups: Record<string, string> = {
  'user:default/ann': diagnostics,
  'user:default/cleo': credit,
};
const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');

const dataset = (name: string, owner: string, classification?: string) => ({
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Dataset',
  metadata: { name, namespace: 'default' },
  spec: {
    type: 'table',
    lifecycle: 'production',
    owner,
    ...(classification && { classification }),
    location: { uri: 'masses.csv', format: 'csv' },
  },
  relations: [{ type: 'ownedBy', targetRef: owner }],
});

type Decide = (permission: ResourcePermission, mine: string) => PolicyDecision;
const allowed: PolicyDecision = { result: AuthorizeResult.ALLOW };
const ownedByMe: Decide = (permission, mine) =>
  createMlDatasetConditionalDecision(
    permission as never,
    mlDatasetConditions.isOwner({ owners: [mine] }),
  );

describe('ml-data under a policy that answers with conditions', () => {
  const entities = [
    dataset('loans', credit, 'internal'),
    dataset('masses', diagnostics, 'internal'),
    dataset('plain', credit),
    dataset('scores', credit, 'confidential'),
  ];
  let decide: Decide = () => allowed;
  let hides: string[] = [];
  let backend: Awaited<ReturnType<typeof startTestBackend>>;

  beforeAll(async () => {
    directory.setContent({ 'data/masses.csv': 'radius\n1\n2\n' });
    backend = await startTestBackend({
      features: [
        mlDataPlugin,
        mockServices.rootConfig.factory({
          data: {
            downstage: { dataDir: directory.resolve('state') },
            mlData: { roots: [directory.resolve('data')] },
          },
        }),
        hidingCatalog({ entities, hides: () => hides }),
        membersOf(groups),
        mockServices.events.factory(),
        policyOf((permission, person = '') =>
          isResourcePermission(permission, 'ml-dataset')
            ? decide(permission, groups[person])
            : allowed,
        ),
      ],
    });
  });
  beforeEach(() => {
    decide = () => allowed;
    hides = [];
  });
  afterAll(() => backend.stop());

  const base = '/api/ml-data/v1';
  const get = (path: string, authorization = ann) =>
    request(backend.server)
      .get(`${base}${path}`)
      .set('authorization', authorization);
  const post = (path: string, body: object = {}, authorization = ann) =>
    request(backend.server)
      .post(`${base}${path}`)
      .set('authorization', authorization)
      .send(body);
  const namesOf = (items: { name: string }[]) => items.map(({ name }) => name);

  it('lists the data sets of my groups and no other, in pages that are full (issue 7)', async () => {
    decide = ownedByMe;
    expect(namesOf((await get('/datasets')).body.items)).toEqual(['masses']);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await get(`/datasets?limit=2${cursor}`, cleo);
      seen.push(...namesOf(body.items));
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : '';
    } while (cursor);
    expect(seen).toEqual(['loans', 'plain', 'scores']);
  });

  it('knows nothing of the data sets of others (issue 7)', async () => {
    await post('/datasets/default/loans/versions', {}, cleo).expect(201);
    decide = ownedByMe;
    for (const path of [
      '/versions',
      '/versions/1',
      '/versions/1/files',
      '/registrations',
      '/registrations/x',
      '/access',
      '/grants',
      '/diff?from=1&to=1',
    ]) {
      const { status } = await get(`/datasets/default/loans${path}`);
      expect({ path, status }).toEqual({ path, status: 404 });
    }
    for (const [path, body] of Object.entries({
      '/versions': {},
      '/registrations': {},
      '/registrations/x/cancel': {},
      '/owner': { owner: diagnostics },
      '/grants': {
        group: diagnostics,
        purpose: 'trying',
        until: '2999-01-01T00:00:00Z',
      },
      '/grants/x/revoke': {},
    })) {
      const { status } = await post(`/datasets/default/loans${path}`, body);
      expect({ path, status }).toEqual({ path, status: 404 });
    }
    const { body } = await post('/access/check', {
      datasets: ['default/loans', 'default/masses'],
    });
    expect(body.items).toMatchObject([
      {
        mayRead: false,
        message: expect.stringContaining('is not a data set that'),
      },
      { mayRead: true },
    ]);
    expect((await get('/datasets/default/loans/versions/1', cleo)).status).toBe(
      200,
    );
  });

  it('narrows by classification; data without one meets no such rule (issue 7)', async () => {
    const internal = mlDatasetConditions.hasClassification({
      classifications: ['public', 'internal'],
    });
    decide = permission =>
      createMlDatasetConditionalDecision(permission as never, internal);
    const listed = (await get('/datasets')).body.items;
    expect(namesOf(listed)).toEqual(['loans', 'masses']);
    expect((await get('/datasets/default/plain/access')).status).toBe(404);
    expect((await get('/datasets/default/loans/access')).status).toBe(200);
    decide = permission =>
      createMlDatasetConditionalDecision(permission as never, {
        not: internal,
      });
    expect(namesOf((await get('/datasets?limit=1')).body.items)).toEqual([
      'plain',
    ]);
  });

  it('goes by the owner that counts, not by a file that does not (issue 7)', async () => {
    await post('/datasets/default/masses/versions').expect(201);
    const [, masses] = entities;
    entities[1] = dataset('masses', credit, 'public');
    decide = ownedByMe;
    const listed = (await get('/datasets')).body.items;
    expect(listed).toMatchObject([
      { name: 'masses', classification: 'restricted', owner: diagnostics },
    ]);
    expect(namesOf((await get('/datasets', cleo)).body.items)).not.toContain(
      'masses',
    );
    decide = permission =>
      createMlDatasetConditionalDecision(
        permission as never,
        mlDatasetConditions.hasClassification({ classifications: ['public'] }),
      );
    expect((await get('/datasets')).body.items).toEqual([]);
    expect((await get('/datasets/default/masses/access')).status).toBe(404);
    entities[1] = masses;
  });

  it('lets a policy decide which versions are registered (issue 7)', async () => {
    decide = permission =>
      permission.attributes.action === 'read'
        ? allowed
        : createMlDatasetConditionalDecision(
            permission as never,
            mlDatasetConditions.hasClassification({
              classifications: ['internal'],
            }),
          );
    const register = async (name: string) =>
      (await post(`/datasets/default/${name}/versions`, {}, cleo)).status;
    expect(await register('loans')).toBe(201);
    expect(await register('scores')).toBe(403);
  });

  it('hides what the catalog hides (issue 7)', async () => {
    hides = ['dataset:default/loans'];
    expect(namesOf((await get('/datasets')).body.items)).not.toContain('loans');
    expect((await get('/datasets/default/loans/versions')).status).toBe(404);
  });
});
