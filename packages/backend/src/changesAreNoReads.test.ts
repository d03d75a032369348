import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { policyOf } from '@downstage/node/testUtils';
import mlData from '@downstage/plugin-ml-data-backend';
import mlJobs from '@downstage/plugin-ml-jobs-backend';
import mlMonitoring from '@downstage/plugin-ml-monitoring-backend';
import mlRegistry from '@downstage/plugin-ml-registry-backend';
import mlServing from '@downstage/plugin-ml-serving-backend';
import mlTokens from '@downstage/plugin-ml-tokens-backend';
import request from 'supertest';
import { contractTable } from './__testUtils__/contractTable';
import { permissions } from './__testUtils__/everyDomain';
import { sampleOf } from './__testUtils__/sampleOf';

jest.setTimeout(300_000);
const directory = createMockDirectory();

/** Sent with POST because of what they carry; nothing is other than before when they have answered. */
const changeNothing = ['ml-data checkDatasetAccess', 'ml-jobs introspectToken'];

const operations = Object.entries(contractTable).flatMap(
  ([pluginId, { contract, rows }]) =>
    Object.entries(contract)
      .filter(([, { method }]) => method !== 'get')
      .map(([name, operation]) => ({
        id: `${pluginId} ${name}`,
        pluginId,
        operation,
        row: rows[name],
      })),
);

describe('what changes something', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  beforeAll(async () => {
    backend = await startTestBackend({
      features: [
        mlData,
        mlJobs,
        mlMonitoring,
        mlRegistry,
        mlServing,
        mlTokens,
        catalogServiceMock.factory({ entities: [] }),
        mockServices.events.factory(),
        mockServices.rootConfig.factory({
          data: {
            downstage: { dataDir: directory.path },
            mlServing: { gateway: { port: 0 } },
          },
        }),
        policyOf(({ attributes }) => ({
          result:
            attributes.action === 'read'
              ? AuthorizeResult.ALLOW
              : AuthorizeResult.DENY,
        })),
      ],
    });
  });
  afterAll(() => backend.stop());

  const answerOf = async ({
    pluginId,
    operation,
    row,
  }: (typeof operations)[number]) => {
    const params = (operation.params ? sampleOf(operation.params) : {}) as
      | Record<string, unknown>
      | undefined;
    const path = operation.path.replace(/:(\w+)/g, (_, key) =>
      encodeURIComponent(String(params?.[key])),
    );
    const call = request(backend.server)
      [operation.method](`/api/${pluginId}${path}`)
      .set('authorization', mockCredentials.user.header())
      .query(row?.query ?? {});
    const body =
      row?.body ?? (operation.body ? sampleOf(operation.body) : undefined);
    return body === undefined ? call : call.send(body as object);
  };

  it.each(operations.map(operation => [operation.id, operation] as const))(
    'is asked for with a permission that is no read: %s (S11)',
    async (id, operation) => {
      const { status, body } = await answerOf(operation);
      const message: string = body.error?.message ?? '';
      const [, name] = /lacks the permission (ml\.[\w.-]+)/.exec(message) ?? [];
      const asked = permissions.find(permission => permission.name === name);
      const refused = status === 403 && asked !== undefined;
      // eslint-disable-next-line jest/no-conditional-expect
      expect({ id, refused, message: refused ? '' : message }).toEqual({
        id,
        refused: !changeNothing.includes(id),
        message: refused ? '' : message,
      });
      expect(asked?.attributes.action).not.toBe('read');
    },
  );

  it('knows what changes nothing, and no operation that is gone', () => {
    const ids = operations.map(({ id }) => id);
    expect(changeNothing.filter(id => !ids.includes(id))).toEqual([]);
    expect(operations.length).toBeGreaterThan(30);
  });
});
