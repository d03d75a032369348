import {
  distinctLabels,
  MOST_REVISIONS,
  planLabels,
  type KnownLabel,
} from './planLabels';

const now = '2026-11-30T12:00:00.000Z';
const [early, later] = ['2026-11-29T10:00:00.000Z', '2026-11-29T11:00:00.000Z'];
const one = { requestId: 'r', row: 0 };
const known: KnownLabel[] = [
  {
    ...one,
    revision: 1,
    current: { revision: 1, label: 'b', at: later },
    sentBefore: [{ label: 'a', at: early }],
  },
];
const plan = (...sent: object[]) =>
  planLabels(
    sent.map(label => ({ ...one, label: '', ...label })),
    known,
    now,
  );

describe('planLabels', () => {
  it.each([
    ['added', { row: 1, label: 'a' }, ['added']],
    ['unchanged when it is sent again', { label: 'b' }, ['unchanged']],
    [
      'unchanged when an older batch is sent again',
      { label: 'a', at: early },
      ['unchanged'],
    ],
    [
      'a correction when it is another, later',
      { label: 'c', at: now },
      ['corrected'],
    ],
    ['a correction when it has no time', { label: 'a' }, ['corrected']],
    ['late when it is another, older', { label: 'c', at: early }, ['late']],
  ])('tells that a label is %s', (_, sent, names) => {
    const { receipt } = plan(sent);
    const found = Object.entries(receipt).filter(([, n]) => n > 0);
    expect(found.map(([name]) => name)).toEqual(['received', ...names]);
  });

  it('keeps what a correction takes the place of, with both times', () => {
    const { insert, supersede } = plan({ label: 'c' });
    expect(supersede).toEqual([{ ...one, revision: 1 }]);
    expect(insert).toEqual([
      { ...one, revision: 2, label: 'c', at: now, counts: true },
    ]);
  });

  it('refuses another revision of a prediction that has twenty', () => {
    const full = (revision: number) => [{ ...known[0], revision }];
    const sent = [{ ...one, label: 'c' }];
    expect(
      planLabels(sent, full(MOST_REVISIONS - 2), now).insert,
    ).toMatchObject([{ revision: 19 }]);
    expect(() => planLabels(sent, full(MOST_REVISIONS - 1), now)).toThrow(
      /^Prediction r\/0 has 20 labels, .*; 20 are allowed/,
    );
    const again = [{ ...one, label: 'b' }];
    expect(
      planLabels(again, full(MOST_REVISIONS - 1), now).receipt.unchanged,
    ).toBe(1);
  });
});

describe('distinctLabels', () => {
  it('takes the same label of a prediction twice as one', () => {
    const sent = [
      { ...one, label: 1, at: early },
      { ...one, row: 1, label: 2 },
      { ...one, label: 1, at: later },
    ];
    expect(distinctLabels(sent)).toEqual(sent.slice(0, 2));
  });

  it('refuses two different labels of one prediction, and names it', () => {
    const sent = ['a', 'b'].map(label => ({ ...one, label }));
    expect(() => distinctLabels(sent)).toThrow(
      'The batch has two different labels of prediction r/0; send one',
    );
  });
});
