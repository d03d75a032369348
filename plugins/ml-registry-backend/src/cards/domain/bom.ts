import type {
  DeclaredCard,
  ModelCard,
  VerifiedCard,
} from '@downstage/plugin-ml-registry-common';
import { parseRequirement, type Requirement } from './requirement';

/**
 * The card as a CycloneDX 1.6 ML-BOM: the model with its card, its files and packages as components, its data sets.
 *
 * @param options.serial - a UUID of this document
 * @param options.now - when it was made, ISO
 */
export function toBom(
  card: ModelCard,
  options: { serial: string; now: string },
) {
  const { verified, declared, name, version, ref } = card;
  const datasets = verified.datasets.map((dataset, index) => ({
    type: 'data',
    'bom-ref': `data:${index}`,
    name: dataset.name,
    ...(dataset.ref && { version: dataset.ref.split('@').at(-1) }),
    description: `Digest ${dataset.digest}`,
    data: [
      {
        type: 'dataset',
        name: dataset.name,
        ...(dataset.context && { description: `Used for ${dataset.context}` }),
      },
    ],
  }));
  const files = verified.files.items.map(({ path, sha256 }) => ({
    type: 'file',
    'bom-ref': `file:${path}`,
    name: path,
    ...(sha256 && { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
  }));
  const packages = uniqueBy(
    verified.environment.requirements.flatMap(packageOf),
    component => component['bom-ref'],
  );
  const components = [...datasets, ...files, ...packages];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${options.serial}`,
    version: 1,
    metadata: {
      timestamp: options.now,
      component: {
        type: 'machine-learning-model',
        'bom-ref': ref,
        name,
        version: String(version),
        ...(declared.overview && { description: declared.overview }),
        ...(card.owner && { group: card.owner }),
        ...(declared.licence && {
          licenses: [{ license: { name: declared.licence } }],
        }),
        modelCard: {
          modelParameters: {
            datasets: datasets.map(data => ({ ref: data['bom-ref'] })),
            ...columnsOf(verified),
          },
          quantitativeAnalysis: {
            performanceMetrics: verified.metrics.map(metric => ({
              type: metric.name,
              value: String(metric.value),
              ...(metric.slice && { slice: metric.slice }),
            })),
          },
          considerations: considerationsOf(declared),
        },
        properties: propertiesOf(card),
      },
    },
    components,
    dependencies: [
      { ref, dependsOn: components.map(component => component['bom-ref']) },
    ],
  };
}

function columnsOf({ signature }: VerifiedCard) {
  if (!signature) return {};
  const format = (column: { name?: string; type: string }) => ({
    format: column.name ? `${column.name}: ${column.type}` : column.type,
  });
  return {
    inputs: signature.inputs.map(format),
    outputs: signature.outputs.map(format),
  };
}

function considerationsOf(declared: DeclaredCard) {
  const { users, intendedUse, limitations, tradeoffs } = declared;
  const { ethicalConsiderations, outOfScopeUse } = declared;
  return {
    ...(users && { users: [users] }),
    ...(intendedUse && { useCases: [intendedUse] }),
    ...((limitations || outOfScopeUse) && {
      technicalLimitations: [
        ...(limitations ? [limitations] : []),
        ...(outOfScopeUse ? [`Out of scope: ${outOfScopeUse}`] : []),
      ],
    }),
    ...(tradeoffs && { performanceTradeoffs: [tradeoffs] }),
    ...(ethicalConsiderations && {
      ethicalConsiderations: [{ name: ethicalConsiderations }],
    }),
  };
}

function propertiesOf({ verified, stage }: ModelCard) {
  const { lineage, environment, files } = verified;
  const facts: [string, string | undefined][] = [
    ['stage', stage],
    ['files-digest', files.digest],
    ['run', lineage.runId],
    ['job', lineage.jobId],
    ['commit', lineage.commit],
    ['features', lineage.features.join(', ') || undefined],
    ['created-by', lineage.createdBy],
    ['created-at', lineage.createdAt],
    ['python', environment.python],
    ['environment', environment.lock],
  ];
  return facts.flatMap(([name, value]) =>
    value ? [{ name: `downstage:${name}`, value }] : [],
  );
}

/**
 * A package of the index has its address there. One from elsewhere has its origin instead: under its name the index may
 * have somebody else's package. A line whose package cannot be told has no component.
 */
function packageOf(line: string) {
  const requirement = parseRequirement(line);
  if (!requirement) return [];
  const { name, version, origin } = requirement;
  const purl = purlOf(requirement);
  return [
    {
      type: 'library',
      'bom-ref': purl,
      name,
      ...(version && { version }),
      purl,
      ...(origin?.sha256 && {
        hashes: [{ alg: 'SHA-256', content: origin.sha256 }],
      }),
      ...(origin && {
        externalReferences: [
          {
            type: origin.kind === 'vcs' ? 'vcs' : 'distribution',
            url: origin.url,
          },
        ],
      }),
    },
  ];
}

function purlOf({ name, version, origin }: Requirement): string {
  const of = `${name}${version ? `@${encodeURIComponent(version)}` : ''}`;
  if (!origin) return `pkg:pypi/${of}`;
  const qualifier = { vcs: 'vcs_url', url: 'download_url', path: 'file_name' };
  return `pkg:generic/${of}?${qualifier[origin.kind]}=${encodeURIComponent(
    origin.url,
  )}`;
}

function uniqueBy<T>(items: T[], key: (item: T) => string): T[] {
  return [...new Map(items.map(item => [key(item), item])).values()];
}
