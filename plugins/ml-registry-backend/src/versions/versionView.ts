import type {
  GateVerdict,
  ModelVersion,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';
import { joinDatasets } from '../kernel/datasets';
import { modelRefOf, versionRefOf } from '../kernel/refs';
import { STAMPED } from '../kernel/tags';
import type { ModelFile } from './domain/signature';
import type { VersionFacts } from './stores/VersionQueries';
import type { ModelProfile } from '../owners/ModelProfiles';

export function summaryOf(version: VersionFacts): VersionSummary {
  return {
    ref: versionRefOf(version.name, version.version),
    version: version.version,
    stage: version.stage,
    metrics: version.run?.metrics ?? {},
    createdAt: version.createdAt,
    ...(version.runId && { runId: version.runId }),
    ...(version.breakGlass && { breakGlass: version.breakGlass }),
  };
}

export function datasetsOf(version: VersionFacts) {
  return joinDatasets(
    version.run?.datasets ?? [],
    version.run?.tags[STAMPED.dataset],
  );
}

export function commitOf({ run }: VersionFacts): string | undefined {
  return run?.tags[STAMPED.commit] ?? run?.tags['mlflow.source.git.commit'];
}

export function jobOf({ run }: VersionFacts): string | undefined {
  return run?.jobId ?? run?.tags[STAMPED.job];
}

export function toModelVersion(options: {
  version: VersionFacts;
  profile: ModelProfile;
  file: ModelFile;
  gates: GateVerdict[];
  gatesAt?: string;
}): ModelVersion {
  const { version, profile, file, gates } = options;
  const { run } = version;
  return {
    ref: versionRefOf(version.name, version.version),
    modelRef: modelRefOf(version.name),
    version: version.version,
    stage: version.stage,
    aliases: version.aliases,
    owner: profile.owner,
    description: version.description,
    tags: version.tags,
    status: version.status,
    source: version.source,
    artifactUri: version.storageLocation,
    runId: version.runId,
    experimentId: run?.experimentId,
    createdAt: version.createdAt,
    createdBy: version.createdBy ?? 'unknown',
    metrics: run?.metrics ?? {},
    params: run?.params ?? {},
    flavors: file.flavors,
    signature: file.signature,
    datasets: datasetsOf(version),
    features: profile.features,
    commit: commitOf(version),
    environment: run?.tags[STAMPED.environment],
    jobId: jobOf(version),
    gates,
    ...(options.gatesAt && { gatesAt: options.gatesAt }),
    ...(version.breakGlass && { breakGlass: version.breakGlass }),
  };
}
