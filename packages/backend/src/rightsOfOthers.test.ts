import { createMockDirectory } from '@backstage/backend-test-utils';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import request from 'supertest';
import {
  credit,
  diagnostics,
  startSecuredPortal,
  type SecuredPortal,
} from './__testUtils__/securedPortal';
import { createProject } from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();

describe('what one plugin lets people do by the word of another', () => {
  let portal: SecuredPortal;
  let project: string;

  beforeAll(async () => {
    directory.setContent({ 'data/patients.csv': 'name,age\nSmith,41\n' });
    const dataDir = directory.resolve('state');
    portal = await startSecuredPortal({
      dataDir,
      dataRoots: [directory.resolve('data')],
    });
    project = createProject(dataDir);
  });
  afterAll(() => portal?.stop());

  const post = (path: string, token: string, body: object = {}) =>
    request(portal.server)
      .post(`/api/${path}`)
      .set('authorization', `Bearer ${token}`)
      .send(body);
  const as = (name: string) => portal.session(name);

  /** Looks again until the runtime has the job, or it is over. */
  async function settled(id: string): Promise<Job> {
    for (;;) {
      const { body } = await request(portal.server)
        .get(`/api/ml-jobs/v1/jobs/${id}`)
        .set('authorization', `Bearer ${as('ann')}`)
        .expect(200);
      const isStarted = portal.started.some(({ jobId }) => jobId === id);
      if (isStarted || body.state === 'failed') return body;
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
  }

  describe('a file that came out of restricted data', () => {
    const mlflow = 'ml-registry/mlflow/api/2.0';
    const createRun = async (name: string): Promise<string> => {
      const body = { experiment_id: '0' };
      const made = await post(`${mlflow}/mlflow/runs/create`, as(name), body);
      return made.body.run.info.run_id;
    };
    const declare = (name: string, runId: string, ref: string) =>
      post(`${mlflow}/mlflow/runs/log-inputs`, as(name), {
        run_id: runId,
        datasets: [
          {
            dataset: {
              name: 'patients',
              digest: 'a1',
              source_type: 'local',
              source: '{}',
            },
            tags: [{ key: 'downstage.ref', value: ref }],
          },
        ],
      });
    let path: string;
    const file = (token: string) =>
      request(portal.server)
        .get(path)
        .set('authorization', `Bearer ${token}`)
        .buffer(true);
    /** Asks until the answer is that: the registry keeps answers for a few seconds. */
    const untilCleoGets = async (status: number) => {
      while ((await file(as('cleo'))).status !== status) {
        await new Promise(resolve => {
          setImmediate(resolve);
        });
      }
    };

    beforeAll(async () => {
      const runId = await createRun('ann');
      path = `/api/${mlflow}/mlflow-artifacts/artifacts/0/${runId}/artifacts/errors.csv`;
      await request(portal.server)
        .put(path)
        .set('authorization', `Bearer ${as('ann')}`)
        .send(Buffer.from('Smith'))
        .expect(200);
      await declare('ann', runId, 'default/patients@1').expect(200);
    });

    it('is read by the owner of the data, and not by another team or a token', async () => {
      expect((await file(as('ann'))).status).toBe(200);
      const { secret } = await portal.token(['read']);
      const refusals = {
        cleo: (await file(as('cleo'))).body,
        token: (await file(secret)).body,
      };
      const refused = (message: string) => ({
        error_code: 'PERMISSION_DENIED',
        code: 'ml-data.access-needed',
        message: expect.stringContaining(message),
      });
      expect(refusals).toEqual({
        cleo: refused(`Ask ${diagnostics} for a grant`),
        token: refused('no access token reads restricted data'),
      });
    });

    it('is read with a grant for as long as it holds, and written down', async () => {
      const grants = 'ml-data/v1/datasets/default/patients/grants';
      const { body: grant } = await post(grants, as('ann'), {
        group: credit,
        purpose: 'a study',
        until: '2100-01-01T00:00:00Z',
      }).expect(201);
      await untilCleoGets(200);
      await post(`${grants}/${grant.id}/revoke`, as('ann')).expect(200);
      await untilCleoGets(403);
      expect(portal.entries.map(({ meta }) => meta)).toContainEqual(
        expect.objectContaining({
          actor: 'user:default/cleo',
          datasets: ['dataset:default/patients'],
          because: [{ right: 'grant', grant: grant.id }],
        }),
      );
    });

    it('is not opened by what somebody declares, and a declaration does not tell what exists', async () => {
      const runId = await createRun('cleo');
      const answers = [];
      for (const name of ['patients', 'nothing']) {
        const { status, body } = await declare(
          'dan',
          runId,
          `default/${name}@1`,
        );
        answers.push([status, body.message?.replaceAll(name, '…')]);
      }
      expect(answers[0]).toEqual([
        403,
        expect.stringContaining(
          'is not a data set that user:default/dan may see',
        ),
      ]);
      expect(answers[1]).toEqual(answers[0]);
      await declare('cleo', runId, 'default/patients@1').expect(403);
    });
  });

  describe('a job', () => {
    const definition = {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'true',
      inputs: [{ name: 'training', dataset: 'dataset:default/patients' }],
    };
    const send = (token: string, owner: string) => {
      const source = { repository: project };
      const body = { source, owner, definition };
      return post('ml-jobs/v1/jobs', token, body);
    };
    const submit = async (name: string, owner: string, token = as(name)) => {
      const { status, body: job } = await send(token, owner);
      expect({ status, error: job.error }).toEqual({ status: 201 });
      return settled(job.id);
    };
    const reads = () =>
      portal.entries
        .filter(({ eventId }) => eventId === 'dataset-read')
        .map(({ meta }) => meta);

    it('reads data with the rights of its submitter, not with those of the portal', async () => {
      await post(
        'ml-data/v1/datasets/default/patients/versions',
        as('ann'),
      ).expect(201);

      const ours = await submit('ann', diagnostics);
      expect(
        portal.started.find(({ jobId }) => jobId === ours.id)?.inputs,
      ).toMatchObject({ training: { ref: 'default/patients@1' } });
      expect(reads()).toContainEqual(
        expect.objectContaining({
          actor: 'user:default/ann',
          job: `job:${ours.id}`,
          because: 'owner',
        }),
      );

      const theirs = await submit('cleo', credit);
      expect(theirs).toMatchObject({
        state: 'failed',
        reason: 'InputMissing',
        message: expect.stringContaining(
          `user:default/cleo is not one of them. Ask ${diagnostics} for a grant`,
        ),
      });
      expect(reads()).toContainEqual(
        expect.objectContaining({
          actor: 'user:default/cleo',
          job: `job:${theirs.id}`,
        }),
      );

      await post('ml-data/v1/datasets/default/patients/grants', as('ann'), {
        group: credit,
        purpose: 'a study',
        until: '2100-01-01T00:00:00Z',
      }).expect(201);
      const granted = await submit('cleo', credit);
      expect(
        portal.started.find(({ jobId }) => jobId === granted.id)?.inputs,
      ).toMatchObject({ training: { ref: 'default/patients@1' } });
    });

    it('that an access token submits reads no restricted data, whatever its person may read', async () => {
      const secret = await portal.secretOf(['train', 'read']);
      expect(await submit('ann', diagnostics, secret)).toMatchObject({
        state: 'failed',
        reason: 'InputMissing',
        message: expect.stringContaining(
          'no access token reads restricted data, nor does a job that one submitted',
        ),
      });
      const { body: again } = await post(
        `ml-jobs/v1/jobs/${(await submit('ann', diagnostics)).id}/rerun`,
        secret,
      ).expect(201);
      expect(await settled(again.id)).toMatchObject({ reason: 'InputMissing' });
    });

    it('that an access token submits has no input where the token reads no data', async () => {
      const { status, body } = await send(
        await portal.secretOf(['train']),
        diagnostics,
      );
      expect([status, body.error.message]).toEqual([
        403,
        expect.stringContaining('ml.data.read needs read or data'),
      ]);
    });

    it('finds no data set that the catalog hides from its submitter', async () => {
      expect(await submit('dan', credit)).toMatchObject({
        reason: 'InputMissing',
        message: expect.stringContaining('No dataset dataset:default/patients'),
      });
    });
  });

  describe('a registered model whose file names another owner (S1)', () => {
    const modelRef = 'model:default/seized';
    const bound = (name: string, more: object = {}) =>
      post('ml-tokens/v1/tokens', as(name), {
        name: `of-${name}`,
        scopes: ['serve', 'predict'],
        binding: { model: modelRef },
        ...more,
      });
    let earlier: string;

    beforeAll(async () => {
      // Cleo may bind a token to the name before anybody has registered it.
      portal.layModel('seized', credit);
      earlier = (await bound('cleo').expect(201)).body.secret;
      portal.layModel('seized');
      await post(
        'ml-registry/mlflow/api/2.0/mlflow/registered-models/create',
        as('ann'),
        {
          name: 'seized',
          tags: [{ key: 'downstage.owner', value: diagnostics }],
        },
      ).expect(200);
      portal.layModel('seized', credit);
    });

    const path = 'default/seized';
    const changes: [string, string, (owner: string) => object][] = [
      ['an endpoint', 'ml-serving/v1/endpoints', () => ({ modelRef })],
      [
        'the prediction log',
        `ml-serving/v1/endpoints/${path}/prediction-log/roll`,
        () => ({}),
      ],
      [
        'a job',
        'ml-jobs/v1/jobs',
        owner => ({ source: { repository: project }, owner, model: modelRef }),
      ],
      ['a monitor', `ml-monitoring/v1/monitors/${path}/evaluate`, () => ({})],
      ['a retraining', `ml-monitoring/v1/monitors/${path}/retrain`, () => ({})],
    ];

    it('lets its own owner have endpoints, jobs and monitors, and nobody else', async () => {
      const answers: Record<string, (number | boolean)[]> = {};
      for (const [what, where, bodyOf] of changes) {
        const ann = await post(where, as('ann'), bodyOf(diagnostics));
        const cleo = await post(where, as('cleo'), bodyOf(credit));
        answers[what] = [ann.status !== 403 && ann.status < 500, cleo.status];
      }
      expect(answers).toEqual(
        Object.fromEntries(changes.map(([what]) => [what, [true, 403]])),
      );
    });

    it('binds the tokens of its own owner only', async () => {
      const refused = await bound('cleo');
      expect(refused.status).toBe(403);
      expect(refused.body.error.message).toContain(
        `${modelRef} belongs to ${diagnostics}`,
      );
      await bound('ann').expect(201);
    });

    it('takes the rights from tokens that were bound to its name before', async () => {
      const { status } = await post('ml-serving/v1/endpoints', earlier, {
        modelRef,
      });
      expect(status).toBe(403);
    });
  });

  describe('a source that somebody may not read', () => {
    const mlflow = 'ml-registry/mlflow/api/2.0/mlflow';
    const prompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    let experiment: string;
    let runId: string;
    let loggedModel: string;

    beforeAll(async () => {
      const made = async (path: string, body: object) =>
        (await post(`${mlflow}/${path}`, as('ann'), body).expect(200)).body;
      experiment = (await made('experiments/create', { name: 'tumour' }))
        .experiment_id;
      const of = { experiment_id: experiment };
      runId = (await made('runs/create', of)).run.info.run_id;
      const { model } = await made('logged-models', {
        ...of,
        source_run_id: runId,
      });
      loggedModel = model.info.model_id;
      const name = 'tumour';
      await made('registered-models/create', { name });
      await made('model-versions/create', { name, source: `runs:/${runId}/m` });
    });

    it.each([
      ['dan', 'dans', 'from whom the catalog hides the model'],
      ['eve', 'fraud', 'whom the policy lets see other models'],
    ])('does not exist for %s, who registers %s, %s', async (who, name) => {
      const owner = who === 'eve' ? 'cleo' : who;
      const models = `${mlflow}/registered-models/create`;
      await post(models, as(owner), { name }).expect(200);
      const answers: Record<string, unknown> = {};
      const sources = [
        'models:/tumour/1',
        `runs:/${runId}/m`,
        `models:/${loggedModel}`,
        `mlflow-artifacts:/${experiment}/${runId}/artifacts/m`,
      ];
      for (const source of sources) {
        const body = { name, source };
        const answer = await post(
          `${mlflow}/model-versions/create`,
          as(who),
          body,
        );
        answers[source] = [answer.status, answer.body.error_code];
        expect(answer.text).not.toContain(`"run_id"`);
      }
      const absent = [404, 'RESOURCE_DOES_NOT_EXIST'];
      expect(answers).toEqual(
        Object.fromEntries(sources.map(source => [source, absent])),
      );
    });

    it('is not opened by a prompt', async () => {
      const file = `${experiment}/${runId}/artifacts/n/MLmodel`;
      const path = `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/${file}`;
      const read = (who: string) =>
        request(portal.server)
          .get(path)
          .set('authorization', `Bearer ${as(who)}`);
      await request(portal.server)
        .put(path)
        .set('authorization', `Bearer ${as('ann')}`)
        .send(Buffer.from('flavors: {}'))
        .expect(200);
      const name = 'dans-prompt';
      const models = `${mlflow}/registered-models`;
      await post(`${models}/create`, as('dan'), { name, tags: prompt });
      await post(`${mlflow}/model-versions/create`, as('dan'), {
        name,
        source: `mlflow-artifacts:/${experiment}`,
        tags: prompt,
      }).expect(200);
      expect((await read('dan').buffer(true)).status).toBe(404);
      const listed = await request(portal.server)
        .get(`/api/ml-registry/v1/models/default/${name}/versions/1/artifacts`)
        .set('authorization', `Bearer ${as('dan')}`);
      expect(listed.text).not.toContain(runId);
      await request(portal.server)
        .delete(`/api/${models}/delete-tag`)
        .set('authorization', `Bearer ${as('dan')}`)
        .send({ name, key: prompt[0].key })
        .expect(400);
    });
  });

  describe('a model whose name in the catalog has capital letters', () => {
    const mlflow = 'ml-registry/mlflow/api/2.0/mlflow';
    const model = 'ml-registry/v1/models/default/Risky';
    const get = (path: string, name: string) =>
      request(portal.server)
        .get(`/api/${path}`)
        .set('authorization', `Bearer ${as(name)}`);

    beforeAll(async () => {
      portal.layModel('Risky', diagnostics, {
        type: 'classifier',
        lifecycle: 'production',
        risk: 'high',
        approvals: 2,
        evaluation: {
          primaryMetric: { name: 'acc', goal: 'maximize' },
          gates: [{ metric: 'acc', min: 0.9 }],
        },
      });
      const { body } = await post(`${mlflow}/runs/create`, as('ann'), {
        experiment_id: '0',
      }).expect(200);
      const runId = body.run.info.run_id;
      await request(portal.server)
        .put(
          `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/model/MLmodel`,
        )
        .set('authorization', `Bearer ${as('ann')}`)
        .send(Buffer.from('flavors: {}'))
        .expect(200);
      const named = { name: 'Risky' };
      await post(`${mlflow}/registered-models/create`, as('ann'), named).expect(
        200,
      );
      await post(`${mlflow}/model-versions/create`, as('ann'), {
        ...named,
        source: `runs:/${runId}/model`,
        run_id: runId,
      }).expect(200);
    });

    it('has the risk, the approvals and the gates of its file', async () => {
      const shown = await get(model, 'ann').expect(200);
      expect(shown.body).toMatchObject({ hasEntity: true, risk: 'high' });
      const { body } = await get(
        `${model}/versions/1/promotion-preview?to=production`,
        'ann',
      ).expect(200);
      expect(body).toMatchObject({ allowed: false, approvalsNeeded: 2 });
      expect(body.gates).toContainEqual(
        expect.objectContaining({ gate: 'acc at least 0.9' }),
      );
    });

    it('is hidden from a person who does not see its entity', async () => {
      const answers: Record<string, [number, number]> = {};
      const paths = [
        '',
        '/versions',
        '/versions/1',
        '/versions/1/card',
        '/versions/1/artifacts',
        '/versions/1/artifact?path=MLmodel',
        '/history',
      ];
      for (const path of paths) {
        const ann = await get(`${model}${path}`, 'ann');
        const dan = await get(`${model}${path}`, 'dan');
        answers[path] = [ann.status, dan.status];
      }
      expect(answers).toEqual(
        Object.fromEntries(paths.map(path => [path, [200, 404]])),
      );
      const ledger = 'ml-registry/v1/ledger?model=model:default/Risky';
      expect((await get(ledger, 'ann')).text).toContain('Registered');
      expect((await get(ledger, 'dan')).text).not.toContain('Registered');
    });

    it('is not to be had by another team in another case', async () => {
      portal.layModel('claimed', credit);
      for (const name of ['claimed', 'Claimed']) {
        const made = `${mlflow}/registered-models/create`;
        expect((await post(made, as('ann'), { name })).status).toBe(403);
      }
      await post(`${mlflow}/registered-models/create`, as('cleo'), {
        name: 'claimed',
      }).expect(200);
    });
  });
});
