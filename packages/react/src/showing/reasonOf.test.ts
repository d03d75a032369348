import {
  createContractClient,
  defineContract,
  timestampSchema,
} from '@downstage/common';
import { reasonOf } from './reasonOf';

const contract = defineContract({
  getRun: {
    method: 'get',
    path: '/v1/run',
    summary: 'A run',
    response: timestampSchema,
  },
});

describe('reasonOf', () => {
  it('tells what the server said, not only its status', async () => {
    const client = createContractClient({
      contract,
      pluginId: 'ml-registry',
      discoveryApi: { getBaseUrl: async () => 'http://localhost/api' },
      fetchApi: {
        fetch: async () =>
          ({
            ok: false,
            status: 404,
            statusText: 'Not Found',
            headers: new Headers({ 'content-type': 'application/json' }),
            text: async () =>
              JSON.stringify({
                error: { name: 'NotFoundError', message: "No run 'x'" },
                response: { statusCode: 404 },
              }),
          } as Response),
      },
    });
    const error = await client.getRun({}).catch(caught => caught);
    expect(reasonOf(error)).toBe("No run 'x'");
  });

  it('tells the message of any other error', () => {
    expect(reasonOf(new TypeError('Out of memory'))).toBe('Out of memory');
  });

  it('says that the portal does not answer when the browser reached nobody', () => {
    expect(reasonOf(new TypeError('Failed to fetch'))).toBe(
      'The portal does not answer (Failed to fetch).',
    );
  });
});
