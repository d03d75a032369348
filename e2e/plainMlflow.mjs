// A script of plain MLflow against the portal, by a person's token alone; then the catalog knows the model it made.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/shell.mjs';
import { runMlflowClient } from './mlflowClient.mjs';
import { minute, until } from './portal.mjs';

const name = 'wine-by-code';

/** The steps, for a portal that is up and a Python with MLflow and scikit-learn. */
export function plainMlflow({ portal, ann, python }) {
  return [
    [
      'a script of plain MLflow, which knows nothing of this portal, passes',
      async () => {
        const folder = join(portal.dataDir, 'plain-mlflow');
        await mkdir(folder, { recursive: true });
        const { code, said } = await runMlflowClient(
          python,
          [join(root, 'e2e/plainMlflow.py'), name],
          {
            url: portal.url,
            cwd: folder,
            env: { MLFLOW_TRACKING_TOKEN: await ann.token() },
            limit: 5 * minute,
          },
        );
        assert.equal(code, 0, said);
      },
    ],
    [
      'its model appears in the catalog, owned by the team of its author',
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
