import { InputError } from '@backstage/errors';
import type { Stage } from '@downstage/plugin-ml-registry-common';

const TO_MLFLOW: Record<Stage, string> = {
  none: 'None',
  staging: 'Staging',
  candidate: 'Candidate',
  production: 'Production',
  archived: 'Archived',
};

/** MLflow's word for a stage. Its server knows no Candidate; its client does not mind. */
export function toMlflowStage(stage: Stage): string {
  return TO_MLFLOW[stage];
}

/** Our stage for MLflow's word, in any case. */
export function fromMlflowStage(word: string): Stage {
  const wanted = word.toLowerCase();
  for (const [stage, name] of Object.entries(TO_MLFLOW)) {
    if (name.toLowerCase() === wanted && isStage(stage)) return stage;
  }
  throw new InputError(
    `Invalid Model Version stage: ${word}. Value must be one of ${Object.values(
      TO_MLFLOW,
    ).join(', ')}.`,
  );
}

function isStage(word: string): word is Stage {
  return Object.hasOwn(TO_MLFLOW, word);
}
