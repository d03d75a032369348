import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { aVersion } from '../testUtils/fakes';
import { createFetchEvaluation } from './fetchEvaluation';

const api = '/api/ml-registry/mlflow/api/2.0';
const run = {
  run: { info: { artifact_uri: 'mlflow-artifacts:/1/r1/artifacts' } },
};
const file = `${api}/mlflow-artifacts/artifacts/1/r1/artifacts/evaluation/predictions.parquet`;

describe('createFetchEvaluation', () => {
  let server: Server;
  let answers: Record<string, { status: number; body: string }>;
  beforeEach(async () => {
    answers = {
      [`${api}/mlflow/runs/get?run_id=r1`]: {
        status: 200,
        body: JSON.stringify(run),
      },
    };
    server = createServer((request, response) => {
      const answer = answers[request.url ?? ''] ?? { status: 404, body: '{}' };
      response.writeHead(answer.status).end(answer.body);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
  afterEach(
    () =>
      new Promise(resolve => {
        server.close(resolve);
      }),
  );

  const fetchIt = () => {
    const { port } = server.address() as AddressInfo;
    return createFetchEvaluation({
      auth: mockServices.auth(),
      discovery: {
        getBaseUrl: async id => `http://127.0.0.1:${port}/api/${id}`,
        getExternalBaseUrl: async id => `http://127.0.0.1:${port}/api/${id}`,
      },
    })(aVersion(), { credentials: mockCredentials.service() });
  };

  it('brings the predictions a run recorded, and is rid of them again', async () => {
    answers[file] = { status: 200, body: 'PAR1' };
    const found = await fetchIt();
    expect(readFileSync(found?.path ?? '', 'utf8')).toBe('PAR1');
    await found?.remove();
    expect(existsSync(found?.path ?? '')).toBe(false);
  });

  it('does without when the run recorded none', async () => {
    expect(await fetchIt()).toBeUndefined();
  });

  it('fails when the registry is in trouble, so that it is asked again later', async () => {
    answers[file] = { status: 503, body: '{}' };
    await expect(fetchIt()).rejects.toThrow('503');
  });
});
