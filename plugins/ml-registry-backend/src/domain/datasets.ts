import { formatVersionRef, parseVersionRef } from '@downstage/common';
import type { DatasetInput } from '@downstage/plugin-ml-registry-common';

/** Says of a logged input which data-set version of the portal it is: `default/breast-masses@1`. */
export const DATASET_REF_TAG = 'downstage.ref';

/** An input as it was logged, with what its tags say of it. */
export function loggedDataset(
  dataset: { name: string; digest: string },
  tags: Record<string, string>,
): DatasetInput {
  const context = tags['mlflow.data.context'];
  const ref = readRef(tags[DATASET_REF_TAG] ?? '');
  return {
    name: dataset.name,
    digest: dataset.digest,
    ...(context && { context }),
    ...(ref && { ref: formatVersionRef(ref), declared: true }),
  };
}

/**
 * The data sets a run learned from: what the client logged, joined with the versions the job was given
 * (`default/breast-masses@1`, stamped by the server). A logged one that says it is such a version, or has its name, gets
 * the ref; a version nobody logged is listed without a digest. What an input says of itself stays marked as `declared`
 * unless the job was given it.
 */
export function joinDatasets(
  logged: DatasetInput[],
  stamped: string | undefined,
): DatasetInput[] {
  const versions = (stamped ?? '')
    .split(',')
    .map(text => text.trim())
    .flatMap(text => {
      // A tag somebody wrote by hand may be anything; it stays visible among the tags.
      const parsed = readRef(text);
      return parsed ? [{ ref: text, name: parsed.name }] : [];
    });
  const used = new Set<string>();
  const joined = logged.map(dataset => {
    const { declared, ...rest } = dataset;
    const version =
      versions.find(({ ref }) => ref === dataset.ref) ??
      versions.find(({ name }) => name === dataset.name);
    if (!version) return declared ? { ...rest, declared } : rest;
    used.add(version.ref);
    return { ...rest, ref: version.ref };
  });
  return [
    ...joined,
    ...versions
      .filter(({ ref }) => !used.has(ref))
      .map(({ name, ref }) => ({ name, digest: '', ref })),
  ];
}

function readRef(text: string) {
  try {
    return text ? parseVersionRef(text) : undefined;
  } catch {
    return undefined;
  }
}
