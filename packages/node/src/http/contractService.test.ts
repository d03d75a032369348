import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { startTestBackend } from '@backstage/backend-test-utils';
import { NotAllowedError } from '@backstage/errors';
import { defineContract } from '@downstage/common';
import { z } from 'zod';
import { createContractRouter } from './contractRouter';
import { contractServiceRef } from './contractService';

const contract = defineContract({
  submit: {
    method: 'post',
    path: '/v1/jobs',
    summary: 'A job',
    response: z.object({}),
  },
});
const jobsRef = contractServiceRef({ id: 'jobs', pluginId: 'jobs', contract });

const jobs = createBackendPlugin({
  pluginId: 'jobs',
  register(env) {
    env.registerInit({
      deps: {
        http: coreServices.httpRouter,
        httpAuth: coreServices.httpAuth,
      },
      async init({ http, httpAuth }) {
        const submit = async () => {
          throw new NotAllowedError('This belongs to others');
        };
        http.use(
          createContractRouter({ contract, httpAuth, handlers: { submit } }),
        );
      },
    });
  },
});

describe('contractServiceRef', () => {
  it('throws what the other plugin refused, in its own words and with nothing of its answer', async () => {
    let ask = async (): Promise<unknown> => undefined;
    const asking = createBackendPlugin({
      pluginId: 'asking',
      register(env) {
        env.registerInit({
          deps: { service: jobsRef, auth: coreServices.auth },
          async init({ service, auth }) {
            ask = async () =>
              service.submit(
                {},
                { credentials: await auth.getOwnServiceCredentials() },
              );
          },
        });
      },
    });
    const backend = await startTestBackend({ features: [jobs, asking] });
    const error = await ask().catch((raised: unknown) => raised);
    expect(error).toBeInstanceOf(NotAllowedError);
    expect(error).toMatchObject({
      message: 'This belongs to others',
      cause: undefined,
    });
    await backend.stop();
  });
});
