import type { JobIdentity } from '@downstage/node';

/** Knows tokens that may write runs and artifacts through the MLflow API. */
export interface TokenVerifier {
  /** The job that holds it, or `undefined` for a token that is not this verifier's or no longer valid. */
  verify(token: string): Promise<JobIdentity | undefined>;
}
