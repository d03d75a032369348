import type { Stage } from '@downstage/plugin-ml-registry-common';
import type { Caller } from '@downstage/node';

/** A client asks for a stage, by `transition-stage` or by a protected alias. */
export type StageRequest = {
  caller: Caller;
  modelName: string;
  version: number;
  from: Stage;
  to: Stage;
  /** Names the way it was asked, for the message and the history. */
  via: 'stage' | 'alias';
  /** Client asked that other versions of the target stage be archived. */
  archiveExisting: boolean;
};

/**
 * What became of it. `applied`: the stage, aliases and history are written and
 * announced. `refused`: nothing changed except that a promotion may have been
 * opened, which the message names with its link; clients see a 409.
 */
export type StageDecision =
  | { outcome: 'applied' }
  | { outcome: 'refused'; message: string; promotionId?: string };

/**
 * The only way a stage changes. Called after the caller was authorised to
 * register (permission and ownership); gates and approvals are the policy's.
 */
export interface StagePolicy {
  transition(request: StageRequest): Promise<StageDecision>;
}
