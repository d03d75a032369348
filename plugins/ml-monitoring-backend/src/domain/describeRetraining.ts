import type {
  Retrained,
  Retraining,
} from '@downstage/plugin-ml-monitoring-common';

/** Says of a submitted job whether it can make another model at all: with other data, or other code. */
export function describeRetraining(
  preview: Retraining,
  job: { id: string; commit?: string },
): Retrained {
  const data = preview.inputs.map(({ before }) => before).join(', ');
  const sameCode = Boolean(job.commit) && job.commit === preview.commit;
  if (preview.sameData && sameCode) {
    return {
      jobId: job.id,
      sameModel: true,
      message: `Data: ${data}, same as before; code: the same commit. Retraining will give the same model.`,
    };
  }
  const changed = preview.inputs
    .filter(({ before, newest }) => newest && newest !== before)
    .map(({ before, newest }) => `${newest} instead of ${before}`);
  const parts = [
    ...(changed.length ? [`Data: ${changed.join(', ')}.`] : []),
    ...(preview.sameData ? [`Data: ${data}, same as before.`] : []),
    ...(job.commit && preview.commit && !sameCode
      ? ['The code has changed.']
      : []),
  ];
  return { jobId: job.id, sameModel: false, message: parts.join(' ') };
}
