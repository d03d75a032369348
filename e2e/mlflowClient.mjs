// The real MLflow client in a process of its own. It knows nothing but the address of the portal and its login.
import { startProcess } from '../scripts/processes.mjs';
import { minute, patience } from './portal.mjs';

/**
 * Runs Python with these arguments to its end.
 *
 * @returns how it ended, all it wrote to its output, and what it said last there or as errors
 */
export function runMlflowClient(python, args, { url, cwd, env, limit }) {
  return new Promise((done, reject) => {
    const child = startProcess(python, args, {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TMPDIR: process.env.TMPDIR,
        MLFLOW_TRACKING_URI: `${url}/api/ml-registry/mlflow`,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
        PYTHONWARNINGS: 'ignore',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (limit ?? 2 * minute) * patience,
    });
    let output = '';
    let said = '';
    const hear = chunk => {
      said = (said + chunk).slice(-6_000);
    };
    child.stdout.on('data', chunk => {
      output += chunk;
      hear(chunk);
    });
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', code => done({ code, output, said }));
  });
}
