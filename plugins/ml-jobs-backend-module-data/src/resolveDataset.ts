import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { parseVersionRef } from '@downstage/common';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { FoundInput, InputFile } from '@downstage/plugin-ml-jobs-node';

const entityRef = /^dataset:(?:([a-zA-Z0-9._-]+)\/)?([a-zA-Z0-9._-]+)$/i;
const versionRef =
  /^(?:dataset:)?((?:[a-zA-Z0-9._-]+\/)?[a-zA-Z0-9._-]+@\d+)$/i;

/** What a ref asks for, or `undefined` when it is no ref of a dataset. */
export function parseDatasetInput(ref: string) {
  const versioned = versionRef.exec(ref);
  if (versioned) {
    const { namespace, name, version } = parseVersionRef(versioned[1]);
    return { namespace, name, version: String(version) };
  }
  const latest = entityRef.exec(ref);
  if (!latest) return undefined;
  return {
    namespace: latest[1] ?? 'default',
    name: latest[2],
    version: 'latest',
  };
}

/** One path, as programs take it: the file, or the folder of several. */
function tableOf({ folder, files }: { folder: string; files: string[] }) {
  return files.length === 1 ? files[0] : folder;
}

function toFile({ name, size, sha256 }: InputFile): InputFile {
  return { name, size, sha256 };
}

/**
 * Pins a dataset to a version and hands out its verified files. Nothing is registered: a dataset without a version
 * is an error that says so.
 */
export async function resolveDataset(
  ref: string,
  options: { data: MlDataService; credentials: BackstageCredentials },
): Promise<FoundInput | undefined> {
  const params = parseDatasetInput(ref);
  if (!params) return undefined;
  const { data, credentials } = options;
  const found = await data.resolveDatasetVersion({ params }, { credentials });
  return {
    ref: found.ref,
    path: found.path,
    // One file is known by its own hash, so that a job can check it; a folder by the digest over all of them.
    sha256:
      found.files.length === 1
        ? found.files[0].sha256
        : found.digest.replace(/^sha256:/, ''),
    format: found.format,
    files: found.addresses.files.map(toFile),
    ...(found.addresses.table && {
      tableFiles: found.addresses.table.map(toFile),
    }),
    ...(found.table && { table: tableOf(found.table) }),
    ...(found.dialect && { dialect: found.dialect }),
  };
}
