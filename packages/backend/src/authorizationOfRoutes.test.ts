import { mkdirSync, writeFileSync } from 'node:fs';
import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import { contractTable } from './__testUtils__/contractTable';
import { builtEndpoints } from './__testUtils__/mlflowTable';
import { routesOf } from './__testUtils__/routesOf';
import { strangers, tokensOfNobody, type Answer } from './__testUtils__/matrix';
import {
  startTrainedPortal,
  type TrainedPortal,
} from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();

const version = '/api/ml-registry/v1/models/:namespace/:name/versions/:version';

/** What streams or downloads, beside the contracts. All of it reads, and needs the scope `read`. */
const streams: Record<string, object> = {
  'get /api/ml-jobs/v1/jobs/:id/log/download': {},
  'get /api/ml-jobs/v1/jobs/:id/log/stream': {},
  'get /api/ml-registry/v1/ledger/export': {},
  [`get ${version}/artifact`]: { path: 'MLmodel' },
  [`get ${version}/bom.json`]: {},
  [`get ${version}/card.md`]: {},
  'get /api/ml-registry/v1/runs/:runId/artifact': { path: 'model/MLmodel' },
};

/** Rows of the prediction log hold what callers sent: plugins read them, and nobody else. */
const predictionLogFile =
  'get /api/ml-serving/v1/endpoints/:namespace/:name/prediction-log/files/:version/:day/:file';

const content = '/api/ml-data/v1/datasets/:namespace/:name/versions/:version';
/** Needs the scope `read` as well; there is no data set here, so a caller with the right to read finds nothing. */
const absent: Record<string, object> = {
  [`get ${content}/content`]: { file: 'a.csv' },
};

/** What an attempt fetches and sends: for the token of a job, and for no person and no other token. */
const ofAttempts: Record<string, object> = {
  'get /api/ml-jobs/v1/attempt/source': {},
  'get /api/ml-jobs/v1/attempt/inputs/:name': { file: 'a.csv' },
  'post /api/ml-jobs/v1/attempt/log': { offset: '0' },
};

/** Says nothing of anybody: the format of a file, for editors that send no token. */
const open: Record<string, object> = {
  'get /api/ml-jobs/v1/downstage.schema.json': {},
};

/** What Backstage itself mounts in every plugin: signing keys, the cookie, actions, the permission framework. */
const ofBackstage = /\/(\.backstage|\.well-known)\/|^\w+ \/api\/auth\//;
/** A page that forwards a browser to the portal; it says nothing. */
const forwarding = 'get /api/ml-registry/mlflow/';

