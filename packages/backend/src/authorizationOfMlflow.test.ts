import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import {
  builtEndpoints,
  mlflowTable,
  type MlflowNeeds,
} from './__testUtils__/mlflowTable';
import { AuditTrail } from './__testUtils__/AuditTrail';
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
const rows = Object.entries(mlflowTable).map(([id, needs]) => ({ id, needs }));

/** What is about the experiment, which is not named after the model: the catalog hides it from nobody. */
const ofExperiment =
  /\/(experiments|traces|datasets)\/|\/traces$|runs\/create|POST .*\/logged-models$/;

/** By what an endpoint is asked about something. */
type Ids = Record<
  | 'model'
  | 'experiment'
  | 'experimentId'
  | 'runId'
  | 'traceId'
  | 'loggedModelId'
  | 'datasetId',
  string
>;

/** The ids of what is not there. */
const nothing: Ids = {
  model: 'nothing',
  experiment: 'no-experiment',
  experimentId: '4711',
  runId: 'f'.repeat(32),
  traceId: `tr-${'e'.repeat(32)}`,
  loggedModelId: `m-${'d'.repeat(32)}`,
  datasetId: `d-${'c'.repeat(32)}`,
};

/** What an answer tells beside the ids that were asked for. */
function told({ status, text }: Answer, ids: Ids): string {
  const { experimentId, ...named } = ids;
  return Object.entries(named).reduce(
    (rest, [key, id]) => rest.replaceAll(id, key),
    `${status} ${text}`.replace(`id=${experimentId} `, 'id=experimentId '),
  );
}

