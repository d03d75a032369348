/** How good each outcome of training a version again is. */
export const outcomeTones = {
  waiting: 'neutral',
  running: 'running',
  failed: 'error',
  equal: 'ok',
  different: 'warning',
} as const;
