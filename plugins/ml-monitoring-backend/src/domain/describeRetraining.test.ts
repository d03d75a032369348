import { describeRetraining } from './describeRetraining';

const input = (before: string, newest?: string) => ({
  name: 'data',
  before,
  newest,
});
const preview = (
  inputs: ReturnType<typeof input>[],
  sameData: boolean,
  commit: string | undefined = 'abc',
) => ({ repeats: 'job1', commit, inputs, sameData });
const same = preview([input('default/masses@1', 'default/masses@1')], true);

describe('what a retraining is said to bring', () => {
  it.each([
    [
      'same data, same code',
      same,
      'abc',
      true,
      'Data: default/masses@1, same as before; code: the same commit. Retraining will give the same model.',
    ],
    [
      'same data, other code',
      same,
      'def',
      false,
      'Data: default/masses@1, same as before. The code has changed.',
    ],
    [
      'newer data',
      preview([input('default/masses@1', 'default/masses@2')], false),
      'abc',
      false,
      'Data: default/masses@2 instead of default/masses@1.',
    ],
    [
      'data nobody can compare',
      preview([input('default/masses@1')], false),
      'abc',
      false,
      '',
    ],
    [
      'no commit to compare',
      same,
      undefined,
      false,
      'Data: default/masses@1, same as before.',
    ],
  ])('%s', (_, given, commit, sameModel, message) => {
    expect(describeRetraining(given, { id: 'job2', commit })).toEqual({
      jobId: 'job2',
      sameModel,
      message,
    });
  });
});
