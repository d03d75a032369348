import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { createMockDirectory } from '@backstage/backend-test-utils';
import express from 'express';
import request from 'supertest';
import {
  credit,
  diagnostics,
  startSecuredPortal,
  type SecuredPortal,
} from './__testUtils__/securedPortal';

jest.setTimeout(120_000);
const directory = createMockDirectory();

/** A plugin that knows nothing of tokens and lets services do what they like, as most of Backstage does. */
const trusting = createBackendPlugin({
  pluginId: 'trusting',
  register(env) {
    env.registerInit({
      deps: {
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
      },
      async init({ httpAuth, httpRouter }) {
        const router = express.Router();
        router.delete('/everything', async (asked, response) => {
          await httpAuth.credentials(asked, { allow: ['user', 'service'] });
          response.json({ gone: true });
        });
        httpRouter.use(router);
      },
    });
  },
});

describe('access tokens on a portal', () => {
  let portal: SecuredPortal;

  beforeAll(async () => {
    portal = await startSecuredPortal({
      dataDir: directory.path,
      features: [trusting],
      externalAccess: [
        {
          type: 'static',
          options: { token: 'a-static-one', subject: 'ci' },
        },
      ],
    });
  });
  afterAll(() => portal?.stop());

  const bearer = (secret: string) => `Bearer ${secret}`;
  const basic = (secret: string) =>
    `Basic ${Buffer.from(`anybody:${secret}`).toString('base64')}`;
  const get = (path: string, authorization: string) =>
    request(portal.server)
      .get(`/api/${path}`)
      .set('authorization', authorization);
  const post = (path: string, authorization: string, body: object = {}) =>
    request(portal.server)
      .post(`/api/${path}`)
      .set('authorization', authorization)
      .send(body);
  const mlflow = (path: string, authorization: string, body: object) =>
    post(`ml-registry/mlflow/api/2.0/mlflow/${path}`, authorization, body);

  it('tracks a run as its person, as bearer and as Basic password', async () => {
    const secret = await portal.secretOf(['track']);
    for (const authorization of [bearer(secret), basic(secret)]) {
      const created = await mlflow('runs/create', authorization, {
        experiment_id: '0',
        user_id: 'root',
      });
      expect(created.status).toBe(200);
      expect(created.body.run.info.user_id).toBe('user:default/ann');
      const { run_id } = created.body.run.info;
      const logged = await mlflow('runs/log-metric', authorization, {
        run_id,
        key: 'auc',
        value: 0.9,
        timestamp: 1,
        step: 0,
      });
      expect(logged.status).toBe(200);
    }
  });

  it('is refused what its scopes do not say, with the scope that would', async () => {
    const secret = await portal.secretOf(['track']);
    const refused = await mlflow('registered-models/create', bearer(secret), {
      name: 'churn',
    });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toMatch(
      /has the scopes track; ml.registry.register needs register/,
    );
  });

  it('changes what its group owns, and not the model of another', async () => {
    const secret = await portal.secretOf(['register']);
    const create = (name: string) =>
      mlflow('registered-models/create', bearer(secret), { name });
    expect((await create('churn')).status).toBe(200);
    const refused = await create('fraud');
    expect(refused.status).toBe(403);
    expect(refused.body.message).toMatch(/belongs to group:default\/credit/);
  });

  it('changes only the model it is bound to', async () => {
    const secret = await portal.secretOf(['register', 'serve', 'predict'], {
      binding: { model: 'model:default/churn' },
    });
    const describe = (name: string) =>
      mlflow('registered-models/set-tag', bearer(secret), {
        name,
        key: 'team',
        value: 'x',
      });
    expect((await describe('churn')).status).toBe(200);
    const refused = await mlflow('registered-models/create', bearer(secret), {
      name: 'tumour',
    });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toMatch(
      /bound to model:default\/churn and may not change model:default\/tumour/,
    );
    const served = await post('ml-serving/v1/endpoints', bearer(secret), {
      modelRef: 'model:default/tumour',
    });
    expect(served.status).toBe(403);
    expect(served.body.error.message).toMatch(/bound to model:default\/churn/);
  });

  it('does not decide about production with the scope register alone', async () => {
    const secret = await portal.secretOf(['track', 'register']);
    const run = await mlflow('runs/create', bearer(secret), {
      experiment_id: '0',
    });
    const { run_id } = run.body.run.info;
    await request(portal.server)
      .put(
        `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/model/MLmodel`,
      )
      .set('authorization', basic(secret))
      .set('content-type', 'application/octet-stream')
      .send(Buffer.from('flavors: {}'))
      .expect(200);
    const created = await mlflow('model-versions/create', bearer(secret), {
      name: 'churn',
      source: `runs:/${run_id}/model`,
      run_id,
    });
    expect({ status: created.status, text: created.text }).toMatchObject({
      status: 200,
    });
    expect(created.body.model_version.user_id).toBe('user:default/ann');
    const refused = await mlflow(
      'model-versions/transition-stage',
      bearer(secret),
      {
        name: 'churn',
        version: '1',
        stage: 'Production',
        archive_existing_versions: false,
      },
    );
    expect(refused.status).toBe(403);
    expect(refused.body.message).toMatch(/ml.registry.promote needs promote/);
  });

  it('acts as the group it was made for, and is no plugin', async () => {
    const secret = await portal.secretOf(['track', 'read'], {
      name: 'nightly',
      group: diagnostics,
    });
    const created = await mlflow('experiments/create', bearer(secret), {
      name: 'of-a-service',
    });
    const { body } = await mlflow('runs/create', bearer(secret), {
      experiment_id: created.body.experiment_id,
      user_id: 'user:default/cleo',
    });
    expect(body.run.info.user_id).toBe('service:diagnostics/nightly');
    const asked = await post('ml-jobs/v1/tokens/introspect', bearer(secret), {
      token: 'x'.repeat(40),
    });
    expect([400, 403, 404]).toContain(asked.status);
    const stolen = await mlflow('experiments/create', bearer(secret), {
      name: 'for-credit',
      tags: [{ key: 'downstage.owner', value: credit }],
    });
    expect(stolen.status).toBe(403);
  });

  it('reads every plugin of the machine learning part, and changes none with the scope read', async () => {
    const secret = await portal.secretOf(['read']);
    const reads = [
      'ml-registry/v1/models',
      'ml-jobs/v1/jobs',
      'ml-data/v1/datasets/default/transactions/versions',
      'ml-serving/v1/endpoints',
      'ml-monitoring/v1/monitors',
    ];
    for (const path of reads) {
      const { status } = await get(path, bearer(secret));
      expect({ path, status }).toEqual({ path, status: 200 });
    }
    const changes: [string, object, RegExp][] = [
      [
        'ml-jobs/v1/jobs',
        { source: { repository: '/x' }, owner: diagnostics },
        /needs train/,
      ],
      ['ml-data/v1/datasets/default/transactions/versions', {}, /needs data/],
      [
        'ml-serving/v1/endpoints',
        { modelRef: 'model:default/churn' },
        /needs serve/,
      ],
      ['ml-monitoring/v1/monitors/default/churn/evaluate', {}, /needs monitor/],
      [
        'ml-registry/v1/models/default/churn/rollback',
        { reason: 'x' },
        /needs promote/,
      ],
    ];
    for (const [path, body, message] of changes) {
      const answer = await post(path, bearer(secret), body);
      expect({
        path,
        status: answer.status,
        message: answer.body.error?.message,
      }).toEqual({
        path,
        status: 403,
        message: expect.stringMatching(message),
      });
    }
  });

  it('stays who it is when one plugin asks another for it', async () => {
    const secret = await portal.secretOf(['monitor']);
    // Monitoring may retrain, and asks ml-jobs in the name of the token, which may not read jobs.
    const refused = await post(
      'ml-monitoring/v1/monitors/default/churn/retrain',
      bearer(secret),
    );
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /The token 'token-\d+' of user:default\/ann has the scopes monitor; ml.jobs.read needs read or train/,
    );
    const both = await portal.secretOf(['monitor', 'train']);
    const asked = await post(
      'ml-monitoring/v1/monitors/default/churn/retrain',
      bearer(both),
    );
    expect(asked.body.error.message).toMatch(/No job has trained/);
  });

  it('names the person and the token in the audit trail', async () => {
    const { secret, token } = await portal.token(['serve'], {
      name: 'audited',
    });
    await post('ml-serving/v1/endpoints', bearer(secret), {
      modelRef: 'model:default/churn',
    });
    expect(
      portal.entries.find(({ eventId }) => eventId === 'endpoint-create')?.meta,
    ).toMatchObject({
      actor: 'user:default/ann',
      token: { id: token.id, name: 'audited' },
    });
    expect(JSON.stringify(portal.entries)).not.toContain(secret);
  });

  it('approves nothing, and makes no tokens', async () => {
    const secret = await portal.secretOf([
      'read',
      'track',
      'register',
      'promote',
      'train',
      'data',
      'monitor',
    ]);
    for (const [path, body] of [
      ['ml-registry/v1/promotions/x/approve', {}],
      ['ml-tokens/v1/tokens', { name: 'another', scopes: ['read'] }],
    ] as const) {
      const answer = await post(path, bearer(secret), body);
      expect(answer.status).toBe(403);
      expect(answer.body.error.message).toMatch(/no token may; sign in/);
    }
  });

  it('sets up, changes and deletes no monitor, also with the scope monitor, and sends labels', async () => {
    const secret = await portal.secretOf(['read', 'monitor']);
    const model = '/api/ml-monitoring/v1/monitors/default/churn';
    const kinds = `${model}/kinds/drift`;
    for (const asked of [
      request(portal.server).put(`${kinds}/default`),
      request(portal.server).delete(`${kinds}/strict`),
    ]) {
      const answer = await asked
        .set('authorization', bearer(secret))
        .send({ settings: { warning: 5, drift: 5 } });
      expect(answer.status).toBe(403);
      expect(answer.body.error.message).toMatch(
        /ml.monitoring.configure.* no token may; sign in/,
      );
    }
    const labels = await post(
      'ml-monitoring/v1/monitors/default/churn/labels',
      bearer(secret),
      { labels: [{ predictionId: 'r/0', label: 1 }] },
    );
    // It may, so that it hears whether the model is watched.
    expect([200, 404]).toContain(labels.status);
  });

  it('is refused by plugins that would let a service do anything', async () => {
    const secret = await portal.secretOf(['read']);
    const remove = (authorization: string) =>
      request(portal.server)
        .delete('/api/trusting/everything')
        .set('authorization', authorization);
    const refused = await remove(bearer(secret));
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /work on ml-data, ml-jobs.*trusting needs the token of a person/,
    );
    // What worked before works: a static token of the configuration.
    expect((await remove('Bearer a-static-one')).status).toBe(200);
  });

  it('does not believe a caller that names another person', async () => {
    const secret = await portal.secretOf(['read']);
    const answer = await post('ml-tokens/v1/tokens', bearer(secret), {
      name: 'x',
      scopes: ['read'],
    }).set(
      'x-downstage-on-behalf-of',
      encodeURIComponent(
        'token:user:default/cleo?id=a&name=b&scopes=track&groups=group:default/credit',
      ),
    );
    expect(answer.status).toBe(403);
    expect(answer.body.error.message).toContain('user:default/ann');
  });

  it('tells a token what it is', async () => {
    const { secret, token } = await portal.token(['track'], {
      binding: { group: diagnostics },
    });
    const { body } = await get('ml-tokens/v1/token', bearer(secret));
    expect(body).toMatchObject({
      id: token.id,
      actor: 'user:default/ann',
      scopes: ['track'],
      owns: [diagnostics],
    });
  });

  it('ends at once when revoked, everywhere, and says so to who holds it', async () => {
    const { secret, token } = await portal.token(['read'], { name: 'ended' });
    expect((await get('ml-jobs/v1/jobs', bearer(secret))).status).toBe(200);
    const revoked = await post(
      `ml-tokens/v1/tokens/${token.id}/revoke`,
      bearer(portal.session('ann')),
    );
    expect(revoked.body.lastUsedAt).toBeDefined();
    for (const answer of [
      await get('ml-jobs/v1/jobs', bearer(secret)),
      await mlflow('runs/create', basic(secret), { experiment_id: '0' }),
      await mlflow('runs/create', bearer(secret), { experiment_id: '0' }),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body.error?.message ?? answer.body.message).toMatch(
        /'ended' of user:default\/ann was revoked on .* by user:default\/ann/,
      );
    }
  });

  it('is told what is wrong with what is no token, without a word about others', async () => {
    const secret = await portal.secretOf(['read']);
    const last = secret.at(-1) === 'a' ? 'b' : 'a';
    const mistyped = `${secret.slice(0, -1)}${last}`;
    for (const authorization of [bearer(mistyped), basic(mistyped)]) {
      const answer = await mlflow('runs/create', authorization, {
        experiment_id: '0',
      });
      expect(answer.status).toBe(401);
      expect(answer.body.message).toMatch(/its checksum is wrong/);
    }
    const unknown = await get('ml-jobs/v1/jobs', bearer('dst_'));
    expect(unknown.status).toBe(401);
  });
});
