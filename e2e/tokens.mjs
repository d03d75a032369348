// An access token in the hands of the real MLflow client: as bearer, as Basic password, revoked.
import assert from 'node:assert/strict';
import { runMlflowClient } from './mlflowClient.mjs';

const script = `
import mlflow
mlflow.set_experiment('by-token')
with mlflow.start_run() as run:
    mlflow.log_metric('auc', 0.9)
    mlflow.log_text('hello', 'note.txt')
found = mlflow.MlflowClient().get_run(run.info.run_id)
print(found.info.status, found.info.user_id, flush=True)
try:
    mlflow.MlflowClient().create_registered_model('by-token')
except mlflow.exceptions.MlflowException as error:
    print(error, flush=True)
`;

/** The steps, for a portal that is up and a Python with MLflow. */
export function tokens({ portal, ann, python }) {
  let made;
  const run = env =>
    runMlflowClient(python, ['-c', script], { url: portal.url, env });
  return [
    [
      'a token of Ann tracks with the MLflow client, as bearer and as Basic password, and does no more',
      async () => {
        made = await ann.post('/api/ml-tokens/v1/tokens', {
          name: `e2e-${Date.now()}`,
          scopes: ['track'],
          expiresInDays: 1,
        });
        for (const credentials of [
          { MLFLOW_TRACKING_TOKEN: made.secret },
          {
            MLFLOW_TRACKING_USERNAME: 'token',
            MLFLOW_TRACKING_PASSWORD: made.secret,
          },
        ]) {
          const { code, said } = await run(credentials);
          assert.equal(code, 0, said);
          assert.match(said, /FINISHED user:default\/ann/);
          assert.match(said, /ml.registry.register needs register/);
        }
      },
    ],
    [
      'revoked, it is refused in words, and its use was written down',
      async () => {
        const { id } = made.token;
        const ended = await ann.post(`/api/ml-tokens/v1/tokens/${id}/revoke`);
        assert.equal(ended.state, 'revoked');
        assert.ok(ended.lastUsedAt, 'It has no last use');
        const { code, said } = await run({
          MLFLOW_TRACKING_TOKEN: made.secret,
        });
        assert.notEqual(code, 0);
        assert.match(said, /was revoked on .* by user:default\/ann/);
      },
    ],
  ];
}
