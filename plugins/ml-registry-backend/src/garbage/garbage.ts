import { folderOf } from '../kernel/artifactUri';
import { versionRefOf } from '../kernel/refs';

/** Something that was deleted, with what would have to be deleted for good. */
export type GarbageCandidate = {
  kind: 'run' | 'logged-model' | 'experiment' | 'orphan';
  ref: string;
  name: string;
  experimentId: string;
  /** Its folder in the artifact store, when its files are kept there. */
  folder?: string;
};

/** A version of a registered model, or one that is deleted and still served. */
export type StandingVersion = {
  name: string;
  version: number;
  storageLocation: string;
  runId?: string;
  modelId?: string;
  aliases: string[];
  /** Why it counts although it is deleted. */
  heldBecause?: string;
};

/** Finds what a candidate is still needed for. */
export type Needs = (candidate: GarbageCandidate) => string | undefined;

/**
 * Says of a run, a logged model or a folder which version needs it: one that was made by it, or whose files lie in it.
 *
 * @remarks
 * A version needs its run even when its files lie elsewhere: metrics, params and lineage are shown from there.
 */
export function needsOf(versions: StandingVersion[]): Needs {
  const byRun = new Map<string, StandingVersion>();
  const byModel = new Map<string, StandingVersion>();
  const byFolder = new Map<string, StandingVersion>();
  for (const version of versions) {
    if (version.runId) byRun.set(version.runId, version);
    if (version.modelId) byModel.set(version.modelId, version);
    const folder = folderOf(version.storageLocation);
    if (folder) byFolder.set(folder, version);
  }
  return candidate => {
    const needing =
      (candidate.kind === 'run' && byRun.get(candidate.ref)) ||
      (candidate.kind === 'logged-model' && byModel.get(candidate.ref)) ||
      (candidate.folder && byFolder.get(candidate.folder));
    return needing ? reasonOf(needing) : undefined;
  };
}

function reasonOf(version: StandingVersion): string {
  const ref = versionRefOf(version.name, version.version);
  if (version.heldBecause) return `${ref}: ${version.heldBecause}`;
  const { aliases } = version;
  return aliases.length
    ? `${ref} uses it (${aliases.join(', ')})`
    : `${ref} uses it`;
}
