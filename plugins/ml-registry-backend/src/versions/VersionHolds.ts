import type { Database } from '../kernel/database/database';
import type { Holds } from '../tracking/Holds';
import type { GovernancePolicy } from './domain/policy';

/** The same for models and versions themselves, and for tags under policy. */
export interface VersionHolds extends Holds {
  readonly policy: GovernancePolicy;

  /**
   * Whether a model, or one version of it, may be deleted or renamed. Ask in the transaction that does it.
   *
   * @throws StageRefusedError which names what holds it
   */
  refuseWhileHeld(
    db: Database,
    key: { name: string; version?: number },
    what: string,
  ): Promise<void>;

  /** Tags under policy are part of what was approved. */
  refuseTag(
    db: Database,
    tag: { name: string; version?: number; key: string },
  ): Promise<void>;
}
