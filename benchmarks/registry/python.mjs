// An environment with MLflow's server, the newest that pip resolves, and PostgreSQL's driver; made once.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run, step } from '../../scripts/shell.mjs';

export async function ensureMlflow() {
  const folder = join(root, '.downstage/tools/benchmark');
  const python = join(folder, 'bin/python');
  if (!existsSync(join(folder, 'ready'))) {
    const end = step('Installing MLflow for the benchmark');
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', folder], { quiet: true });
    await run(
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        'mlflow',
        'psycopg2-binary',
        'scikit-learn',
      ],
      { quiet: true },
    );
    await writeFile(join(folder, 'ready'), '');
    end();
  }
  const versions = JSON.parse(
    await run(
      python,
      [
        '-c',
        'import json, sys, importlib.metadata as m; print(json.dumps({"python": sys.version.split()[0], **{n: m.version(n) for n in ("mlflow", "uvicorn", "scikit-learn")}}))',
      ],
      { quiet: true },
    ),
  );
  return { python, versions };
}
