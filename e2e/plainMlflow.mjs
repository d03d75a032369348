// A script of plain MLflow against the portal, by a person's token alone; then the catalog knows the model it made.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/shell.mjs';
import { minute, until } from './portal.mjs';

const name = 'wine-by-code';

/** The steps, for whoever has a portal that is up and a Python with MLflow and scikit-learn. */
export function plainMlflow({ portal, ann, python }) {
  return [
    [
      'a script of plain MLflow, which knows nothing of this portal, passes',
      async () => {
        const folder = join(portal.dataDir, 'plain-mlflow');
        await mkdir(folder, { recursive: true });
        await runScript(python, {
          cwd: folder,
          env: {
            PATH: process.env.PATH,
            HOME: process.env.HOME,
            MLFLOW_TRACKING_URI: `${portal.url}/api/ml-registry/mlflow`,
            MLFLOW_TRACKING_TOKEN: await ann.token(),
            MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
            MLFLOW_DISABLE_TELEMETRY: 'true',
            GIT_PYTHON_REFRESH: 'quiet',
            PYTHONWARNINGS: 'ignore',
          },
        });
      },
    ],
    [
      'its model appears in the catalog, owned by the team of whoever ran it',
      async () => {
        const entity = await until('the model in the catalog', () =>
          ann.find(`/api/catalog/entities/by-name/model/default/${name}`),
        );
        assert.equal(entity.spec.owner, 'group:default/diagnostics');
        const { annotations } = entity.metadata;
        assert.equal(annotations['downstage.dev/unowned'], undefined);
        const model = await ann.get(
          `/api/ml-registry/v1/models/default/${name}`,
        );
        assert.equal(model.owner, 'group:default/diagnostics');
        assert.equal(model.versionCount, 2);
      },
    ],
  ];
}

/** Runs the script to its end; fails with what it said last. */
function runScript(python, options) {
  return new Promise((done, reject) => {
    const child = spawn(python, [join(root, 'e2e/plainMlflow.py'), name], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 5 * minute,
    });
    let said = '';
    const hear = chunk => {
      said = (said + chunk).slice(-6_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', code => {
      if (code === 0) done();
      else reject(new Error(`The script ended with ${code}:\n${said}`));
    });
  });
}
