/** Knows what must stay because something was decided on it. Governance implements it. */
export interface Holds {
  /**
   * Whether a run, a logged model or an experiment may be deleted.
   *
   * @throws StageRefusedError which names the version that uses it
   */
  refuseWhileReferenced(
    what: { runId: string } | { modelId: string } | { experimentId: string },
    verb: string,
  ): Promise<void>;
}
