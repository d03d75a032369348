import { artifactPath } from '../kernel/artifactUri';
import { LeaveOut, type Importing } from './importing';
import { SourceError } from './MlflowSource';

const DEPTH_LIMIT = 40;

/** The stamp is there, and undefined, when something was lost: then the thing did not come over whole. */
type Copied = {
  files: number;
  bytes: number;
  reason?: string;
  stamp?: undefined;
};

/**
 * Copies every file below an address of the other server to a folder of ours. Files that are here with the same size
 * are not read again. So a copy that was cut off goes on where it stopped. Files that a version here uses stay as they
 * are, whatever the other server says of them now.
 */
export async function copyArtifacts(
  work: Importing,
  from: { uri: string; runId?: string },
  target: {
    folder: string;
    /** An earlier import brought all of it. */
    wasWhole: boolean;
  },
): Promise<Copied> {
  const proxied = from.uri.startsWith('mlflow-artifacts:');
  const { runId } = from;
  if (!proxied && !runId) {
    throw new LeaveOut(
      `Its files lie at ${from.uri}, which the other server does not hand out`,
    );
  }
  const root = artifactPath(from.uri);
  const { source, artifacts, artifactRows, models, record, clock } = work;
  const total: Copied = { files: 0, bytes: 0 };
  /** What a store has lost is said; the rest is worth having. */
  const unlessLost = async <T>(what: string, read: () => Promise<T>) => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof SourceError) || error.status !== 404) throw error;
      total.stamp = undefined;
      total.reason = `The ${what} is listed over there and cannot be read`;
      return undefined;
    }
  };
  const list = async (folder: string) => {
    if (proxied || !runId) {
      const path = folder ? `${root}/${folder}` : root;
      return source.list(path);
    }
    const files = await source.listOfRun(runId, folder);
    return files.map(file => ({
      ...file,
      path: folder ? file.path.slice(folder.length + 1) : file.path,
    }));
  };
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await unlessLost(`folder ${folder || root}`, () =>
      list(folder),
    );
    for (const entry of entries ?? []) {
      if (!isName(entry.path) || depth > DEPTH_LIMIT) {
        total.reason = `A file with the path '${folder}/${entry.path}' was left out: it is not a name`;
        continue;
      }
      const path = folder ? `${folder}/${entry.path}` : entry.path;
      if (entry.is_dir) {
        await walk(path, depth + 1);
        continue;
      }
      const place = `${target.folder}/${path}`;
      const [here] = await artifactRows.find([place]);
      if (here && here.size === entry.file_size) {
        total.files += 1;
        total.bytes += here.size;
        continue;
      }
      const version =
        here || target.wasWhole
          ? await models.findVersionAt(`mlflow-artifacts:/${place}`)
          : undefined;
      if (version) {
        total.reason = `The file ${path} has changed over there; here it stays as it is, because version ${version.version} of ${version.name} uses it`;
        continue;
      }
      const content = await unlessLost(`file ${path}`, () =>
        proxied || !runId
          ? source.file(`${root}/${path}`)
          : source.fileOfRun(runId, path),
      );
      if (!content) continue;
      const stored = await artifacts.put(place, content);
      await artifactRows.save({
        path: place,
        ...stored,
        createdAt: clock().getTime(),
        createdBy: record.createdBy,
      });
      total.files += 1;
      total.bytes += stored.size;
    }
  };
  await walk('', 0);
  return total;
}

function isName(name: string): boolean {
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !/[/\\\0]/.test(name) &&
    Buffer.byteLength(name) <= 255
  );
}