describe('who may use each endpoint of the MLflow surface', () => {
  let portal: TrainedPortal;
  const trail = new AuditTrail(() => portal.entries);

  beforeAll(async () => {
    portal = await startTrainedPortal(directory.path);
  });
  afterAll(() => portal?.stop());

  const idsOfAnn = (): Ids => ({
    ...portal.trained,
    model: 'churn',
    experiment: 'ours-experiment',
  });

  /** What Ann has, under every name by which an endpoint may ask for it, so that a refusal is about the caller. */
  function fieldsOf(path: string, of: Ids): Record<string, unknown> {
    const { model, experiment, experimentId, runId, traceId } = of;
    const ofModels = /registered-models|model-versions|transition/.test(path);
    return {
      name: ofModels ? model : experiment,
      new_name: 'renamed',
      experiment_name: experiment,
      experiment_id: experimentId,
      experiment_ids: [experimentId],
      locations: [
        {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experimentId },
        },
      ],
      version: '1',
      stage: 'Staging',
      alias: 'blue',
      key: 'k',
      value: '1',
      timestamp: 1,
      run_id: runId,
      run_uuid: runId,
      run_ids: [runId],
      metric_key: 'auc',
      model_json: JSON.stringify({
        ...{ artifact_path: 'm', run_id: runId, flavors: {} },
        utc_time_created: '2026-01-01 00:00:00',
      }),
      models: [{ model_id: of.loggedModelId, step: 0 }],
      datasets: [
        {
          ...{ dataset_name: 'd', dataset_digest: '1' },
          dataset: {
            name: 'd',
            digest: '1',
            source_type: 'local',
            source: 'x',
          },
        },
      ],
      params: [{ key: 'p', value: '1' }],
      metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
      tags: path.includes('/datasets/')
        ? '{"t": "1"}'
        : [{ key: 't', value: '1' }],
      records: '[{"inputs": {"q": 1}}]',
      update_mask: 'rationale',
      assessment: { assessment_name: 'n', feedback: { value: 1 } },
      source: `runs:/${runId}/model`,
      path: 'model/MLmodel',
      artifact_file_path: 'MLmodel',
      trace_id: traceId,
      trace_ids: [traceId],
      url: 'https://example.org',
      events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
      upload_id: 'u',
      parts: [{ part_number: 1, etag: 'e' }],
      status: path.includes('/logged-models')
        ? 'LOGGED_MODEL_READY'
        : undefined,
      trace: {
        trace_info: {
          trace_id: traceId,
          request_time: '2026-01-01T00:00:00Z',
          trace_location: {
            type: 'MLFLOW_EXPERIMENT',
            mlflow_experiment: { experiment_id: experimentId },
          },
        },
      },
      resourceSpans: [{ scopeSpans: [] }],
    };
  }

  async function ask(
    endpoint: string,
    token?: string,
    of = idsOfAnn(),
  ): Promise<Answer> {
    const [method, template] = endpoint.split(' ');
    const { experimentId, runId } = of;
    const values: Record<string, string> = {
      model_id: of.loggedModelId,
      dataset_id: of.datasetId,
      trace_id: of.traceId,
      path: `${experimentId}/${runId}/artifacts/model/MLmodel`,
    };
    const path = template.replace(
      /\{(\w+)\}/g,
      (_, name) => values[name] ?? '1',
    );
    const call = request(portal.server)
      [method.toLowerCase() as 'get'](`/api/ml-registry/mlflow${path}`)
      .set('x-mlflow-experiment-id', experimentId);
    if (token) call.set('authorization', `Bearer ${token}`);
    const fields = fieldsOf(template, of);
    const { status, text } = await trail.during(endpoint, async () =>
      method === 'GET'
        ? call.query({
            ...fields,
            ...Object.fromEntries(
              Object.entries(fields).filter(
                ([, value]) => typeof value !== 'object',
              ),
            ),
          })
        : call.send(fields),
    );
    return { status, text: text ?? '' };
  }

  const differingOf = (
    token: string | undefined,
    expected: (needs: MlflowNeeds, endpoint: string) => Expected,
  ) =>
    differing({
      rows,
      ask: ({ id }) => ask(id, token),
      expected: ({ id, needs }) => expected(needs, id),
    });
  const closed = (needs: MlflowNeeds) => needs !== 'open';

  it('is said in the table, for each endpoint and no other', () => {
    expect(Object.keys(mlflowTable).sort()).toEqual(builtEndpoints().sort());
  });

  it('is nobody without a token, and nobody with a wrong, ended or revoked one', async () => {
    const nobody = (needs: MlflowNeeds) =>
      closed(needs) ? isStatus(401) : undefined;
    const tokens = await tokensOfNobody(portal, ['read', 'track', 'register']);
    for (const [which, token] of Object.entries(tokens)) {
      const wrong = await differingOf(token, nobody);
      expect({ which, wrong }).toEqual({ which, wrong: [] });
    }
  });

  it('is no token of another scope, and no token at all where a person is wanted', async () => {
    const predict = await portal.secretOf(['predict']);
    expect(
      await differingOf(predict, needs =>
        closed(needs) && needs !== 'signed' ? isStatus(403) : undefined,
      ),
    ).toEqual([]);
    const read = await portal.secretOf(['read']);
    expect(
      await differingOf(read, (needs, endpoint) => {
        if (!closed(needs) || ['signed', 'read'].includes(needs)) {
          return undefined;
        }
        // A reader is told that there is no such request.
        return /transition-requests/.test(endpoint) ? refused : isStatus(403);
      }),
    ).toEqual([]);
    expect(
      await differingOf(read, needs =>
        needs === 'read'
          ? ({ status }) => ![401, 403].includes(status) && status < 500
          : undefined,
      ),
    ).toEqual([]);
  });

  it('is no other team, for what changes something of ours', async () => {
    expect(
      await differingOf(portal.session('cleo'), (needs, endpoint) =>
        ['open', 'read', 'signed'].includes(needs) ||
        endpoint.startsWith('GET ')
          ? undefined
          : refused,
      ),
    ).toEqual([]);
  });

  it("is no token of another model's, for what changes this one", async () => {
    const bound = await portal.secretOf(['track', 'register', 'promote'], {
      binding: { model: 'model:default/tumour' },
    });
    expect(
      await differingOf(bound, needs =>
        ['register', 'promote', 'person'].includes(needs) ? refused : undefined,
      ),
    ).toEqual([]);
  });

  it('is no job, for runs that it did not make and for what persons do', async () => {
    expect(
      await differingOf(portal.trained.jobToken, (needs, endpoint) => {
        if (needs === 'person' || /transition-requests/.test(endpoint)) {
          return refused;
        }
        if (needs === 'read') {
          return ({ status }) => ![401, 403].includes(status) && status < 500;
        }
        return /\/(runs|metrics)\/(?!create)/.test(endpoint) ||
          /artifacts\/artifacts/.test(endpoint)
          ? refused
          : undefined;
      }),
    ).toEqual([]);
  });

  /** What a stranger sends: signed in, with a token of all scopes, or as a job of theirs. */
  const sentBy: Record<string, (name: string) => Promise<string>> = {
    session: async name => portal.session(name),
    token: name => portal.secretOf(everyScope, {}, name),
    job: name =>
      portal.jobTokenOf(name, {
        source: { repository: portal.trained.folder },
      }),
  };

  it.each(
    strangers.flatMap(([name, why, ours]) =>
      Object.keys(sentBy).map(means => [name, means, why, ours] as const),
    ),
  )(
    'is not %s with a %s, %s: nothing of it is found, listed or changed',
    async (name, means, _, ours) => {
      const answers = await differingOf(
        await sentBy[means](name),
        (needs, endpoint) => {
          if (!closed(needs) || needs === 'signed') return undefined;
          if (needs !== 'read' && !endpoint.startsWith('GET ')) return refused;
          return answer =>
            refused(answer) || (answer.status < 400 && !ours.test(answer.text));
        },
      );
      expect(answers).toEqual([]);
    },
  );

  it.each(strangers)(
    'tells %s of a change, %s, what it tells of something that does not exist',
    async name => {
      const session = portal.session(name);
      const different: string[] = [];
      for (const { id, needs } of rows) {
        if (!closed(needs) || needs === 'signed' || needs === 'read') continue;
        // A name is taken for every caller.
        if (/(experiments|registered-models)\/create/.test(id)) continue;
        if (name === 'dan' && ofExperiment.test(id)) continue;
        const hidden = told(await ask(id, session), idsOfAnn());
        const absent = told(await ask(id, session, nothing), nothing);
        if (hidden !== absent) different.push(`${id}: ${hidden} / ${absent}`);
      }
      expect(different).toEqual([]);
    },
  );

  it('lets its owner work, and never ends in an internal error', async () => {
    expect(
      await differingOf(portal.session('ann'), (needs, endpoint) => {
        if (needs === 'signed') return undefined;
        // Webhooks of all models are for administrators.
        const refusable = endpoint === 'POST /api/2.0/mlflow/webhooks';
        return ({ status }) =>
          status !== 401 &&
          (status !== 403 || refusable) &&
          (status < 500 || status === 501);
      }),
    ).toEqual([]);
  });

  it('is written down once for each change of the registry, and for each change that is refused (S13)', () => {
    const changes =
      (...needs: MlflowNeeds[]) =>
      (id: string) =>
        needs.includes(mlflowTable[id]) && !id.startsWith('GET ');
    expect(
      trail.wrong({
        // Writes into runs are no news, unless they are refused.
        made: changes('register', 'promote', 'person'),
        refused: changes('track', 'register', 'promote', 'person'),
      }),
    ).toEqual([]);
    expect(trail.size).toBeGreaterThan(50);
  });

  it('is written down with the person, never as the plugin', () => {
    expect(trail.nameless()).toEqual([]);
  });
});