describe('who may use each route', () => {
  let portal: TrainedPortal;

  beforeAll(async () => {
    portal = await startTrainedPortal(directory.path);
  });
  afterAll(() => portal?.stop());

  async function ask(route: string, token?: string) {
    const [method, template] = route.split(' ');
    const values: Record<string, string> = {
      namespace: 'default',
      name: 'churn',
      version: '1',
      id: portal.trained.jobId,
      day: '2026-03-04',
      file: 'v1-a.parquet',
      runId: portal.trained.runId,
    };
    if (route === predictionLogFile) values.version = 'v1';
    const path = template.replace(/:(\w+)/g, (_, key) => values[key]);
    const call = request(portal.server)
      [method === 'post' ? 'post' : 'get'](path)
      .query({ ...streams, ...absent, ...ofAttempts }[route]);
    if (token) call.set('authorization', `Bearer ${token}`);
    // A stream goes on for as long as its job: its first bytes are enough.
    return new Promise<Answer>((resolve, reject) => {
      call
        .buffer(false)
        .parse((response, done) => {
          const end = (text: string) => {
            resolve({ status: Number(response.statusCode), text });
            done(null, text);
            (response as unknown as { destroy(): void }).destroy();
          };
          response.on('data', (chunk: Buffer) => end(chunk.toString()));
          response.on('end', () => end(''));
          if (response.headers['content-type']?.includes('event-stream')) {
            end('');
          }
        })
        .end(error => error && reject(error));
    });
  }

  async function statuses(token?: string, routes: object = streams) {
    const found: Record<string, number> = {};
    for (const route of Object.keys(routes)) {
      found[route] = (await ask(route, token)).status;
    }
    return found;
  }
  const all = (status: number, routes: object = streams) =>
    Object.fromEntries(Object.keys(routes).map(route => [route, status]));

  it('is said in a table, whatever the route', () => {
    const contracts = Object.entries(contractTable).flatMap(
      ([pluginId, { contract }]) =>
        Object.values(contract).map(
          ({ method, path }) => `${method} /api/${pluginId}${path}`,
        ),
    );
    const mlflow = builtEndpoints().map(endpoint =>
      shape(endpoint.replace(/ \/(?:ajax-)?/, ' /api/ml-registry/mlflow/')),
    );
    const known = new Set([
      ...contracts,
      ...Object.keys({ ...streams, ...absent, ...ofAttempts, ...open }),
      forwarding,
      predictionLogFile,
      ...mlflow,
    ]);
    const mounted = routesOf(portal.server)
      .filter(route => !ofBackstage.test(route))
      .map(route =>
        route.includes('/mlflow/')
          ? shape(route.replace('/mlflow/ajax-api/', '/mlflow/api/'))
          : route,
      );
    expect(mounted.filter(route => !known.has(route))).toEqual([]);
    expect(mounted.length).toBeGreaterThan(200);
  });

  it('is, for streams and downloads, nobody without a right token', async () => {
    const tokens = {
      ...(await tokensOfNobody(portal, ['read'])),
      'of a job': portal.trained.jobToken,
    };
    for (const [which, token] of Object.entries(tokens)) {
      const found = await statuses(token);
      expect({ which, found }).toEqual({ which, found: all(401) });
    }
  });

  it('is, for the schema of editors, everybody', async () => {
    expect(await statuses(undefined, open)).toEqual(all(200, open));
    expect(await statuses(portal.session('ann'), open)).toEqual(all(200, open));
  });

  it('is, for streams and downloads, who may read', async () => {
    const predict = await portal.secretOf(['predict']);
    expect(await statuses(predict)).toEqual(all(403));
    const read = await portal.secretOf(['read']);
    expect(await statuses(read)).toEqual(all(200));
    expect(await statuses(portal.session('ann'))).toEqual(all(200));
  });

  it('is, for files of the prediction log, no person, token or job', async () => {
    const folder = `${directory.path}/predictions/churn/v1/date=2026-03-04`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/v1-a.parquet`, 'PAR1');
    const status = async (token?: string) =>
      (await ask(predictionLogFile, token)).status;
    expect(await status(portal.session('ann'))).toBe(403);
    expect(await status(await portal.secretOf(['read', 'serve']))).toBe(403);
    for (const [name] of strangers) {
      expect(await status(portal.session(name))).toBe(403);
    }
    const tokens = {
      ...(await tokensOfNobody(portal, ['serve'])),
      'of a job': portal.trained.jobToken,
    };
    for (const [which, token] of Object.entries(tokens)) {
      expect({ which, status: await status(token) }).toEqual({
        which,
        status: 401,
      });
    }
  });

  it('is, for files of data, who may read and nobody else', async () => {
    const job = portal.trained.jobToken;
    for (const token of [undefined, 'nobody', job]) {
      expect(await statuses(token, absent)).toEqual(all(401, absent));
    }
    const predict = await portal.secretOf(['predict']);
    expect(await statuses(predict, absent)).toEqual(all(403, absent));
    for (const token of [
      await portal.secretOf(['read']),
      portal.session('ann'),
    ])
      expect(await statuses(token, absent)).toEqual(all(404, absent));
  });

  it('is, for what an attempt fetches and sends, its job and nobody else', async () => {
    const others = {
      ...(await tokensOfNobody(portal, ['read'])),
      'of a person': portal.session('ann'),
      'with every right to read': await portal.secretOf(['read', 'train']),
    };
    for (const [which, token] of Object.entries(others)) {
      const found = await statuses(token, ofAttempts);
      expect({ which, found }).toEqual({ which, found: all(401, ofAttempts) });
    }
    expect(await statuses(portal.trained.jobToken, ofAttempts)).toEqual({
      'get /api/ml-jobs/v1/attempt/source': 200,
      // The job declares no input.
      'get /api/ml-jobs/v1/attempt/inputs/:name': 404,
      'post /api/ml-jobs/v1/attempt/log': 200,
    });
  });

  it.each(strangers)('is not %s, %s', async (name, _, ours) => {
    const wrong: string[] = [];
    for (const route of Object.keys(streams)) {
      const { status, text } = await ask(route, portal.session(name));
      const hidden = route.includes(':')
        ? [403, 404].includes(status)
        : !ours.test(text);
      if (!hidden) wrong.push(`${route}: ${status} ${text.slice(0, 100)}`);
    }
    expect(wrong).toEqual([]);
  });
});

/** Parameters are the same whatever they are called. */
function shape(route: string): string {
  const [method, path] = route.split(' ');
  return `${method.toLowerCase()} ${path
    .replace(/:\w+(\([^)]*\))?\*?/g, '{}')
    .replace(/\{\w+\}/g, '{}')}`;
}
