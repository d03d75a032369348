import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { ModelCard } from '@downstage/plugin-ml-registry-common';
import { parse } from 'yaml';
import { toBom } from './bom';
import {
  cardCompleteness,
  cardMetrics,
  readRequirements,
  sliceOf,
} from './card';
import { toCardMarkdown } from './cardMarkdown';
import { compareVersions, matchMetrics } from './compareVersions';

const card: ModelCard = {
  ref: 'default/tumours@3',
  modelRef: 'model:default/tumours',
  name: 'tumours',
  version: 3,
  stage: 'staging',
  owner: 'group:default/diagnostics',
  declared: {
    overview: 'Tells benign from malignant | carefully.',
    intendedUse: 'Second opinion.',
    limitations: 'Adults only.',
    ethicalConsiderations: 'A person decides.',
    users: 'Radiologists',
    licence: 'Apache-2.0',
  },
  saved: { at: '2026-03-01T10:00:00.000Z', by: 'user:default/ann' },
  completeness: { filled: [], missing: [] },
  verified: {
    metrics: [
      { name: 'auc', value: 0.97, dataset: { name: 'masses', digest: 'd1' } },
      { name: 'auc', value: 0.91, slice: 'age=young' },
    ],
    datasets: [
      {
        name: 'masses',
        digest: 'd1',
        context: 'eval',
        ref: 'default/masses@2',
      },
    ],
    files: {
      digest: 'sha256:00',
      items: [
        { path: 'MLmodel', size: 3, sha256: 'a'.repeat(64) },
        { path: 'data/weights.bin', size: 7 },
      ],
    },
    environment: {
      python: '3.12.4',
      lock: 'env-1',
      requirements: [
        'numpy==2.3.1',
        'scikit_learn[x]==1.9.1 ; python_version > "3"',
        'mlflow',
        'git+https://example.com/o/r@main#egg=z',
        'https://example.com/pkg-1.0-py3-none-any.whl',
        'vendor/mylib-1.0-py3-none-any.whl',
      ],
    },
    flavors: ['python_function', 'sklearn'],
    signature: {
      inputs: [{ name: 'radius', type: 'double' }],
      outputs: [{ type: 'int64', shape: [-1] }],
    },
    params: { depth: '3' },
    lineage: {
      runId: 'r1',
      commit: 'abc',
      source: 'runs:/r1/model',
      features: ['feature:default/radius'],
      createdBy: 'user:default/ann',
      createdAt: '2026-03-01T10:00:00.000Z',
    },
  },
};

describe('exports of a card', () => {
  it('makes a CycloneDX 1.6 ML-BOM that its schema accepts', async () => {
    const bom = toBom(card, {
      serial: '3e671687-395b-41f5-a30f-a58921a69b79',
      now: '2026-03-01T10:00:00.000Z',
    });
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    await expect(validator.validate(JSON.stringify(bom))).resolves.toBeNull();
    expect(bom.components.map(one => one['bom-ref'])).toEqual([
      'data:0',
      'file:MLmodel',
      'file:data/weights.bin',
      'pkg:pypi/numpy@2.3.1',
      'pkg:pypi/scikit-learn@1.9.1',
      'pkg:pypi/mlflow',
      expect.stringMatching(/^pkg:generic\/z/),
      expect.stringMatching(/^pkg:generic\/pkg/),
      expect.stringMatching(/^pkg:generic\/mylib/),
    ]);
    // The validator is awake: what the schema does not know, it refuses.
    await expect(
      validator.validate(JSON.stringify({ ...bom, colour: 'red' })),
    ).resolves.not.toBeNull();
  });

  it('makes a Hugging Face card with a head that YAML reads, and keeps tables whole', () => {
    const text = toCardMarkdown(card);
    const [, head, body] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];
    expect(parse(head)).toMatchObject({
      license: 'apache-2.0',
      library_name: 'sklearn',
      datasets: ['masses'],
      'model-index': [
        {
          name: 'tumours@3',
          results: [
            {
              dataset: { name: 'masses', type: 'default/masses@2' },
              metrics: [
                { type: 'auc', value: 0.97, verified: true },
                { type: 'auc', name: 'auc (age=young)', value: 0.91 },
              ],
            },
          ],
        },
      ],
    });
    expect(body).toContain('### Limitations\n\nAdults only.');
    expect(body).toContain(`| MLmodel | ${'a'.repeat(64)} |`);
  });
});

