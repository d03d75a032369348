import type {
  GateVerdict,
  PromotionState,
  Stage,
} from '@downstage/plugin-ml-registry-common';
import type { PromotionEvent } from './promotionStates';
import { isPromotable } from '../../versions/domain/stages';

/** Everything a decision looks at. */
export type PromotionSituation = {
  state: PromotionState;
  to: Stage;
  /** Where the version is now. */
  stage: Stage;
  gates: GateVerdict[];
  /** What is still missing, in words; absent when everybody approved who has to. */
  missingApprovals?: string;
  /** What changed of the subject of the approvals, in words. */
  changes: string[];
};

export type PromotionDecision = {
  event: PromotionEvent | 'wait';
  message: string;
};

/** The next step of a promotion that is not decided yet. Pure: the same situation gives the same step. */
export function decidePromotion(
  situation: PromotionSituation,
): PromotionDecision {
  const { state, to, stage, gates, missingApprovals, changes } = situation;
  if (state === 'requested') {
    return { event: 'check', message: 'Gates are being checked' };
  }
  if (state !== 'checking' && state !== 'waiting-for-approval') {
    return {
      event: 'wait',
      message: `Nothing to do: the promotion is ${state}`,
    };
  }
  if (!isPromotable(stage, to)) {
    return {
      event: 'block',
      message: `The version is in ${stage} now, and there is no promotion from ${stage} to ${to}`,
    };
  }
  if (state === 'checking') return decideGates(gates);
  if (changes.length) {
    return {
      event: 'lapse',
      message: `Approvals lapsed, gates are checked again: ${changes.join(
        '; ',
      )}`,
    };
  }
  if (missingApprovals) {
    return { event: 'wait', message: `Gates passed; ${missingApprovals}` };
  }
  return { event: 'apply', message: `Approved for ${to}` };
}

function decideGates(gates: GateVerdict[]): PromotionDecision {
  const failed = gates.filter(gate => gate.status === 'failed');
  if (failed.length) {
    return {
      event: 'block',
      message: `Blocked by ${failed.map(gate => gate.gate).join(', ')}: ${failed
        .map(gate => gate.message)
        .join('; ')}`,
    };
  }
  const pending = gates.filter(gate => gate.status === 'pending');
  if (pending.length) {
    return {
      event: 'wait',
      message: `Waiting for ${pending.map(gate => gate.gate).join(', ')}`,
    };
  }
  return { event: 'pass', message: 'All gates passed' };
}
