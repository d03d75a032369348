import type { Parameters } from '@downstage/plugin-ml-jobs-common';
import type { ResolvedInput } from '@downstage/plugin-ml-jobs-node';

/** What the training code finds in its environment. `docs` and templates rely on every name here. */
export function jobVariables(job: {
  id: string;
  name: string;
  model?: string;
  parameters: Parameters;
  inputs: Record<string, ResolvedInput>;
  token: string;
  trackingUri: string;
}): Record<string, string> {
  const variables: Record<string, string> = {
    MLFLOW_TRACKING_URI: job.trackingUri,
    MLFLOW_TRACKING_TOKEN: job.token,
    MLFLOW_EXPERIMENT_NAME: job.model ? nameOfEntity(job.model) : job.name,
    DOWNSTAGE_JOB_ID: job.id,
    DOWNSTAGE_INPUTS: JSON.stringify(job.inputs),
  };
  if (job.model) variables.DOWNSTAGE_MODEL = nameOfEntity(job.model);
  for (const [name, input] of Object.entries(job.inputs)) {
    variables[`DOWNSTAGE_INPUT_${variableName(name)}`] = input.path;
  }
  for (const [name, value] of Object.entries(job.parameters)) {
    variables[`DOWNSTAGE_PARAM_${variableName(name)}`] = String(value);
  }
  return variables;
}

/** `max-depth` becomes `MAX_DEPTH`. */
export function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

function nameOfEntity(ref: string): string {
  return ref.slice(ref.indexOf('/') + 1);
}
