import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import request from 'supertest';
import { endpointsPage } from '../__testUtils__/endpointsPage';
import { trackingTestPlugin } from '../__testUtils__/trackingTestPlugin';
import { endpointsOf, routeTable } from './routeTable';
import upstream from './upstreamEndpoints.json';

jest.setTimeout(120_000);
const MOUNT = '/api/ml-registry/mlflow';
const page = join(__dirname, '../../../../docs/mlflow-endpoints.md');

/** Services that nobody calls: only the list of routes is of interest. */
function noServices(): never {
  const nothing: object = new Proxy(() => undefined, {
    get: () => nothing,
    apply: () => nothing,
  });
  return nothing as never;
}
const table = routeTable(
  noServices(),
  async () => {
    throw new Error('Nobody calls');
  },
  noServices(),
);

/** Enough for every endpoint, so that only permission can refuse. */
const FIELDS = {
  name: 'n',
  new_name: 'o',
  version: '1',
  stage: 'Staging',
  alias: 'blue',
  key: 'k',
  value: '1',
  timestamp: 1,
  experiment_id: '0',
  experiment_ids: ['0'],
  experiment_name: 'Default',
  run_id: 'r',
  run_ids: ['r'],
  metric_key: 'm',
  model_json: '{}',
  records: '[]',
  update_mask: 'rationale',
  assessment: { assessment_name: 'n', feedback: { value: 1 } },
  source: 'runs:/r/m',
  path: 'x',
  artifact_file_path: 'x',
  trace_id: 'tr-1',
  trace_ids: ['tr-1'],
  resourceSpans: [{ scopeSpans: [] }],
  url: 'https://example.org',
  events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
  upload_id: 'u',
  parts: [{ part_number: 1, etag: 'e' }],
  trace: {
    trace_info: {
      trace_id: 'tr-1',
      request_time: '2026-01-01T00:00:00Z',
      trace_location: { mlflow_experiment: { experiment_id: '0' } },
    },
  },
};

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
const lower: Record<string, Method> = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'delete',
};

function examplePath(path: string): string {
  return `${MOUNT}${path.replace(/\{(\w+)\}/g, (_, name) =>
    name === 'path' || name === 'artifact_path' ? '0/r/artifacts/x' : '1',
  )}`;
}

/** What clients can live with: MLflow's two fields, a status that is not repeated, never a page. */
function isInShape(answer: request.Response): boolean {
  if (answer.type === 'text/html') return false;
  if (answer.status < 400) return true;
  return (
    typeof answer.body.error_code === 'string' &&
    typeof answer.body.message === 'string' &&
    (answer.status < 500 || answer.status === 501)
  );
}

describe('the route table', () => {
  it('is what the page of the documentation says (UPDATE_ENDPOINTS=1 writes it again)', () => {
    const text = endpointsPage(table);
    if (process.env.UPDATE_ENDPOINTS) writeFileSync(page, text);
    expect(readFileSync(page, 'utf8')).toBe(text);
  });

  it('names no endpoint twice', () => {
    const names = endpointsOf(table).map(
      ({ method, path }) => `${method} ${path}`,
    );
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('has everything MLflow has: built, or refused at once in its shape', async () => {
    const backend = await startTestBackend({
      features: [trackingTestPlugin()],
    });
    try {
      const built = new Set(
        endpointsOf(table).map(
          ({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`,
        ),
      );
      const wrong: unknown[] = [];
      for (const [method, path] of upstream.endpoints) {
        for (const prefixed of new Set([
          path,
          path.replace(/^\/api\//, '/ajax-api/'),
        ])) {
          const answer = await request(backend.server)
            [lower[method]](examplePath(prefixed))
            .set('authorization', mockCredentials.user.header())
            .send(method === 'GET' ? undefined : {});
          const isBuilt = built.has(
            `${method} ${path
              .replace(/^\/ajax-api\//, '/api/')
              .replace(/\{\w+\}/g, '{}')}`,
          );
          const expected = isBuilt
            ? answer.body.error_code !== 'ENDPOINT_NOT_FOUND'
            : answer.status === 501 || answer.status === 404;
          if (!expected || !isInShape(answer)) {
            wrong.push([method, prefixed, answer.status, answer.body]);
          }
        }
      }
      expect(wrong).toEqual([]);
    } finally {
      await backend.stop();
    }
  });

  it('refuses everything under a policy that denies everything', async () => {
    const denied = await startTestBackend({
      features: [
        trackingTestPlugin(),
        mockServices.permissions.factory({ result: AuthorizeResult.DENY }),
      ],
    });
    try {
      const open: unknown[] = [];
      for (const { area, method, path } of endpointsOf(table)) {
        // The first is open to all; the second calls the promotions of the whole plugin, whose own test denies them.
        if (area === 'Server' || area === 'Transition requests') continue;
        const call = request(denied.server)
          [lower[method]](examplePath(path))
          .set('x-mlflow-experiment-id', '0')
          .set('authorization', mockCredentials.user.header());
        const fields = path.includes('/logged-models')
          ? { ...FIELDS, status: 'LOGGED_MODEL_READY' }
          : FIELDS;
        const answer = await (method === 'GET'
          ? call.query(fields)
          : call.send(fields));
        // An address that the server signed needs no token, and is none without its signature.
        const signed = /\/(parts|signed)\/\{/.test(path);
        if (answer.status !== (signed ? 401 : 403)) {
          open.push([method, path, answer.status, answer.body]);
        }
      }
      expect(open).toEqual([]);
    } finally {
      await denied.stop();
    }
  });
});
