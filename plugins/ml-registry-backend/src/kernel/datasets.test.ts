import {
  datasetsNamedBy,
  joinDatasets,
  loggedDataset,
  normalizeDatasetRef,
} from './datasets';

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

describe('what an input declares', () => {
  it.each([
    ['default/patients@1', 'default/patients@1'],
    ['dataset:default/patients@1', 'default/patients@1'],
    ['Dataset:default/patients@1', 'default/patients@1'],
    [' patients@12 ', 'default/patients@12'],
    ['credit/loans@3', 'credit/loans@3'],
  ])('is taken in the one spelling: %p', (text, ref) => {
    expect(normalizeDatasetRef(text)).toBe(ref);
    expect(datasetsNamedBy(text)).toEqual([`dataset:${ref.split('@')[0]}`]);
  });

  it.each([
    'default/patients',
    'default/patients@latest',
    'default/patients@v1',
    'dataset:default/patients',
    'model:default/patients@1',
    'dataset:dataset:default/patients@1',
    'default/patients@1,default/loans@1',
    'a@1,b@2',
    'patients@1@2',
    'last week',
    '{"a":1}',
    '',
  ])('is refused where it is no version: %p', text => {
    expect(() => normalizeDatasetRef(text)).toThrow(
      `The input tag downstage.ref is '${text}', which is no version of a data set; allowed is namespace/name@version, as in default/breast-masses@1`,
    );
  });
});

describe('joinDatasets', () => {
  const logged = [{ name: 'masses', digest: 'abc', context: 'training' }];

  it('gives a logged data set the version the job read', () => {
    expect(joinDatasets(logged, 'default/masses@3')).toEqual([
      { ...logged[0], ref: 'default/masses@3' },
    ]);
  });

  it('lists a version nobody logged, and ignores what is not a version', () => {
    expect(joinDatasets([], 'default/other@1, nonsense')).toEqual([
      { name: 'other', digest: '', ref: 'default/other@1' },
    ]);
  });
});
