import type {
  ComparisonRow,
  MetricMatch,
  ModelCard,
} from '@downstage/plugin-ml-registry-common';
import { parseRequirement } from './requirement';

type Section = ComparisonRow['section'];

/** Two versions side by side: what differs first within each section, then by name. */
export function compareVersions(
  left: ModelCard,
  right: ModelCard,
): ComparisonRow[] {
  return [
    ...rowsOf('metrics', metricsOf(left), metricsOf(right)),
    ...rowsOf('params', left.verified.params, right.verified.params),
    ...rowsOf('signature', columnsOf(left), columnsOf(right)),
    ...rowsOf('datasets', datasetsOf(left), datasetsOf(right)),
    ...rowsOf('environment', environmentOf(left), environmentOf(right)),
    ...rowsOf('files', filesOf(left), filesOf(right)),
    ...rowsOf('card', declaredOf(left), declaredOf(right)),
  ];
}

function rowsOf(
  section: Section,
  left: Record<string, string | number | undefined>,
  right: Record<string, string | number | undefined>,
): ComparisonRow[] {
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys
    .sort()
    .map(key => {
      const [a, b] = [left[key], right[key]];
      return {
        section,
        key,
        ...(a !== undefined && { left: String(a) }),
        ...(b !== undefined && { right: String(b) }),
        same: a === b,
        ...(typeof a === 'number' &&
          typeof b === 'number' && { difference: b - a }),
      };
    })
    .sort((a, b) => Number(a.same) - Number(b.same));
}

/** What was saved; a proposal says nothing yet. */
function declaredOf({ declared, saved }: ModelCard) {
  return saved ? declared : {};
}

function metricsOf({ verified }: ModelCard): Record<string, number> {
  return Object.fromEntries(
    verified.metrics.map(({ name, slice, dataset, value }) => [
      [
        name,
        ...(slice ? [`where ${slice}`] : []),
        ...(dataset ? [`on ${dataset.name} ${dataset.digest}`] : []),
      ].join(' '),
      value,
    ]),
  );
}

function columnsOf({ verified }: ModelCard): Record<string, string> {
  const { inputs = [], outputs = [] } = verified.signature ?? {};
  return Object.fromEntries([
    ...inputs.map(({ name, type, required }) => [
      `input ${name}`,
      required === false ? `${type}, optional` : type,
    ]),
    ...outputs.map(({ name, type, shape }, index) => [
      `output ${name ?? index}`,
      shape ? `${type} [${shape.join(', ')}]` : type,
    ]),
  ]);
}

function datasetsOf({ verified }: ModelCard): Record<string, string> {
  return Object.fromEntries(
    verified.datasets.map(({ name, context, ref, digest }) => [
      context ? `${name} (${context})` : name,
      ref ? `${ref}, ${digest}` : digest,
    ]),
  );
}

function environmentOf({ verified }: ModelCard) {
  const { environment, lineage } = verified;
  const packages = environment.requirements.map(line => {
    const found = parseRequirement(line);
    if (!found) return [`package ${line}`, 'any version'];
    const { name, specifier, origin } = found;
    return [`package ${name}`, origin?.url ?? specifier ?? 'any version'];
  });
  return {
    ...(environment.python && { python: environment.python }),
    ...(environment.mlflow && { mlflow: environment.mlflow }),
    ...(environment.lock && { environment: environment.lock }),
    ...(lineage.commit && { commit: lineage.commit }),
    ...Object.fromEntries(packages),
  };
}

function filesOf({ verified }: ModelCard): Record<string, string> {
  return Object.fromEntries(
    verified.files.items.map(({ path, sha256, size }) => [
      path,
      sha256 ? `sha256:${sha256}` : `${size ?? 'unknown'} bytes, no checksum`,
    ]),
  );
}

/** How far apart two figures may be and still count as the same: either bound is enough. */
export const tolerance = { absolute: 1e-9, relative: 1e-6 };

/** Metric by metric, the original beside the one of the run that trained it again. */
export function matchMetrics(
  original: Record<string, number>,
  again: Record<string, number>,
  allowed = tolerance,
): MetricMatch[] {
  const names = [
    ...new Set([...Object.keys(original), ...Object.keys(again)]),
  ].sort();
  return names.map(metric => {
    const [a, b] = [original[metric], again[metric]];
    if (a === undefined || b === undefined) {
      return { metric, original: a, again: b, equal: false };
    }
    const difference = b - a;
    const bound = Math.max(
      allowed.absolute,
      allowed.relative * Math.max(Math.abs(a), Math.abs(b)),
    );
    return {
      metric,
      original: a,
      again: b,
      difference,
      equal: Math.abs(difference) <= bound,
    };
  });
}
