import { InputError } from '@backstage/errors';
import { formatVersionRef, parseVersionRef } from '@downstage/common';
import type { DatasetInput } from '@downstage/plugin-ml-registry-common';

/** Says of a logged input which data-set version of the portal it is: `default/breast-masses@1`. */
export const DATASET_REF_TAG = 'downstage.ref';

/** Says of a run which data-set versions its job was given; written by the server alone. */
export const GIVEN_DATASETS_TAG = 'downstage.dataset';

/**
 * The data sets that `default/breast-masses@1,default/scans@2` is about, as `dataset:default/breast-masses`. What is no
 * ref is left out: a tag that somebody wrote by hand may be anything.
 */
export function datasetsNamedBy(refs: string): string[] {
  const named = refs.split(',').flatMap(text => {
    const ref = readRef(text.trim());
    return ref ? [`dataset:${ref.namespace}/${ref.name}`] : [];
  });
  return [...new Set(named)];
}

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
 * the ref; a version nobody logged is listed without a digest. The claims of an input stay marked as `declared`
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

/**
 * What an input declares with {@link DATASET_REF_TAG}, in the one spelling: `dataset:default/scans@1` becomes
 * `default/scans@1`.
 *
 * @throws InputError where it is no version of a data set: it would be taken, and guard nothing
 */
export function normalizeDatasetRef(text: string): string {
  const ref = readRef(text.trim());
  // A list or a second version would be read as part of the name.
  if (ref && !/[,@]/.test(ref.name)) return formatVersionRef(ref);
  throw new InputError(
    `The input tag ${DATASET_REF_TAG} is '${text.slice(
      0,
      200,
    )}', which is no version of a data set; allowed is namespace/name@version, as in default/breast-masses@1`,
  );
}

function readRef(text: string) {
  try {
    return text ? parseVersionRef(text.replace(/^dataset:/i, '')) : undefined;
  } catch {
    return undefined;
  }
}
