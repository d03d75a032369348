import {
  jobStateSchema,
  timelineStates,
  type TimelineState,
} from '@downstage/plugin-ml-jobs-common';
import fc from 'fast-check';
import {
  assertMove,
  attemptStates,
  formatMover,
  isOver,
  isWaiting,
  waitingStates,
  type Mover,
} from './jobStates';

const movers: Mover[] = [
  { kind: 'person', actor: 'user:default/ann' },
  { kind: 'portal' },
  { kind: 'queue', name: 'default' },
  { kind: 'runtime', id: 'local-process' },
];
const [ann, portal, queue, runtime] = movers;

const isAllowed = (from: TimelineState, to: TimelineState, by: Mover) => {
  try {
    assertMove(from, to, by);
    return true;
  } catch {
    return false;
  }
};
const nextOf = (from: TimelineState) =>
  timelineStates.filter(to => movers.some(by => isAllowed(from, to, by)));

describe('the states of a job', () => {
  it.each<[TimelineState, TimelineState[]]>([
    ['submitted', ['queued']],
    ['queued', ['held', 'blocked', 'admitted', 'preparing', 'cancelled']],
    ['held', ['queued', 'cancelled']],
    ['blocked', ['queued', 'held', 'cancelled']],
    ['admitted', ['preparing']],
    [
      'preparing',
      [
        ...(['queued', 'running', 'preempted', 'lost'] as const),
        ...(['succeeded', 'failed', 'cancelled'] as const),
      ],
    ],
    [
      'running',
      [
        ...(['queued', 'preempted', 'lost'] as const),
        ...(['succeeded', 'failed', 'cancelled'] as const),
      ],
    ],
    [
      'preempted',
      [
        ...(['queued', 'preparing', 'running', 'lost'] as const),
        ...(['succeeded', 'failed', 'cancelled'] as const),
      ],
    ],
    ['lost', ['queued', 'failed']],
    ['succeeded', []],
    ['failed', []],
    ['cancelled', []],
  ])('lets a job that is %s become %p, and nothing else', (from, to) => {
    expect(nextOf(from).sort()).toEqual([...to].sort());
  });

  it('says what is allowed when a change is not', () => {
    expect(() => assertMove('held', 'running', portal)).toThrow(
      'A job that is held cannot become running; allowed: queued, cancelled',
    );
    expect(() => assertMove('succeeded', 'queued', portal)).toThrow(
      'allowed: nothing',
    );
    expect(() => assertMove('held', 'queued', queue)).toThrow(
      'A job that is held is not made queued by a queue; allowed: person',
    );
  });

  it('leaves it to people to hold, to queues to block and to runtimes to say that it runs', () => {
    const allowedTo = (from: TimelineState, to: TimelineState) =>
      movers.filter(by => isAllowed(from, to, by));
    expect(allowedTo('queued', 'held')).toEqual([ann]);
    expect(allowedTo('queued', 'blocked')).toEqual([queue]);
    expect(allowedTo('preparing', 'running')).toEqual([runtime]);
  });

  it('lets no sequence of moves leave the table, or stop where a job does not rest', () => {
    const walk = (choices: readonly number[]): TimelineState => {
      let state: TimelineState = 'submitted';
      for (const choice of choices) {
        const next = nextOf(state);
        if (!next.length) return state;
        state = next[choice % next.length];
      }
      return state;
    };
    const sequences = fc.array(fc.nat(), { maxLength: 40 });
    fc.assert(
      fc.property(sequences, choices => {
        const state = walk(choices);
        expect(timelineStates).toContain(state);
        const resting = jobStateSchema.safeParse(state);
        const isEnd = resting.success && isOver(resting.data);
        // Only an end has nothing after it; every moment has.
        expect(nextOf(state).length === 0).toBe(isEnd);
      }),
    );
  });

  it('can end from everywhere', () => {
    const reached = (from: TimelineState) => {
      const seen = new Set<TimelineState>([from]);
      for (const state of seen) nextOf(state).forEach(to => seen.add(to));
      return seen;
    };
    for (const state of timelineStates) {
      const ends = ['succeeded', 'failed', 'cancelled'] as const;
      expect(ends.some(end => reached(state).has(end))).toBe(true);
    }
  });

  it('tells apart what waits, what has an attempt, and what is over', () => {
    for (const state of jobStateSchema.options) {
      const kinds = [
        isWaiting(state),
        attemptStates.some(one => one === state),
        isOver(state),
      ];
      expect([state, kinds.filter(Boolean).length]).toEqual([state, 1]);
    }
    expect(waitingStates).toContain('blocked');
  });

  it('names who moved a job', () => {
    expect(movers.map(formatMover)).toEqual([
      ...['user:default/ann', 'portal', 'queue:default'],
      'runtime:local-process',
    ]);
  });
});
