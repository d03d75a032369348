import { randomBytes } from 'node:crypto';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { LoggedModelService } from '../tracking/LoggedModelService';
import type { RunService } from '../tracking/RunService';
import type { TrackingDeps } from '../tracking/trackingDeps';
import type { ArtifactRowStore } from './ArtifactRowStore';
import { ArtifactService } from './ArtifactService';
import type { FrozenFiles } from './FrozenFiles';
import { SignedPaths } from './SignedPaths';
import { UploadService } from './UploadService';
import { UploadStore } from './UploadStore';

/** Files of runs and logged models, put together. */
export function createArtifacts(options: {
  deps: TrackingDeps;
  runs: RunService;
  loggedModels: LoggedModelService;
  store: ArtifactStore;
  rows: ArtifactRowStore;
  frozen: FrozenFiles;
  /** Where clients reach this plugin, and the key of addresses that are signed for them. */
  ownUrls?: { baseUrl: () => Promise<string>; key: Buffer };
  /** Told when an upload is due for its next step. */
  onUploadDue?: () => void;
}) {
  const { deps, ownUrls, store, rows } = options;
  const artifacts = new ArtifactService({
    ...deps,
    store,
    rows,
    frozen: options.frozen,
    runService: options.runs,
    loggedModelService: options.loggedModels,
  });
  const uploads = new UploadService({
    ...deps,
    store,
    rows,
    artifacts,
    uploads: new UploadStore(deps.knex),
    urls: {
      baseUrl: ownUrls?.baseUrl ?? (async () => ''),
      signed: new SignedPaths({
        key: ownUrls?.key ?? randomBytes(32),
        clock: deps.clock,
      }),
    },
    onDue: options.onUploadDue ?? (() => {}),
  });
  return { artifacts, uploads };
}
