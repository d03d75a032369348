/** A version somebody needs: its model and its number. */
export type HeldVersion = {
  /** `model:credit/churn`, `credit/churn` or, in the namespace `default`, `churn`; letter for letter as registered. */
  model: string;
  version: number;
  /** For people: `endpoint default/churn serves it`. */
  reason: string;
};

/**
 * Says which versions are in use outside the registry, such as behind an endpoint.
 *
 * @remarks
 * Asked before anything is deleted for good, once for the preview and again when deleting. While a holder cannot
 * answer, it must throw: then nothing is deleted.
 */
export interface ArtifactHolder {
  name: string;
  heldVersions(): Promise<HeldVersion[]>;
}
