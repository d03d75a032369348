import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import { contractTable, type Row } from './__testUtils__/contractTable';
import { AuditTrail } from './__testUtils__/AuditTrail';
import { sampleOf } from './__testUtils__/sampleOf';
import {
  differing,
  everyScope,
  isStatus,
  refused,
  strangers,
  tokensOfNobody,
  type Answer,
  type Expected,
} from './__testUtils__/matrix';
import {
  startTrainedPortal,
  type TrainedPortal,
} from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();

const operations = Object.entries(contractTable).flatMap(
  ([pluginId, { contract, rows }]) =>
    Object.entries(contract).map(([name, operation]) => ({
      id: `${pluginId} ${name}`,
      pluginId,
      operation,
      row: rows[name] as Row | undefined,
    })),
);
type Operation = (typeof operations)[number];

/** What stands in a path for what is not there. */
const absentIds: Record<string, string> = {
  namespace: 'default',
  name: 'nothing',
  version: '1',
  runId: 'f'.repeat(32),
};

describe('who may use each operation of every contract', () => {
  let portal: TrainedPortal;
  const trail = new AuditTrail(() => portal.entries);

  beforeAll(async () => {
    portal = await startTrainedPortal(directory.path);
  });
  afterAll(() => portal?.stop());

  /** What stands for a parameter of a path: what Ann has, so that a refusal is about the caller. */
  function valueOf(
    parameter: string,
    path: string,
    of: 'ours' | 'nothing',
  ): string {
    if (of === 'nothing') return absentIds[parameter] ?? 'none';
    const values: Record<string, string> = {
      namespace: 'default',
      name: 'churn',
      version: '1',
      runId: portal.trained.runId,
    };
    if (path.startsWith('/v1/jobs')) values.id = portal.trained.jobId;
    if (path.startsWith('/v1/promotions')) values.id = portal.trained.promotion;
    return values[parameter] ?? 'none';
  }

  async function ask(
    { id, pluginId, operation, row }: Operation,
    token?: string,
    of: 'ours' | 'nothing' = 'ours',
  ): Promise<Answer> {
    if (!row) {
      throw new Error(`${id} has no row in the table: say who may use it`);
    }
    const path = operation.path.replace(/:(\w+)/g, (_, key) =>
      valueOf(key, operation.path, of),
    );
    const call = request(portal.server)
      [operation.method](`/api/${pluginId}${path}`)
      .query(row.query ?? {});
    if (token) call.set('authorization', `Bearer ${token}`);
    const body =
      row.body ??
      (operation.body ? (sampleOf(operation.body) as object) : undefined);
    const { status, text } = await trail.during(id, async () =>
      body ? call.send(body) : call,
    );
    return { status, text };
  }

  const differingOf = (
    token: string | undefined,
    expected: (operation: Operation) => Expected,
  ) =>
    differing({
      rows: operations,
      ask: operation => ask(operation, token),
      expected,
    });

  it('is said in the table, for each operation and no other', () => {
    const missing = operations.filter(({ row }) => !row).map(({ id }) => id);
    const unknown = Object.entries(contractTable).flatMap(
      ([pluginId, { contract, rows }]) =>
        Object.keys(rows)
          .filter(name => !(name in contract))
          .map(name => `${pluginId} ${name}`),
    );
    expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
  });

  it('is nobody without a token, and nobody with a wrong, ended or revoked one', async () => {
    const tokens = await tokensOfNobody(portal, ['read', 'track', 'serve']);
    for (const [which, token] of Object.entries(tokens)) {
      const wrong = await differingOf(token, () => isStatus(401));
      expect({ which, wrong }).toEqual({ which, wrong: [] });
    }
  });

  it('is no token of another scope, and no token at all where a person is wanted', async () => {
    expect(
      await differingOf(await portal.secretOf(['predict']), ({ row }) =>
        row?.needs === 'predict' || row?.needs === 'any'
          ? undefined
          : isStatus(403),
      ),
    ).toEqual([]);
    expect(
      await differingOf(await portal.secretOf(['read']), ({ row }) =>
        row?.needs === 'read' || row?.needs === 'any'
          ? undefined
          : isStatus(403),
      ),
    ).toEqual([]);
  });

  it('is no other team, for what changes something of ours', async () => {
    expect(
      await differingOf(portal.session('cleo'), ({ row }) =>
        row?.changes ? refused : undefined,
      ),
    ).toEqual([]);
  });

  it("is no token of another model's, for what changes this one", async () => {
    const bound = await portal.secretOf(
      ['track', 'register', 'promote', 'serve', 'monitor', 'train', 'data'],
      { binding: { model: 'model:default/tumour' } },
    );
    expect(
      await differingOf(bound, ({ row }) =>
        // Tracking is by experiment, and experiments belong to groups.
        row?.changes && row.needs !== 'track' ? refused : undefined,
      ),
    ).toEqual([]);
  });

  it('is no job with its token: jobs speak MLflow, and what they may do there is another table', async () => {
    expect(
      await differingOf(portal.trained.jobToken, () => isStatus(401)),
    ).toEqual([]);
  });

  it.each(
    strangers.flatMap(([name, why, ours]) =>
      (['session', 'token'] as const).map(
        means => [name, means, why, ours] as const,
      ),
    ),
  )(
    'is not %s with a %s, %s: nothing of it is found, listed or changed',
    async (name, means, _, ours) => {
      const token =
        means === 'session'
          ? portal.session(name)
          : await portal.secretOf(everyScope, {}, name);
      const found = ({ operation, row }: Operation) => {
        if (row?.needs === 'service' || row?.needs === 'any') return undefined;
        const one = /:/.test(operation.path);
        return (answer: Answer) =>
          answer.status < 500 &&
          (one
            ? refused(answer)
            : answer.status >= 400 || !ours.test(answer.text));
      };
      expect(await differingOf(token, found)).toEqual([]);
    },
  );

  it.each(strangers)(
    'tells %s of a change, %s, what it tells of something that does not exist',
    async name => {
      const { trained } = portal;
      const told = ({ status, text }: Answer) => {
        const ids = [
          ...['churn', 'nothing', 'none'],
          ...[trained.runId, absentIds.runId],
          ...[trained.jobId, trained.promotion],
        ];
        return ids.reduce(
          (rest, id) => rest.replaceAll(id, '…'),
          `${status} ${text}`,
        );
      };
      const different: string[] = [];
      for (const operation of operations) {
        const { row, operation: asked } = operation;
        if (!row?.changes || !/:/.test(asked.path)) continue;
        // The catalog shows Eve the model, and monitoring says what the catalog does not have.
        if (name === 'eve' && operation.pluginId === 'ml-monitoring') continue;
        const session = portal.session(name);
        const hidden = told(await ask(operation, session));
        const absent = told(await ask(operation, session, 'nothing'));
        if (hidden !== absent) {
          different.push(`${operation.id}: ${hidden} / ${absent}`);
        }
      }
      expect(different).toEqual([]);
    },
  );

  it('never ends in an internal error, for nobody and for anybody', async () => {
    expect(
      await differingOf(
        portal.session('ann'),
        () =>
          ({ status }) =>
            status < 500 || [501, 503, 507].includes(status),
      ),
    ).toEqual([]);
  });

  it('is written down once for each change, made or refused (S13)', () => {
    // Posted, and it changes nothing.
    const reads = ['predict', 'introspectToken', 'decideAccess'];
    const changes = operations
      .filter(
        ({ operation, row }) =>
          operation.method !== 'get' && row?.needs !== 'read',
      )
      .map(({ id }) => id)
      .filter(id => !reads.includes(id.split(' ')[1]));
    const isChange = (id: string) => changes.includes(id);
    expect(trail.wrong({ made: isChange, refused: isChange })).toEqual([]);
    expect(trail.size).toBeGreaterThan(50);
  });

  it('is written down with the person and the request, never as the plugin', () => {
    expect(trail.nameless()).toEqual([]);
    const withoutRequest = portal.entries.filter(
      ({ meta, withRequest }) =>
        String(meta?.actor).startsWith('user:') && !withRequest,
    );
    expect(withoutRequest.map(({ eventId }) => eventId)).toEqual([]);
  });
});
