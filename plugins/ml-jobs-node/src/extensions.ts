import {
  createExtensionPoint,
  type BackstageCredentials,
} from '@backstage/backend-plugin-api';
import type { DataAccess } from '@downstage/node';
import type { OutputDeclaration } from '@downstage/plugin-ml-jobs-common';
import type { Readable } from 'node:stream';
import type { LogStore } from './logs';
import type { FoundInput, JobRuntime } from './runtime';

/** Where runtimes are installed. A job names its runtime; `mlJobs.runtime` is that of jobs which name none. */
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

/** Where the store of logs is installed. Without one, logs are files in the data folder. */
export interface MlJobsLogStoreExtensionPoint {
  /**
   * The portal hides secrets in what it reads from the store; the store need not know them.
   *
   * @throws Error when another module has set one
   */
  setLogStore(store: LogStore): void;
}

/** Where a module sets the store of the logs that the portal keeps. */
export const mlJobsLogStoreExtensionPoint =
  createExtensionPoint<MlJobsLogStoreExtensionPoint>({
    id: 'ml-jobs.log-store',
  });

/** Which file of a pinned input is read: one of its files, or one of its table. */
export type InputFileRequest = {
  /** The pinned version: `default/breast-masses@3`. */
  ref: string;
  /** The name that `resolve` gave. */
  file: string;
  of: 'files' | 'table';
};

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
  ): Promise<FoundInput | undefined>;
  /**
   * The bytes of one file, for jobs that run on other machines. Rights are checked again: the credentials are those of
   * the job.
   *
   * @returns `undefined` when the ref is not this resolver's
   * @throws NotFoundError when the version has no such file, NotAllowedError when the job may not read it
   */
  open(
    request: InputFileRequest,
    options: { credentials: BackstageCredentials; signal: AbortSignal },
  ): Promise<Readable | undefined>;
}

/** Where input resolvers are installed. They are asked in order; the first answer counts. */
export interface MlJobsInputsExtensionPoint {
  addResolver(resolver: InputResolver): void;
}

export const mlJobsInputsExtensionPoint =
  createExtensionPoint<MlJobsInputsExtensionPoint>({ id: 'ml-jobs.inputs' });

/** What a job has done, for lookups of its outputs. */
export type EndedJob = {
  id: string;
  /** When it first ran. */
  startedAt?: string;
};

/** What a lookup found of an output. */
export type FoundOutput = {
  /** The pinned version or file; left out where nothing came. */
  ref?: string;
  /** Without `ref`: why not all was looked through, so that nobody takes the output for missing. */
  message?: string;
};

/** Looks for what a job declared as an output. */
export interface OutputLookup {
  /**
   * @param output - the declaration; of a model always with its name
   * @param options - the signal ends the look: the job does not wait for an answer after it
   * @returns what came, an object without `ref` when nothing came, or `undefined` when the output is not this lookup's
   */
  find(
    output: OutputDeclaration,
    options: {
      job: EndedJob;
      credentials: BackstageCredentials;
      signal: AbortSignal;
    },
  ): Promise<FoundOutput | undefined>;
}

/** Where lookups of outputs are installed. They are asked in order when a job ends; the first answer counts. */
export interface MlJobsOutputsExtensionPoint {
  addLookup(lookup: OutputLookup): void;
}

export const mlJobsOutputsExtensionPoint =
  createExtensionPoint<MlJobsOutputsExtensionPoint>({ id: 'ml-jobs.outputs' });

/** Where the one who decides about data is installed. Without it, only the owner of a job reads what its data show. */
export interface MlJobsDataAccessExtensionPoint {
  setDataAccess(access: DataAccess): void;
}

export const mlJobsDataAccessExtensionPoint =
  createExtensionPoint<MlJobsDataAccessExtensionPoint>({
    id: 'ml-jobs.data-access',
  });
