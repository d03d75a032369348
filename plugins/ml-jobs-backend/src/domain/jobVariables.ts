import { parseEntityRef } from '@backstage/catalog-model';
import { mlflowNameOf, shownNameOf } from '@downstage/common';
import type { Parameters } from '@downstage/plugin-ml-jobs-common';
import {
  inputVariables,
  variableName,
  type DescribedInputs,
} from '@downstage/plugin-ml-jobs-node';

/** What the training code finds in its environment. `docs` and templates rely on every name here. */
export function jobVariables(job: {
  id: string;
  name: string;
  model?: string;
  parameters: Parameters;
  inputs: DescribedInputs;
  token: string;
  trackingUri: string;
}): Record<string, string> {
  const variables: Record<string, string> = {
    MLFLOW_TRACKING_URI: job.trackingUri,
    MLFLOW_TRACKING_TOKEN: job.token,
    MLFLOW_EXPERIMENT_NAME: job.model
      ? // Experiments may have slashes.
        shownNameOf(parseEntityRef(job.model))
      : job.name,
    DOWNSTAGE_JOB_ID: job.id,
    ...inputVariables(job.inputs),
  };
  if (job.model) {
    variables.DOWNSTAGE_MODEL = mlflowNameOf(parseEntityRef(job.model));
  }
  for (const [name, value] of Object.entries(job.parameters)) {
    variables[`DOWNSTAGE_PARAM_${variableName(name)}`] = String(value);
  }
  return variables;
}
