import { ConflictError } from '@backstage/errors';

/** Stable codes of the refusals a program may want to react to. */
export const mlRegistryErrorCodes = {
  /** Gates failed, or production changed since they were checked. */
  promotionBlocked: 'ml-registry.promotion-blocked',
  /** The request does not fit the promotion's state. */
  promotionState: 'ml-registry.promotion-state',
  /** An unfinished promotion of the same version to the same stage exists. */
  promotionPending: 'ml-registry.promotion-pending',
  /** The stage table does not allow this step. */
  stageTransition: 'ml-registry.stage-transition',
  /** Nobody owns the model, so nobody can approve. */
  modelUnowned: 'ml-registry.model-unowned',
  /** Somebody owns the model already. */
  modelOwned: 'ml-registry.model-owned',
  /** A part of what trained the version is not on record. */
  notReproducible: 'ml-registry.not-reproducible',
  /** There is no earlier production version. */
  nothingToRollBackTo: 'ml-registry.nothing-to-roll-back-to',
} as const;
export type MlRegistryErrorCode =
  (typeof mlRegistryErrorCodes)[keyof typeof mlRegistryErrorCodes];

/** The request is understood and allowed, but not in the state things are in (409). */
export class RegistryConflictError extends ConflictError {
  readonly code: MlRegistryErrorCode;
  constructor(code: MlRegistryErrorCode, message: string, cause?: unknown) {
    super(message, cause);
    this.code = code;
  }
}
