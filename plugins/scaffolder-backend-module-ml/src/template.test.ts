import { createFetchTemplateAction } from '@backstage/plugin-scaffolder-backend';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import { mockServices } from '@backstage/backend-test-utils';
import { ScmIntegrations } from '@backstage/integration';
import { parseModelSpec } from '@downstage/plugin-ml-catalog-common';
import { jobDefinitionSchema } from '@downstage/plugin-ml-jobs-common';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { templateFilters } from './filters/filters';
import { readDeclarations } from './project/readDeclarations';

const template = resolve(__dirname, '../../../templates/tabular-sklearn');
const values = {
  name: 'tumour-malignancy',
  namespace: 'default',
  mlflowName: 'tumour-malignancy',
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
      additionalTemplateFilters: Object.fromEntries(
        templateFilters.map(({ id, filter }) => [id, filter]),
      ),
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

  it('writes a project of a namespace, as the catalog and as MLflow name its model', async () => {
    await write({
      namespace: 'credit',
      mlflowName: '__credit__tumour-malignancy',
    });
    const { metadata } = parse(await read('catalog-info.yaml'));
    expect(metadata).toMatchObject({
      name: 'tumour-malignancy',
      namespace: 'credit',
    });
    expect(parse(await read('downstage.yaml')).model).toBe(
      'model:credit/tumour-malignancy',
    );
    expect(await read('src/settings.py')).toContain(
      'MODEL_NAME = "__credit__tumour-malignancy"',
    );
    const declared = await readDeclarations({
      folder: workspace,
      owner: values.owner,
      entityRef: 'model:credit/tumour-malignancy',
    });
    expect(declared).toHaveLength(1);
    await expect(
      readDeclarations({ folder: workspace, owner: values.owner }),
    ).rejects.toThrow('is in the namespace credit; allowed is default');
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

  const hostile: [string, string][] = [
    ['a line break', 'x\n  owner: group:default/platform\nspec:\n  gates: []'],
    [
      'a second document',
      'x\n---\nkind: Location\nspec: { target: /etc/passwd }',
    ],
    ['quotes', `x" ' ''' \"\"\" '); import os #`],
    ['a backslash at the end', 'x\\'],
    ['an anchor, an alias and a tag', '&a [*a, !!js/function x]'],
    ['a placeholder', '${{ secrets.token }} {{ 7*7 }} {% raw %} {# x #}'],
    ['a comment', 'x # y'],
    ['separators of Unicode', 'a\u2028b\u2029c\u0085d\u000be'],
    ['marks that turn text round', 'a\u202eb\u2066c\ufeff'],
    ['half of a letter', 'a\ud800b'],
    [
      'HTML and Markdown',
      '<img src=x onerror=alert(1)> [x](javascript:alert(1)) `` ` ``',
    ],
    ['what YAML reads as something else', 'no'],
    ['a number', '0o17'],
    ['a control character', 'a\u0001\u001b[31mb\u007f'],
    ['the end of a table', 'x | y |\r\n| z'],
    ['a flow collection', '], injected: [x'],
  ];

  it.each(hostile)(
    'writes %s as the value it is, wherever it stands (issue 7)',
    async (_, value) => {
      const text = value.replace(/\p{Surrogate}/gu, '\ufffd');
      await write({
        name: value,
        namespace: value,
        mlflowName: value,
        title: value,
        description: value,
        owner: value,
        system: value,
        dataset: value,
        datasetName: value,
        featureView: value,
        target: value,
        primaryKey: [value],
        timestamp: value,
        metric: value,
        risk: value,
      });
      const documents = parseAllDocuments(await read('catalog-info.yaml'));
      expect(documents).toHaveLength(1);
      expect(documents[0].errors).toEqual([]);
      expect(documents[0].toJS()).toEqual({
        apiVersion: 'downstage.dev/v1alpha1',
        kind: 'Model',
        metadata: {
          name: text,
          namespace: text,
          title: text,
          description: text,
          annotations: { 'backstage.io/techdocs-ref': 'dir:.' },
          tags: ['tabular', 'scikit-learn', 'onnx'],
        },
        spec: {
          type: 'classifier',
          lifecycle: 'experimental',
          owner: text,
          system: text,
          risk: text,
          trainedOn: [text],
          consumesFeatures: [text],
          evaluation: {
            primaryMetric: { name: text, goal: 'maximize' },
            dataset: text,
            gates: [
              { metric: text, min: 0.97 },
              { metric: text, notWorseThanChampionBy: 0.01 },
            ],
          },
          approvals: 1,
        },
      });
      expect(parse(await read('downstage.yaml'))).toMatchObject({
        name: text,
        model: `model:${text}/${text}`,
        inputs: [{ name: 'data', dataset: text }],
      });
      expect(parse(await read('mkdocs.yml'))).toMatchObject({
        site_name: text,
        site_description: text,
      });
      const settings = await read('src/settings.py');
      // Literals of Python that are JSON too, each on a line of its own.
      for (const [constant, expected] of [
        ['MODEL_NAME', text],
        ['DATASET', text],
        ['TARGET', text],
        ['IGNORED', [text, text]],
      ]) {
        const [, literal] =
          new RegExp(`^${constant} = (.*)$`, 'm').exec(settings) ?? [];
        expect(JSON.parse(literal)).toEqual(expected);
        expect(literal).not.toMatch(/[\p{Control}\u2028\u2029\u202e]/u);
      }
      const [, description] =
        /^description = (.*)$/m.exec(await read('pyproject.toml')) ?? [];
      expect(JSON.parse(description)).toBe(text);
      const notebook = JSON.parse(await read('notebooks/explore.ipynb'));
      expect(notebook.cells[0].source).toHaveLength(3);
      const readme = await read('README.md');
      const shown = readme.split('\n').slice(0, 4).join('\n');
      expect(shown).not.toMatch(/<img|[^\\]\]\(|\u2028|\u202e|^---$/m);
      expect(readme.split('\n').slice(1, 4)).toEqual([
        '',
        expect.any(String),
        '',
      ]);
      expect(await read('docs/index.md')).not.toMatch(/^---$/m);
    },
  );

  it('passes its own check, and no hostile owner does', async () => {
    const options = {
      folder: workspace,
      owner: values.owner,
      entityRef: 'model:default/tumour-malignancy',
    };
    await write();
    expect(await readDeclarations(options)).toHaveLength(1);
    await rm(join(workspace, 'catalog-info.yaml'));
    await write({ owner: 'group:default/diagnostics\n---\nkind: Location' });
    await expect(readDeclarations(options)).rejects.toThrow(
      /expected the chosen owner group:default\/diagnostics/,
    );
  });
});

describe('every template', () => {
  const templates = resolve(__dirname, '../../../templates');
  const encoded = /\|\s*(?:literal|markdown|inlineCode)\s*$/;

  it('encodes each value where it is written (issue 7)', async () => {
    const raw: string[] = [];
    const files = await readdir(templates, {
      recursive: true,
      withFileTypes: true,
    });
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      // Workflows are copied, not rendered.
      if (!file.isFile() || !/\/skeleton\//.test(path)) continue;
      if (path.includes('/.github/workflows/')) continue;
      const text = await readFile(path, 'utf8');
      for (const [whole, expression] of text.matchAll(/\$\{\{(.*?)\}\}/gs)) {
        if (!encoded.test(expression)) raw.push(`${path}: ${whole}`);
      }
    }
    expect(raw).toEqual([]);
  });

  it('says for every text what it may hold', async () => {
    const open: string[] = [];
    const files = await readdir(templates, { recursive: true });
    for (const file of files.filter(name => name.endsWith('template.yaml'))) {
      const { spec } = parse(await readFile(join(templates, file), 'utf8'));
      for (const page of spec.parameters) {
        for (const [name, field] of Object.entries<Record<string, unknown>>(
          page.properties,
        )) {
          const bounded = field.enum || (field.pattern && field.maxLength);
          if (field.type === 'string' && !bounded)
            open.push(`${file}: ${name}`);
        }
      }
    }
    expect(open).toEqual([]);
  });
});
