import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import { mockServices } from '@backstage/backend-test-utils';
import { ScmIntegrations } from '@backstage/integration';
import { parseModelSpec } from '@downstage/plugin-ml-catalog-common';
import { jobDefinitionSchema } from '@downstage/plugin-ml-jobs-common';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const template = resolve(__dirname, '../../../templates/tabular-sklearn');
const values = {
  name: 'tumour-malignancy',
  title: 'Tumour "malignancy"',
  description: 'Tells malignant from benign: by the nuclei',
  owner: 'group:default/diagnostics',
  risk: 'high',
  system: 'screening',
  dataset: 'dataset:default/breast-masses',
  datasetName: 'breast-masses',
  primaryKey: ['mass_id'],
  featureView: 'feature:default/cell-nucleus-measurements',
  target: 'malignant',
  metric: 'val_auc',
  goal: 0.97,
};

describe('the template for a tabular model', () => {
  let workspace: string;
  let download: string;
  beforeEach(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'template-tabular-'));
    download = await mkdtemp(join(tmpdir(), 'template-download-'));
  });
  afterEach(async () => {
    await rm(workspace, { recursive: true, force: true });
    await rm(download, { recursive: true, force: true });
  });

  async function write(changes: Record<string, unknown> = {}) {
    const action = createFetchTemplateAction({
      integrations: ScmIntegrations.fromConfig(mockServices.rootConfig()),
      reader: mockServices.urlReader.mock(),
    });
    await action.handler({
      ...createMockActionContext({
        input: {
          url: './skeleton',
          copyWithoutTemplating: ['.github/workflows/*'],
          values: { ...values, ...changes },
        },
        workspacePath: workspace,
      }),
      createTemporaryDirectory: async () => download,
      templateInfo: {
        entityRef: 'template:default/tabular-sklearn',
        baseUrl: `file://${template}/template.yaml`,
      },
    });
  }
  const read = (file: string) => readFile(join(workspace, file), 'utf8');

  it('writes a Model the catalog accepts', async () => {
    await write();
    const entity = parse(await read('catalog-info.yaml'));
    expect(parseModelSpec(entity)).toMatchObject({
      owner: 'group:default/diagnostics',
      system: 'screening',
      risk: 'high',
      approvals: 2,
      trainedOn: ['dataset:default/breast-masses'],
      consumesFeatures: ['feature:default/cell-nucleus-measurements'],
      evaluation: {
        primaryMetric: { name: 'val_auc', goal: 'maximize' },
        gates: [
          { metric: 'val_auc', min: 0.97 },
          { metric: 'val_auc', notWorseThanChampionBy: 0.01 },
        ],
      },
    });
    expect(entity.metadata.title).toBe('Tumour "malignancy"');
  });

  it('turns the gate round for a metric that should be low, and leaves out what was not chosen', async () => {
    await write({
      metric: 'val_log_loss',
      goal: 0.2,
      featureView: undefined,
      system: undefined,
      risk: 'minimal',
    });
    const spec = parseModelSpec(parse(await read('catalog-info.yaml')));
    expect(spec.evaluation?.primaryMetric?.goal).toBe('minimize');
    expect(spec.evaluation?.gates?.[0]).toEqual({
      metric: 'val_log_loss',
      max: 0.2,
    });
    expect(spec).not.toHaveProperty('system');
    expect(spec).not.toHaveProperty('consumesFeatures');
    expect(spec.approvals).toBe(1);
  });

  it('writes a job definition the platform accepts', async () => {
    await write();
    expect(
      jobDefinitionSchema.parse(parse(await read('downstage.yaml'))),
    ).toMatchObject({
      entryPoint: 'python src/train.py',
      inputs: [{ name: 'data', dataset: 'dataset:default/breast-masses' }],
      model: 'model:default/tumour-malignancy',
    });
  });

  it('keeps ids away from the model, and a notebook that opens', async () => {
    await write({ timestamp: 'measured_at' });
    expect(await read('src/settings.py')).toContain(
      'IGNORED = ["mass_id", "measured_at"]',
    );
    await write({ primaryKey: undefined });
    expect(JSON.parse(await read('notebooks/explore.ipynb')).nbformat).toBe(4);
  });

  it('leaves no placeholder behind', async () => {
    await write();
    for (const file of await readdir(workspace, {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!file.isFile() || file.parentPath.includes('.github')) continue;
      const text = await readFile(join(file.parentPath, file.name), 'utf8');
      expect({ file: file.name, found: /\$\{\{|\{%/.test(text) }).toEqual({
        file: file.name,
        found: false,
      });
    }
  });
});
