import { joinDatasets, loggedDataset } from './datasets';

const drift = { name: 'drift', digest: 'd1' };

describe('the data sets of a run', () => {
  it('reads the version that an input says it is, and marks it as said (folder 30)', () => {
    const logged = loggedDataset(drift, {
      'mlflow.data.context': 'training',
      'downstage.ref': 'drift@1',
    });
    expect(joinDatasets([logged], undefined)).toEqual([
      {
        ...drift,
        context: 'training',
        ref: 'default/drift@1',
        declared: true,
      },
    ]);
  });

  it('takes the word of the job over that of the input', () => {
    const logged = loggedDataset(drift, { 'downstage.ref': 'default/drift@2' });
    expect(joinDatasets([logged], 'default/drift@1')).toEqual([
      { ...drift, ref: 'default/drift@1' },
    ]);
  });

  it('finds the input of a job by its ref, whatever it was logged as', () => {
    const logged = loggedDataset(
      { name: 'frame', digest: 'd2' },
      { 'downstage.ref': 'default/drift@1' },
    );
    expect(joinDatasets([logged], 'default/drift@1')).toEqual([
      { name: 'frame', digest: 'd2', ref: 'default/drift@1' },
    ]);
  });

  it('leaves a tag that is no version alone', () => {
    const logged = loggedDataset(drift, { 'downstage.ref': 'last week' });
    expect(joinDatasets([logged], 'x, y@1')).toEqual([
      drift,
      { name: 'y', digest: '', ref: 'y@1' },
    ]);
  });
});
