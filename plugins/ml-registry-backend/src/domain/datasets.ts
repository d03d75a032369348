import { parseVersionRef } from '@downstage/common';
import type { DatasetInput } from '@downstage/plugin-ml-registry-common';

/**
 * The data sets a run learned from: what the client logged, joined with the versions the job was given
 * (`default/breast-masses@1`, stamped by the server). A logged one of the same name gets the ref; a version nobody
 * logged is listed without a digest.
 */
export function joinDatasets(
  logged: DatasetInput[],
  stamped: string | undefined,
): DatasetInput[] {
  const versions = (stamped ?? '')
    .split(',')
    .map(text => text.trim())
    .flatMap(text => {
      try {
        return text ? [{ ref: text, name: parseVersionRef(text).name }] : [];
      } catch {
        // A tag somebody wrote by hand; it stays visible among the tags.
        return [];
      }
    });
  const used = new Set<string>();
  const joined = logged.map(dataset => {
    const version = versions.find(({ name }) => name === dataset.name);
    if (!version) return dataset;
    used.add(version.ref);
    return { ...dataset, ref: version.ref };
  });
  return [
    ...joined,
    ...versions
      .filter(({ ref }) => !used.has(ref))
      .map(({ name, ref }) => ({ name, digest: '', ref })),
  ];
}
