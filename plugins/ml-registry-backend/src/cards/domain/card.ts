import {
  cardFieldNames,
  type CardMetric,
  type DeclaredCard,
} from '@downstage/plugin-ml-registry-common';

/**
 * Which fields of a card are filled, and which are missing.
 *
 * @param declared - what was saved for the version; `undefined` when nothing was
 */
export function cardCompleteness(declared: DeclaredCard | undefined): {
  filled: string[];
  missing: string[];
} {
  const isFilled = (field: (typeof cardFieldNames)[number]) =>
    Boolean(declared?.[field]?.trim());
  return {
    filled: cardFieldNames.filter(isFilled),
    missing: cardFieldNames.filter(field => !isFilled(field)),
  };
}

/** The declared card without fields that say nothing, so that an emptied one counts as missing. */
export function trimCard(declared: DeclaredCard): DeclaredCard {
  return Object.fromEntries(
    Object.entries(declared).filter(([, text]) => text?.trim()),
  );
}

/**
 * A metric whose name ends in `/<column>=<value>` speaks of that slice of the data: `val_auc/age=young` is `val_auc`
 * where age is young. Other slashes are part of the name.
 */
export function sliceOf(metric: string): { name: string; slice?: string } {
  const match = /^(.+)\/([^/=]+=[^/]+)$/.exec(metric);
  return match ? { name: match[1], slice: match[2] } : { name: metric };
}

/** Metrics of the run, and of the logged model with the data they were measured on; whole data first, then slices. */
export function cardMetrics(options: {
  metrics: Record<string, number>;
  measurements: {
    metric: string;
    value: number;
    dataset: { name: string; digest: string };
  }[];
}): CardMetric[] {
  const { metrics, measurements } = options;
  const measured = new Set(
    measurements.map(({ metric, value }) => `${metric} ${value}`),
  );
  return [
    ...measurements.map(({ metric, value, dataset }) => ({
      ...sliceOf(metric),
      value,
      dataset,
    })),
    ...Object.entries(metrics)
      .filter(([metric, value]) => !measured.has(`${metric} ${value}`))
      .map(([metric, value]) => ({ ...sliceOf(metric), value })),
  ].sort(
    (a, b) =>
      a.name.localeCompare(b.name) ||
      (a.slice ?? '').localeCompare(b.slice ?? ''),
  );
}

/** Lines of a pip requirements file that name a package or where one comes from; a continued line is one. */
export function readRequirements(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map(line => line.replace(/(^|\s)#.*$/, '').trim())
    .map(line => line.replace(/^(?:-e|--editable)[\s=]+/, ''))
    .filter(line => line && !line.startsWith('-'))
    .slice(0, 2_000);
}
