// An access token in the hands of the real MLflow client: as bearer, as Basic password, revoked.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { minute } from './portal.mjs';

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

/** The steps, for whoever has a portal that is up and a Python with MLflow. */
export function tokens({ portal, ann, python }) {
  let made;
  const run = credentials => runScript(python, portal.url, credentials);
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

function runScript(python, url, credentials) {
  return new Promise((done, reject) => {
    const child = spawn(python, ['-c', script], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        MLFLOW_TRACKING_URI: `${url}/api/ml-registry/mlflow`,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
        ...credentials,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 2 * minute,
    });
    let said = '';
    const hear = chunk => {
      said = (said + chunk).slice(-6_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', code => done({ code, said }));
  });
}
