import type { JobAttempt } from '@downstage/plugin-ml-jobs-common';

/** How an attempt ended. */
export type AttemptEnd = {
  /** `lost`: it is gone without a result. */
  state: 'succeeded' | 'failed' | 'cancelled' | 'lost';
  reason: string;
  message: string;
};

type AfterAttempt = {
  to: 'succeeded' | 'failed' | 'cancelled' | 'queued';
  reason: string;
  message: string;
};

/** Trying again would give the same answer. A job that was over its memory needs it again: it has to ask for more. */
const final = new Set([
  'PythonMissing',
  'EnvironmentUnknown',
  'RequirementsMissing',
  'RequirementsRefused',
  'SourceMissing',
  'InputMissing',
  'OutOfMemory',
  'RuntimeUnable',
]);

/** Nobody has seen the place of the attempt for long. It may have done much: running it again is for jobs that allow it. */
export const placeLost = 'PlaceLost';

/** A machine that loses a process this often loses it again. */
const mostLosses = 3;

/**
 * What becomes of a job when an attempt has ended.
 *
 * @remarks
 * Failures of the code count against `retries`. A stop of the portal is nobody's failure and always gets a new attempt;
 * so does a lost process, three times. One whose place is gone needs a retry or a checkpoint.
 */
export function decideAfterAttempt(options: {
  end: AttemptEnd;
  /** The attempts before this one. */
  earlier: readonly Pick<JobAttempt, 'state' | 'reason'>[];
  retries: number;
  /** Another attempt goes on where this one was. */
  hasCheckpoint?: boolean;
}): AfterAttempt {
  const { end, earlier, retries, hasCheckpoint } = options;
  if (end.state === 'succeeded')
    return { to: 'succeeded', reason: end.reason, message: end.message };

  if (end.reason === 'PortalStopped') {
    return {
      to: 'queued',
      reason: 'PortalStopped',
      message: 'The portal was stopped; the job runs again',
    };
  }
  // No failure either: the job did what its class promises.
  if (end.reason === 'Preempted') {
    return {
      to: 'queued',
      reason: 'Preempted',
      message: `${end.message}; it runs again later`,
    };
  }
  if (end.state === 'cancelled')
    return { to: 'cancelled', reason: end.reason, message: end.message };

  const failures =
    1 +
    earlier.filter(
      ({ state, reason }) =>
        (state === 'failed' && reason !== 'PortalStopped') ||
        reason === placeLost,
    ).length;
  if (end.reason === placeLost && !hasCheckpoint && failures > retries) {
    return {
      ...{ to: 'failed', reason: placeLost },
      message: `${end.message}; it has no retries left, and no checkpoint to go on from`,
    };
  }
  if (end.state === 'lost') {
    const losses = 1 + earlier.filter(({ state }) => state === 'lost').length;
    return losses < mostLosses
      ? {
          to: 'queued',
          reason: end.reason,
          message: `${end.message}; trying again`,
        }
      : {
          to: 'failed',
          reason: end.reason,
          message: `${end.message}; this was the ${losses}rd time, giving up`,
        };
  }

  if (final.has(end.reason) || failures > retries) {
    return { to: 'failed', reason: end.reason, message: end.message };
  }
  return {
    to: 'queued',
    reason: end.reason,
    message: `${end.message}; trying again (${failures} of ${retries} retries)`,
  };
}
