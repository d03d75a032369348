import {
  cardFieldNames,
  type CardField,
  type ModelCard,
} from '@downstage/plugin-ml-registry-common';
import { stringify } from 'yaml';

const titles: Record<CardField, string> = {
  overview: 'Overview',
  intendedUse: 'Intended use',
  outOfScopeUse: 'Out-of-scope use',
  users: 'Users',
  limitations: 'Limitations',
  ethicalConsiderations: 'Ethical considerations',
  tradeoffs: 'Trade-offs',
  licence: 'Licence',
  contacts: 'Contacts',
  references: 'References',
};

/** Libraries as Hugging Face calls them, by MLflow's flavours. */
const libraries: Record<string, string> = {
  sklearn: 'sklearn',
  onnx: 'onnx',
  pytorch: 'pytorch',
  tensorflow: 'tf-keras',
  keras: 'keras',
  transformers: 'transformers',
  spacy: 'spacy',
};

/** The card as Hugging Face reads it: a YAML head with `model-index`, then Markdown. */
export function toCardMarkdown(card: ModelCard): string {
  const head = stringify(headOf(card), { lineWidth: 0 });
  const parts = [`---\n${head}---`, `# ${card.ref}`];
  const { declared, verified } = card;
  const { overview, ...fields } = declared;
  if (overview) parts.push(overview);
  parts.push(
    '## Declared',
    'Written by people. Nobody has checked it but the approvers.',
  );
  for (const field of cardFieldNames) {
    const text = field === 'overview' ? undefined : fields[field];
    if (text) parts.push(`### ${titles[field]}`, text);
  }
  if (declared.body) parts.push(declared.body);
  parts.push('## Verified', 'Computed or recorded by the registry.');
  if (verified.metrics.length) {
    parts.push(
      '### Metrics',
      table(
        ['Metric', 'Slice', 'Data set', 'Value'],
        verified.metrics.map(({ name, slice, dataset, value }) => [
          name,
          slice ?? '',
          dataset ? `${dataset.name} (${dataset.digest})` : '',
          String(value),
        ]),
      ),
    );
  }
  if (verified.datasets.length) {
    parts.push(
      '### Data sets',
      table(
        ['Name', 'Version', 'Digest', 'Used for'],
        verified.datasets.map(({ name, ref, digest, context }) => [
          name,
          ref ?? '',
          digest,
          context ?? '',
        ]),
      ),
    );
  }
  parts.push(
    '### Files',
    table(
      ['Path', 'SHA-256'],
      verified.files.items.map(({ path, sha256 }) => [
        path,
        sha256 ?? 'not recorded',
      ]),
    ),
  );
  const { lineage, environment } = verified;
  const facts: [string, string | undefined][] = [
    ['Run', lineage.runId],
    ['Job', lineage.jobId],
    ['Commit', lineage.commit],
    ['Features', lineage.features.join(', ')],
    ['Python', environment.python],
    ['MLflow', environment.mlflow],
    ['Environment', environment.lock],
    ['Made by', lineage.createdBy],
    ['Made at', lineage.createdAt],
  ];
  parts.push(
    '### Lineage and environment',
    facts
      .filter(([, value]) => value)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
  );
  if (environment.requirements.length) {
    parts.push(`\`\`\`text\n${environment.requirements.join('\n')}\n\`\`\``);
  }
  return `${parts.join('\n\n')}\n`;
}

function headOf({ declared, verified, name, version, stage }: ModelCard) {
  const { flavors, metrics, datasets } = verified;
  const flavor = flavors.find(one => libraries[one] !== undefined);
  const data = datasets.at(-1);
  return {
    model_name: name,
    ...(declared.licence && { license: declared.licence.toLowerCase() }),
    ...(flavor && { library_name: libraries[flavor] }),
    tags: [`version:${version}`, `stage:${stage}`, ...flavors],
    ...(datasets.length && {
      datasets: [...new Set(datasets.map(one => one.name))],
    }),
    ...(metrics.length && {
      metrics: [...new Set(metrics.map(metric => metric.name))],
      'model-index': [
        {
          name: `${name}@${version}`,
          results: [
            {
              task: { type: 'other' },
              dataset: {
                name: data?.name ?? 'unknown',
                type: data?.ref ?? data?.name ?? 'unknown',
              },
              metrics: metrics.map(metric => ({
                type: metric.name,
                name: metric.slice
                  ? `${metric.name} (${metric.slice})`
                  : metric.name,
                value: metric.value,
                verified: true,
              })),
            },
          ],
        },
      ],
    }),
  };
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells
      .map(cell =>
        cell.replace(/[\\|]/g, match => `\\${match}`).replace(/\s+/g, ' '),
      )
      .join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join(
    '\n',
  );
}
