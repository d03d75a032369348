import type { Job, JobOutput } from '@downstage/plugin-ml-jobs-common';

/** What a job that succeeded says of outputs that it declared and that did not come. */
export function warnOfOutputs(outputs: readonly JobOutput[]): Job['warnings'] {
  return outputs.flatMap(({ name, kind, state, message }) => {
    const option = `outputs.${name}`;
    if (state === 'missing') {
      return [
        {
          option,
          message: `The job succeeded without this ${kind}, which it declares`,
        },
      ];
    }
    return state === 'unknown' && message ? [{ option, message }] : [];
  });
}
