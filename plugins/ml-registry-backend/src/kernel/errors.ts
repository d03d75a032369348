import { ConflictError } from '@backstage/errors';

/** A name or a key somebody else already has; MLflow clients see RESOURCE_ALREADY_EXISTS. */
export class AlreadyExistsError extends ConflictError {
  readonly code = 'ml-registry.already-exists';
}

/** A stage, or something a stage protects, was refused; MLflow clients see INVALID_STATE_TRANSITION. */
export class StageRefusedError extends ConflictError {
  readonly code = 'ml-registry.stage-refused';
}

/** A file that a registered version uses; MLflow clients see RESOURCE_CONFLICT. */
export class ArtifactFrozenError extends ConflictError {
  readonly code = 'ml-registry.artifact-frozen';
}
