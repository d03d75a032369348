/** MLflow keeps prompts as registered models with this tag; model lists leave them out. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

/** Who made the run; MLflow's own pages show it, and `search_runs` filters by it. */
export const USER_TAG = 'mlflow.user';

/** By this tag of MLflow a run names the run it is a child of. Clients write it, and may write a circle. */
export const PARENT_RUN = 'mlflow.parentRunId';

/** The key by which a trace names the run it was made in. */
export const SOURCE_RUN = 'mlflow.sourceRun';

/** Tags the server stamps on runs that a job's token made. */
export const STAMPED = {
  job: 'downstage.job',
  commit: 'downstage.commit',
  dataset: 'downstage.dataset',
  model: 'downstage.model',
  environment: 'downstage.environment',
  reproduces: 'downstage.reproduces',
} as const;
