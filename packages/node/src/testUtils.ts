/* eslint-disable jest/no-export, @backstage/no-undeclared-imports -- shared by tests, imported by tests only */
/**
 * What the tests of every domain share. Import from `@downstage/node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
import type { BackendFeature } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
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
 * every one answers 403. A new operation appears here by itself, and fails until it has an example.
 */
export function describeDenyAll<C extends Contract>(options: {
  pluginId: string;
  contract: C;
  exampleRequests: ExampleRequests<C>;
  features: (BackendFeature | Promise<{ default: BackendFeature }>)[];
  /** Operations that answer only services and are therefore called as one. */
  asService?: (keyof C)[];
}) {
  const {
    pluginId,
    contract,
    exampleRequests,
    features,
    asService = [],
  } = options;
  describe(`${pluginId} under a policy that denies everything`, () => {
    let server: Awaited<ReturnType<typeof startTestBackend>>;
    beforeAll(async () => {
      server = await startTestBackend({
        features: [
          ...features,
          mockServices.permissions.factory({ result: AuthorizeResult.DENY }),
        ],
      });
    });
    afterAll(() => server?.stop());

    it.each(Object.keys(contract))('%s refuses', async name => {
      const operation = contract[name];
      const example = exampleRequests[name];
      if (!example) throw new Error(`exampleRequests lacks ${name}`);
      const path = operation.path.replace(/:(\w+)/g, (_, key) =>
        encodeURIComponent(String(example.params?.[key])),
      );
      const call = request(server.server)
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
      expect({ name, status: response.status }).toEqual({ name, status: 403 });
    });
  });
}
