export const aRun = (
  runId: string,
  params: Record<string, string>,
  metrics: Record<string, number> = {},
) => ({ runId, name: runId, params, metrics });
