/* eslint-disable jest/no-export, @backstage/no-undeclared-imports -- shared by tests, imported by tests only */
/**
 * What the tests of every domain share. Import from `@downstage/node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
import {
  coreServices,
  createServiceFactory,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  type Permission,
} from '@backstage/plugin-permission-common';
import type { Contract } from '@downstage/common';
import request from 'supertest';

/**
 * The databases a store is tested on: SQLite always, PostgreSQL where a connection string says where it is
 * (the test command starts one).
 */
export function testDatabaseIds(): TestDatabaseId[] {
  const postgres = ['18', '17', '16', '15', '14']
    .filter(
      version =>
        process.env[
          `BACKSTAGE_TEST_DATABASE_POSTGRES${version}_CONNECTION_STRING`
        ],
    )
    .map(version => `POSTGRES_${version}` as TestDatabaseId);
  if (!postgres.length) {
    process.stderr.write(
      'PostgreSQL is not tested here: set BACKSTAGE_TEST_DATABASE_POSTGRES15_CONNECTION_STRING, or use npm test.\n',
    );
  }
  return ['SQLITE_3', ...postgres];
}

/** One valid request per operation, so that only permission can refuse it. */
export type ExampleRequests<C extends Contract> = {
  [K in keyof C]: {
    params?: Record<string, string | number>;
    query?: Record<string, string | number>;
    body?: unknown;
  };
};

/**
 * Proves that no operation of a contract forgot its permission check: with a policy that denies everything,
 * every one answers 403, and with one that allows reading, every one that changes something does. A new operation
 * appears here by itself, and fails until it has an example.
 */
export function describeDenyAll<C extends Contract>(options: {
  pluginId: string;
  contract: C;
  exampleRequests: ExampleRequests<C>;
  features: (BackendFeature | Promise<{ default: BackendFeature }>)[];
  /** Operations that answer only services and are therefore called as one. */
  asService?: (keyof C)[];
  /** Operations that are asked with a body and change nothing all the same. */
  onlyRead?: (keyof C)[];
}) {
  const {
    pluginId,
    contract,
    exampleRequests,
    features,
    asService = [],
    onlyRead = [],
  } = options;
  let policy: (permission: Permission) => boolean = () => false;
  let backend: Awaited<ReturnType<typeof startTestBackend>> | undefined;
  const statusOf = async (name: string) => {
    if (!backend) throw new Error('The backend has not started');
    const operation = contract[name];
    const example = exampleRequests[name];
    if (!example) throw new Error(`exampleRequests lacks ${name}`);
    const path = operation.path.replace(/:(\w+)/g, (_, key) =>
      encodeURIComponent(String(example.params?.[key])),
    );
    const call = request(backend.server)
      [operation.method](`/api/${pluginId}${path}`)
      .set(
        'authorization',
        asService.includes(name)
          ? mockCredentials.service.header()
          : mockCredentials.user.header(),
      )
      .query(example.query ?? {});
    const response = await (example.body === undefined
      ? call
      : call.send(example.body as object));
    return { name, status: response.status };
  };

  describe(`${pluginId} under a policy`, () => {
    beforeAll(async () => {
      backend = await startTestBackend({
        features: [
          ...features,
          permissionsOf(permission => policy(permission)),
        ],
      });
    });
    afterAll(() => backend?.stop());

    it.each(Object.keys(contract))(
      'that denies everything, %s refuses',
      async name => {
        policy = () => false;
        expect(await statusOf(name)).toEqual({ name, status: 403 });
      },
    );

    const changes = Object.keys(contract).filter(
      name => contract[name].method !== 'get' && !onlyRead.includes(name),
    );
    if (!changes.length) return;
    it.each(changes)(
      'that allows reading, %s refuses, as it changes something',
      async name => {
        policy = ({ attributes }) => attributes.action === 'read';
        expect(await statusOf(name)).toEqual({ name, status: 403 });
      },
    );
  });
}

function permissionsOf(allows: (permission: Permission) => boolean) {
  const decide = async (queries: { permission: Permission }[]) =>
    queries.map(({ permission }) => ({
      result: allows(permission) ? AuthorizeResult.ALLOW : AuthorizeResult.DENY,
    }));
  return createServiceFactory({
    service: coreServices.permissions,
    deps: {},
    factory: () =>
      mockServices.permissions.mock({
        authorize: decide,
        authorizeConditional: decide,
      }),
  });
}
