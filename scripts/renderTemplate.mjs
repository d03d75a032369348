// Writes the project that a portal would make of a template, for tests of the project itself.
//
//   node --require @backstage/cli/config/nodeTransform.cjs scripts/renderTemplate.mjs SKELETON FOLDER
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const { ConfigReader } = require('@backstage/config');
const { ScmIntegrations } = require('@backstage/integration');
const {
  createFetchTemplateAction,
} = require('@backstage/plugin-scaffolder-backend');
const {
  templateFilters,
} = require('../plugins/scaffolder-backend-module-ml/src/filters/filters.ts');

/** As the form gives them: a namespace of its own, a row id and a clock that nothing may be learned from. */
const values = {
  name: 'tumours',
  namespace: 'credit',
  mlflowName: '__credit__tumours',
  title: 'Tumour "malignancy"',
  description: 'Tells malignant from benign: by the nuclei',
  owner: 'group:default/diagnostics',
  risk: 'high',
  system: 'screening',
  dataset: 'dataset:default/breast-masses',
  datasetName: 'breast-masses',
  primaryKey: ['mass_id'],
  timestamp: 'taken_at',
  featureView: 'feature:default/cell-nucleus-measurements',
  target: 'malignant',
  metric: 'val_auc',
  goal: 0.97,
};

const [skeleton, folder] = process.argv.slice(2).map(path => resolve(path));
const download = `${folder}.download`;
await mkdir(folder, { recursive: true });
await mkdir(download, { recursive: true });
const silent = { info() {}, warn() {}, error() {}, debug() {} };
const action = createFetchTemplateAction({
  integrations: ScmIntegrations.fromConfig(new ConfigReader({})),
  // A skeleton lies on this machine: nothing is read by its address.
  reader: {},
  additionalTemplateFilters: Object.fromEntries(
    templateFilters.map(({ id, filter }) => [id, filter]),
  ),
});
await action.handler({
  input: {
    url: './skeleton',
    copyWithoutTemplating: ['.github/workflows/*'],
    values,
  },
  workspacePath: folder,
  logger: { ...silent, child: () => silent },
  output() {},
  createTemporaryDirectory: async () => download,
  checkpoint: ({ fn }) => fn(),
  task: { id: 'render' },
  templateInfo: {
    entityRef: 'template:default/any',
    baseUrl: `file://${join(skeleton, '../template.yaml')}`,
  },
});