describe('the bill of materials', () => {
  it('names packages from elsewhere by their origin, never by what the index calls so (folder 29)', () => {
    const bom = toBom(card, {
      serial: '3e671687-395b-41f5-a30f-a58921a69b79',
      now: '2026-01-02T03:04:05.000Z',
    });
    const purls = bom.components.flatMap(component =>
      'purl' in component ? [component.purl] : [],
    );
    expect(purls).toEqual([
      'pkg:pypi/numpy@2.3.1',
      'pkg:pypi/scikit-learn@1.9.1',
      'pkg:pypi/mlflow',
      'pkg:generic/z?vcs_url=git%2Bhttps%3A%2F%2Fexample.com%2Fo%2Fr%40main',
      'pkg:generic/pkg@1.0?download_url=https%3A%2F%2Fexample.com%2Fpkg-1.0-py3-none-any.whl',
      'pkg:generic/mylib@1.0?file_name=vendor%2Fmylib-1.0-py3-none-any.whl',
    ]);
  });
});

describe('cards', () => {
  it('counts a field of spaces as missing, and everything as missing while nothing was saved', () => {
    expect(cardCompleteness({ overview: 'x', users: '  ' }).filled).toEqual([
      'overview',
    ]);
    expect(cardCompleteness(undefined).missing).toHaveLength(10);
  });

  it.each([
    ['val_auc/age=young', { name: 'val_auc', slice: 'age=young' }],
    ['eval/auc', { name: 'eval/auc' }],
    ['eval/auc/sex=f', { name: 'eval/auc', slice: 'sex=f' }],
  ])('reads the slice of %s', (metric, expected) => {
    expect(sliceOf(metric)).toEqual(expected);
  });

  it('shows a metric once when run and logged model both hold it', () => {
    const dataset = { name: 'masses', digest: 'd1' };
    expect(
      cardMetrics({
        metrics: { auc: 0.9, f1: 0.8 },
        measurements: [{ metric: 'auc', value: 0.9, dataset }],
      }),
    ).toEqual([
      { name: 'auc', value: 0.9, dataset },
      { name: 'f1', value: 0.8 },
    ]);
  });

  it('reads a continued line as one, and what is installed from a checkout', () => {
    expect(
      readRequirements('numpy \\\n  ==1\n-e git+https://x/y#egg=z\n'),
    ).toEqual(['numpy    ==1', 'git+https://x/y#egg=z']);
  });

  it('reads requirements without comments and options', () => {
    expect(
      readRequirements('# x\n-r other.txt\nnumpy==1 # y\n\nscipy\n'),
    ).toEqual(['numpy==1', 'scipy']);
  });
});

describe('comparing versions', () => {
  it('puts what differs first and says by how much', () => {
    const other: ModelCard = {
      ...card,
      declared: { ...card.declared, users: 'Nurses' },
      verified: {
        ...card.verified,
        params: { depth: '4', seed: '1' },
        metrics: [{ name: 'auc', value: 0.9, slice: 'age=young' }],
      },
    };
    const rows = compareVersions(card, other).filter(({ same }) => !same);
    expect(rows.map(({ section, key }) => `${section} ${key}`)).toEqual([
      'metrics auc on masses d1',
      'metrics auc where age=young',
      'params depth',
      'params seed',
      'card users',
    ]);
    expect(rows[1].difference).toBeCloseTo(-0.01);
  });

  it.each([
    [0.9, 0.9, true],
    [0.9, 0.9 + 5e-7, true],
    [0.9, 0.901, false],
    [0, 5e-10, true],
  ])('takes %d and %d for the same: %s', (a, b, equal) => {
    expect(matchMetrics({ auc: a }, { auc: b })[0].equal).toBe(equal);
  });

  it('says which metric the second run did not log', () => {
    expect(matchMetrics({ auc: 1 }, {})).toEqual([
      { metric: 'auc', original: 1, again: undefined, equal: false },
    ]);
  });
});
