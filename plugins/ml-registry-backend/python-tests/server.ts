/* Starts the MLflow surface alone on a free port, for the tests of the real client. Prints the address. */
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { databaseServiceFactory } from '@backstage/backend-defaults/database';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { trackingTestPlugin } from '../src/__testUtils__/trackingTestPlugin';

/** The PostgreSQL to keep rows in; without one they are in SQLite, in memory. */
function database() {
  const connection = process.env.DOWNSTAGE_TEST_POSTGRES;
  if (!connection) return [];
  return [
    databaseServiceFactory,
    mockServices.rootConfig.factory({
      data: { backend: { database: { client: 'pg', connection } } },
    }),
  ];
}

async function main() {
  const backend = await startTestBackend({
    features: [
      ...database(),
      trackingTestPlugin({
        externalSources: [{ location: 's3://bucket' }],
        verifiers: [
          {
            verify: async token =>
              token === 'job-token'
                ? {
                    subject: 'job:7f3a',
                    actor: 'user:default/ann',
                    owner: 'group:default/diagnostics',
                    attributes: {
                      job: '7f3a',
                      commit: 'c0ffee',
                      environment: 'env-1',
                      datasets: ['default/breast-masses@1'],
                      model: 'model:default/tumour-malignancy',
                    },
                  }
                : undefined,
          },
        ],
      }),
      createServiceFactory({
        service: coreServices.userInfo,
        deps: {},
        factory: () =>
          mockServices.userInfo({
            ownershipEntityRefs: [
              'user:default/mock',
              'group:default/diagnostics',
            ],
          }),
      }),
      process.env.VERBOSE
        ? mockServices.rootLogger.factory({ level: 'info' })
        : mockServices.rootLogger.factory({ level: 'warn' }),
    ],
  });
  const address = backend.server.address();
  process.stdout.write(
    `PORT ${typeof address === 'object' && address ? address.port : ''}\n`,
  );
  process.on('SIGTERM', () => backend.stop().then(() => process.exit(0)));
}

main().catch(error => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
