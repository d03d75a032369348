import {
  createExtensionPoint,
  type BackstageCredentials,
} from '@backstage/backend-plugin-api';
import type { JobRuntime, ResolvedInput } from './runtime';

/** Where runtimes are installed; `mlJobs.runtime` picks one by id when there are several. */
export interface MlJobsRuntimesExtensionPoint {
  addRuntime(runtime: JobRuntime): void;
}

/**
 * @example
 * ```ts
 * env.registerInit({
 *   deps: { runtimes: mlJobsRuntimesExtensionPoint },
 *   async init({ runtimes }) { runtimes.addRuntime(new KubernetesRuntime()); },
 * });
 * ```
 */
export const mlJobsRuntimesExtensionPoint =
  createExtensionPoint<MlJobsRuntimesExtensionPoint>({
    id: 'ml-jobs.runtimes',
  });

/** Turns what a job declares as an input into files. */
export interface InputResolver {
  /**
   * @param ref - `dataset:default/breast-masses` for the newest version, or `default/breast-masses@3`
   * @returns the pinned version with its files, or `undefined` when the ref is not this resolver's
   * @throws NotFoundError when there is no such data set or version
   */
  resolve(
    ref: string,
    options: { credentials: BackstageCredentials },
  ): Promise<ResolvedInput | undefined>;
}

/** Where input resolvers are installed. They are asked in order; the first answer counts. */
export interface MlJobsInputsExtensionPoint {
  addResolver(resolver: InputResolver): void;
}

export const mlJobsInputsExtensionPoint =
  createExtensionPoint<MlJobsInputsExtensionPoint>({ id: 'ml-jobs.inputs' });

/** Who may read the data behind a job: what came out of it may quote the data. */
export interface DataAccess {
  /**
   * The data sets among these that the caller may not read, each with the reason; empty when all may be read.
   *
   * @param refs - data sets as jobs name them: `dataset:default/breast-masses`, `default/breast-masses@3`
   */
  refusals(
    refs: string[],
    options: { credentials: BackstageCredentials },
  ): Promise<{ ref: string; message: string }[]>;
}

/** Where the one who decides about data is installed. Without it, only the owner of a job reads what its data show. */
export interface MlJobsDataAccessExtensionPoint {
  setDataAccess(access: DataAccess): void;
}

export const mlJobsDataAccessExtensionPoint =
  createExtensionPoint<MlJobsDataAccessExtensionPoint>({
    id: 'ml-jobs.data-access',
  });
