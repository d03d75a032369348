import fc from 'fast-check';
import { decideAdmission } from './decideAdmission';
import { usualQueue } from './queueOptions';
import type {
  AdmissionDecision,
  AdmissionQueue,
  AdmissionSnapshot,
  Room,
  RunningJob,
  WaitingJob,
} from './snapshot';

const at = (minute: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const room = (capacity: Room['capacity'], runtime = 'local'): Room => ({
  runtime,
  capacity,
});
const queue = (overrides: Partial<AdmissionQueue> = {}): AdmissionQueue => ({
  ...usualQueue,
  ...overrides,
});
const waits = (
  id: string,
  overrides: Partial<WaitingJob> = {},
): WaitingJob => ({
  id,
  owner: 'a',
  queue: 'default',
  runtime: 'local',
  priority: 50,
  demand: { slots: 1 },
  createdAt: at(0),
  ...overrides,
});
const runs = (id: string, overrides: Partial<RunningJob> = {}): RunningJob => ({
  id,
  owner: 'a',
  queue: 'default',
  runtime: 'local',
  priority: 50,
  demand: { slots: 1 },
  since: at(0),
  preemptible: false,
  ...overrides,
});
const snapshot = (
  overrides: Partial<AdmissionSnapshot>,
): AdmissionSnapshot => ({
  now: at(600),
  rooms: [room({ slots: 1 })],
  queues: [queue()],
  running: [],
  waiting: [],
  turns: new Map(),
  spent: [],
  reserveAfterMs: 3_600_000,
  ...overrides,
});
const admitted = ({ admit }: AdmissionDecision) => admit.map(({ id }) => id);
const stopped = ({ preempt }: AdmissionDecision) =>
  preempt.map(one => [one.id, one.for, one.why]);

describe('the order of a line without quotas', () => {
  const job = (id: string, owner: string, minute: number) =>
    waits(id, { owner, createdAt: at(minute) });

  it.each<[string, WaitingJob[], RunningJob[], string[]]>([
    ['the oldest first', [job('b', 'x', 2), job('a', 'x', 1)], [], ['a', 'b']],
    [
      'owners in turn',
      [
        job('a1', 'a', 1),
        job('a2', 'a', 2),
        job('a3', 'a', 3),
        job('b1', 'b', 4),
      ],
      [],
      ['a1', 'b1', 'a2', 'a3'],
    ],
    [
      'who runs nothing before who runs something',
      [job('a', 'x', 1), job('b', 'y', 2)],
      [runs('r', { owner: 'x' })],
      ['b', 'a'],
    ],
    [
      'ties to the oldest',
      [job('b', 'y', 1), job('a', 'x', 2), job('c', 'y', 3)],
      [],
      ['b', 'a', 'c'],
    ],
    [
      'among equals the higher priority',
      [job('a', 'x', 1), { ...job('b', 'y', 2), priority: 100 }],
      [],
      ['b', 'a'],
    ],
  ])('is: %s', (_, waiting, running, expected) => {
    const decision = decideAdmission(snapshot({ waiting, running }));
    expect(decision.order).toEqual(expected);
  });

  it('lets the owner of the last turn wait, so that one slot is shared, too', () => {
    const decision = decideAdmission(
      snapshot({
        waiting: [job('a1', 'a', 1), job('a2', 'a', 2), job('b1', 'b', 3)],
        turns: new Map([['a', at(5)]]),
      }),
    );
    expect(decision.order).toEqual(['b1', 'a1', 'a2']);
    expect(admitted(decision)).toEqual(['b1']);
  });

  it('is known where no runtime is, and says so', () => {
    const decision = decideAdmission(
      snapshot({ rooms: [], waiting: [job('b', 'x', 2), job('a', 'x', 1)] }),
    );
    expect(decision.order).toEqual(['a', 'b']);
    expect(decision.whyNot.get('a')?.reason).toBe('RuntimeMissing');
  });
});

describe('who starts', () => {
  it('shares by the resource of which an owner has most', () => {
    // Of 8 cores and 64 bytes: a core is an eighth, eight bytes are, too.
    const cpu = { demand: { cpu: 2, memory: 4 } };
    const memory = { demand: { cpu: 1, memory: 16 } };
    const decision = decideAdmission(
      snapshot({
        rooms: [room({ cpu: 8, memory: 64 })],
        waiting: [
          ...[1, 2, 3, 4].map(n => waits(`c${n}`, { owner: 'c', ...cpu })),
          ...[1, 2, 3, 4].map(n => waits(`m${n}`, { owner: 'm', ...memory })),
        ],
      }),
    );
    // Each a quarter at a time, in turn, until the cores are gone: 2 + 1, 2 + 1, 2.
    expect(admitted(decision)).toEqual(['c1', 'm1', 'c2', 'm2', 'c3']);
    expect(decision.whyNot.get('m3')).toMatchObject({
      reason: 'WaitsForResources',
      lacking: [{ resource: 'cpu', needed: 1, total: 8, used: 8, free: 0 }],
    });
  });

  it('gives a queue of twice the weight twice as much', () => {
    const decision = decideAdmission(
      snapshot({
        rooms: [room({ slots: 9 })],
        queues: [queue({ name: 'x', weight: 2 }), queue({ name: 'y' })],
        waiting: [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap(n => [
          waits(`x${n}`, { queue: 'x', owner: 'x' }),
          waits(`y${n}`, { queue: 'y', owner: 'y' }),
        ]),
      }),
    );
    const count = (name: string) =>
      admitted(decision).filter(id => id.startsWith(name)).length;
    expect([count('x'), count('y')]).toEqual([6, 3]);
  });

  it('fills what a large job leaves, until that has waited long enough', () => {
    const large = waits('large', { demand: { cpu: 4 }, createdAt: at(0) });
    const small = waits('small', { demand: { cpu: 1 }, createdAt: at(30) });
    const about = {
      rooms: [room({ cpu: 4 })],
      running: [runs('r', { demand: { cpu: 2 }, owner: 'z' })],
      waiting: [large, small],
    };
    const early = decideAdmission(snapshot({ ...about, now: at(31) }));
    expect(admitted(early)).toEqual(['small']);
    const late = decideAdmission(snapshot({ ...about, now: at(60) }));
    expect(admitted(late)).toEqual([]);
    expect(late.whyNot.get('small')).toEqual({
      reason: 'Reserved',
      reservedFor: 'large',
      lacking: [
        { resource: 'cpu', needed: 1, total: 4, used: 2, held: 2, free: 0 },
      ],
    });
    expect(late.whyNot.get('large')).toMatchObject({
      reason: 'WaitsForResources',
      lacking: [{ resource: 'cpu', needed: 4, used: 2, held: 0, free: 2 }],
    });
  });

  it('keeps the cores for one job and the GPUs for another, not all for the first', () => {
    const decision = decideAdmission(
      snapshot({
        rooms: [room({ cpu: 16, gpus: 2 })],
        running: [
          runs('g', { owner: 'z', demand: { gpus: 2, cpu: 1 } }),
          runs('c', { owner: 'z', demand: { cpu: 6 } }),
        ],
        waiting: [
          waits('gpu', { owner: 'a', demand: { gpus: 1, cpu: 1 } }),
          waits('cpu', { owner: 'b', demand: { cpu: 12 } }),
          waits('small', { owner: 'c', demand: { cpu: 1 } }),
        ],
      }),
    );
    expect(admitted(decision)).toEqual([]);
    expect(decision.whyNot.get('small')).toMatchObject({
      reason: 'Reserved',
      lacking: [{ resource: 'cpu', held: 9, free: 0 }],
    });
  });

  it.each<[string, Partial<AdmissionQueue>, Partial<WaitingJob>, unknown]>([
    ['a queue that is held', { held: true }, {}, { reason: 'QueueHeld' }],
    ['no such queue', {}, { queue: 'gone' }, { reason: 'QueueMissing' }],
    ['no such runtime', {}, { runtime: 'k8s' }, { reason: 'RuntimeMissing' }],
    [
      'more than the room has in all',
      {},
      { demand: { slots: 3 } },
      {
        reason: 'TooLarge',
        lacking: [
          { resource: 'slots', needed: 3, total: 2, used: 0, held: 0, free: 2 },
        ],
      },
    ],
    [
      'more than the queue may ever have',
      { quota: { slots: 1 } },
      { demand: { slots: 2 } },
      { reason: 'TooLarge', lacking: [{ total: 1, free: 1 }] },
    ],
    [
      'a month that is used up',
      { period: { cpuHours: 10 } },
      {},
      {
        reason: 'PeriodQuotaUsed',
        lacking: [{ resource: 'cpuHours', total: 10, used: 12, free: -2 }],
      },
    ],
    [
      'a quota in use',
      { quota: { slots: 1 } },
      {},
      {
        reason: 'QuotaUsed',
        lacking: [{ resource: 'slots', needed: 1, total: 1, used: 1, free: 0 }],
      },
    ],
  ])('says why not: %s', (_, own, job, expected) => {
    const decision = decideAdmission(
      snapshot({
        rooms: [room({ slots: 2 })],
        queues: [queue(own)],
        running: [runs('r', { owner: 'z' })],
        waiting: [waits('w', job)],
        spent: [{ queue: 'default', owner: 'a', used: { cpuHours: 12 } }],
      }),
    );
    expect(admitted(decision)).toEqual([]);
    expect(decision.whyNot.get('w')).toMatchObject(expected as object);
  });

  it('places jobs that need a change behind those that do not', () => {
    const decision = decideAdmission(
      snapshot({
        waiting: [waits('big', { demand: { slots: 9 } }), waits('z')],
      }),
    );
    expect(decision.order).toEqual(['z', 'big']);
  });
});

describe('who is stopped', () => {
  const low = (id: string, overrides: Partial<RunningJob> = {}) =>
    runs(id, { priority: 10, preemptible: true, ...overrides });

  it('is the newest of the lowest class, and no more than is needed', () => {
    const about = snapshot({
      rooms: [room({ slots: 3 })],
      running: [
        low('old', { since: at(1) }),
        low('new', { since: at(2) }),
        runs('fixed', { priority: 10 }),
      ],
      waiting: [waits('w', { owner: 'b' }), waits('v', { priority: 10 })],
    });
    const decision = decideAdmission(about);
    expect(stopped(decision)).toEqual([['new', 'w', 'Priority']]);
    expect(decision.whyNot.get('w')?.reason).toBe('MakingRoom');
    expect(decision.whyNot.get('v')?.reason).toBe('WaitsForResources');
  });

  it('is nobody else while one is being stopped, and the room is kept', () => {
    const running = [low('x', { stoppingFor: 'w' }), low('y')];
    const waiting = [
      waits('w', { owner: 'b', demand: { slots: 2 } }),
      waits('v', { owner: 'c', priority: 10 }),
    ];
    const decision = decideAdmission(
      snapshot({ rooms: [room({ slots: 3 })], running, waiting }),
    );
    expect(decision.preempt).toEqual([]);
    expect(admitted(decision)).toEqual([]);
    expect(decision.whyNot.get('v')).toMatchObject({ reason: 'Reserved' });
  });

  it('keeps no room here for a job that others are stopped for elsewhere', () => {
    const decision = decideAdmission(
      snapshot({
        rooms: [{ ...room({ slots: 4, cpu: 4 }), place: 'b' }],
        running: [
          // The portal of this place is gone, and nobody tells that the job has ended.
          runs('v', {
            ...{ place: 'a', queue: 'borrower', stoppingFor: 'j' },
            demand: { slots: 1, cpu: 4 },
          }),
        ],
        queues: [
          queue({ name: 'lender', quota: { cpu: 4 }, lends: true }),
          queue({ name: 'borrower', quota: { cpu: 0 }, borrowing: {} }),
          queue(),
        ],
        waiting: [
          waits('j', { queue: 'lender', demand: { slots: 1, cpu: 4 } }),
          waits('k', { demand: { slots: 1, cpu: 1 }, createdAt: at(1) }),
        ],
      }),
    );
    expect(admitted(decision)).toContain('k');
    expect(stopped(decision)).toEqual([]);
  });

  it('waits behind the one it was stopped for, however small its share', () => {
    const decision = decideAdmission(
      snapshot({
        running: [],
        waiting: [
          waits('victim', { owner: 'b', priority: 10, stoppedFor: 'w' }),
          waits('w', { owner: 'a', createdAt: at(9) }),
        ],
        turns: new Map([['a', at(8)]]),
      }),
    );
    expect(decision.order).toEqual(['w', 'victim']);
    expect(admitted(decision)).toEqual(['w']);
  });

  it('is who lives on a loan, when the lender needs it', () => {
    const queues = [
      queue({ name: 'x', quota: { gpus: 2 }, lends: true }),
      queue({ name: 'y', quota: { gpus: 2 }, borrowing: {}, lends: true }),
    ];
    const gpus = (id: string, minute: number) =>
      runs(id, { queue: 'y', demand: { gpus: 1 }, since: at(minute) });
    const about = {
      rooms: [room({ gpus: 4 })],
      queues,
      waiting: [
        waits('x1', { queue: 'x', owner: 'x', demand: { gpus: 1 } }),
        waits('y9', { queue: 'y', demand: { gpus: 1 } }),
      ],
    };
    const lent = decideAdmission(
      snapshot({ ...about, running: [1, 2, 3, 4].map(n => gpus(`y${n}`, n)) }),
    );
    expect(stopped(lent)).toEqual([['y4', 'x1', 'Reclaim']]);
    expect(lent.whyNot.get('y9')).toMatchObject({
      reason: 'QuotaUsed',
      lacking: [{ resource: 'gpus', needed: 1, used: 4, free: 0 }],
    });
    const own = decideAdmission(
      snapshot({
        ...about,
        rooms: [room({ gpus: 2 })],
        running: [1, 2].map(n => gpus(`y${n}`, n)),
      }),
    );
    expect(own.preempt).toEqual([]);
  });
});

/** What a cluster does with the decisions: jobs start, are stopped, and end. */
class Play {
  readonly jobs: ReadonlyMap<string, WaitingJob & { preemptible: boolean }>;
  running: RunningJob[] = [];
  waiting: WaitingJob[] = [];
  turns = new Map<string, string>();
  minute = 0;
  readonly rooms: Room[];
  readonly queues: AdmissionQueue[];

  constructor(options: {
    rooms: Room[];
    queues: AdmissionQueue[];
    jobs: (WaitingJob & { preemptible: boolean })[];
  }) {
    this.rooms = options.rooms;
    this.queues = options.queues;
    this.jobs = new Map(options.jobs.map(job => [job.id, job]));
  }

  snapshot(): AdmissionSnapshot {
    return snapshot({
      now: at(this.minute),
      rooms: this.rooms,
      queues: this.queues,
      running: this.running,
      waiting: this.waiting,
      turns: this.turns,
      reserveAfterMs: 20 * 60_000,
    });
  }

  arrive(id: string): void {
    const { preemptible, ...job } = this.jobs.get(id)!;
    this.waiting.push({ ...job, createdAt: at(this.minute) });
    void preemptible;
  }

  apply({ admit, preempt }: AdmissionDecision): void {
    for (const { id } of admit) {
      const { stoppedFor, createdAt, ...job } = this.waiting.find(
        one => one.id === id,
      )!;
      void [stoppedFor, createdAt];
      const { preemptible } = this.jobs.get(id)!;
      this.running.push({ ...job, preemptible, since: at(this.minute) });
      this.waiting = this.waiting.filter(one => one.id !== id);
      this.turns.set(job.owner, at(this.minute));
    }
    for (const { id, for: by } of preempt) {
      this.running = this.running.map(job =>
        job.id === id ? { ...job, stoppingFor: by } : job,
      );
    }
  }

  end(id: string): void {
    const job = this.running.find(one => one.id === id)!;
    this.running = this.running.filter(one => one !== job);
    const { stoppingFor, since, preemptible, ...rest } = job;
    void [since, preemptible];
    if (stoppingFor !== undefined)
      this.waiting.push({
        ...rest,
        createdAt: at(0),
        stoppedFor: stoppingFor,
      });
  }
}

const resources = ['slots', 'cpu', 'gpus'];
const sum = (jobs: readonly { demand: Room['capacity'] }[], name: string) =>
  jobs.reduce((all, { demand }) => all + (demand[name] ?? 0), 0);

const aPlay = fc
  .record({
    rooms: fc.array(
      fc.record({
        slots: fc.integer({ min: 1, max: 5 }),
        cpu: fc.integer({ min: 1, max: 8 }),
        gpus: fc.integer({ min: 0, max: 4 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    queues: fc.array(
      fc.record({
        weight: fc.integer({ min: 1, max: 3 }),
        quota: fc.record(
          {
            slots: fc.integer({ min: 1, max: 4 }),
            gpus: fc.integer({ min: 0, max: 3 }),
          },
          { requiredKeys: [] },
        ),
        borrowing: fc.option(
          fc.record(
            { gpus: fc.integer({ min: 0, max: 3 }) },
            { requiredKeys: [] },
          ),
          { nil: undefined },
        ),
        lends: fc.boolean(),
        held: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    jobs: fc.array(
      fc.record({
        owner: fc.constantFrom('a', 'b', 'c'),
        queue: fc.nat({ max: 2 }),
        runtime: fc.nat({ max: 1 }),
        priority: fc.constantFrom(10, 50, 100),
        preemptible: fc.boolean(),
        slots: fc.constant(1),
        cpu: fc.integer({ min: 0, max: 6 }),
        gpus: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 1, maxLength: 25 },
    ),
    /** Which of those that run ends next, and whether the next one comes before. */
    steps: fc.array(fc.tuple(fc.nat({ max: 9 }), fc.boolean()), {
      minLength: 5,
      maxLength: 60,
    }),
  })
  .map(({ rooms, queues, jobs, steps }) => ({
    steps,
    play: new Play({
      rooms: rooms.map((capacity, index) => room(capacity, `r${index}`)),
      queues: queues.map((own, index) => queue({ ...own, name: `q${index}` })),
      jobs: jobs.map(({ slots, cpu, gpus, ...job }, index) => ({
        ...waits(`j${String(index).padStart(2, '0')}`),
        ...job,
        queue: `q${job.queue % queues.length}`,
        runtime: `r${job.runtime % rooms.length}`,
        demand: { slots, cpu, gpus },
      })),
    }),
  }));

/** Plays until nothing comes and nothing runs; `look` sees every decision before it is applied. */
function playOut(
  { play, steps }: { play: Play; steps: [number, boolean][] },
  look: (play: Play, decision: AdmissionDecision) => void,
): void {
  const coming = [...play.jobs.keys()];
  const one = () => {
    const decision = decideAdmission(play.snapshot());
    look(play, decision);
    play.apply(decision);
  };
  for (const [which, comes] of steps) {
    play.minute += 1;
    const next = comes && coming.shift();
    if (next) play.arrive(next);
    one();
    const ending = play.running[which % Math.max(1, play.running.length)];
    if (ending && !comes) play.end(ending.id);
  }
  coming.forEach(id => play.arrive(id));
  // Each end lets the next ones start; a job that is stopped comes back, once for each that it gives way to.
  for (let round = 0; round < 600; round++) {
    play.minute += 1;
    one();
    if (!play.running.length) return;
    const [first] = play.running;
    const leaving = play.running.find(job => job.stoppingFor) ?? first;
    play.end(leaving.id);
  }
  throw new Error('The jobs never came to an end');
}

/** For a higher priority in its queue, or because its queue lives on a loan. */
function mayStop(
  play: Play,
  { id, for: by, why }: AdmissionDecision['preempt'][number],
): boolean {
  const victim = play.running.find(job => job.id === id)!;
  const winner = play.waiting.find(job => job.id === by)!;
  if (why === 'Priority')
    return (
      victim.queue === winner.queue &&
      victim.preemptible &&
      victim.priority < winner.priority
    );
  const { quota } = play.queues.find(one => one.name === victim.queue)!;
  const own = play.running.filter(job => job.queue === victim.queue);
  return resources.some(name => sum(own, name) > (quota[name] ?? Infinity));
}

describe('whatever comes and goes', () => {
  const holds = (
    look: (play: Play, decision: AdmissionDecision) => void,
    after: (play: Play) => void = () => {},
  ) =>
    fc.assert(
      fc.property(aPlay, sample => {
        const { rooms, queues, jobs } = sample.play;
        const play = new Play({ rooms, queues, jobs: [...jobs.values()] });
        playOut({ play, steps: sample.steps }, look);
        after(play);
      }),
      { numRuns: 300 },
    );

  it('no room and no queue takes more than it may', () => {
    holds(play => {
      for (const { runtime, capacity } of play.rooms) {
        const there = play.running.filter(job => job.runtime === runtime);
        for (const name of resources)
          expect(sum(there, name)).toBeLessThanOrEqual(capacity[name]);
      }
      for (const name of resources) {
        let lent = 0;
        let borrowed = 0;
        for (const { name: of, quota, borrowing, lends } of play.queues) {
          if (quota[name] === undefined) continue;
          const used = sum(
            play.running.filter(job => job.queue === of),
            name,
          );
          const over = Math.max(0, used - quota[name]);
          const most = borrowing ? borrowing[name] ?? Infinity : 0;
          expect(over).toBeLessThanOrEqual(most);
          borrowed += over;
          if (lends) lent += Math.max(0, quota[name] - used);
        }
        expect(borrowed).toBeLessThanOrEqual(lent);
      }
    });
  });

  it('a job is stopped for a higher priority in its queue, or because its queue lives on a loan', () => {
    holds((play, { preempt }) => {
      for (const victim of preempt) expect(mayStop(play, victim)).toBe(true);
    });
  });

  it('every job that does not start has a reason whose figures add up', () => {
    holds((play, { admit, whyNot, order }) => {
      const starts = new Set(admit.map(({ id }) => id));
      const others = play.waiting.filter(({ id }) => !starts.has(id));
      expect([...whyNot.keys()].sort()).toEqual(
        others.map(({ id }) => id).sort(),
      );
      expect([...order].sort()).toEqual(play.waiting.map(j => j.id).sort());
      const running = [
        ...play.running,
        ...play.waiting.filter(({ id }) => starts.has(id)),
      ];
      for (const job of others) {
        const { reason, lacking } = whyNot.get(job.id)!;
        const isWordOnly = ['QueueHeld', 'MakingRoom'].includes(reason);
        expect(lacking.length > 0 || isWordOnly).toBe(true);
        for (const { resource, needed, total, used, held, free } of lacking) {
          expect(free).toBe(total - used - held);
          expect(needed).toBe(job.demand[resource]);
          expect(needed).toBeGreaterThan(free);
          const there = running.filter(one => one.runtime === job.runtime);
          const isOfRoom = ['WaitsForResources', 'Reserved'].includes(reason);
          expect(!isOfRoom || used === sum(there, resource)).toBe(true);
        }
      }
    });
  });

  it('nothing that a waiting job may take stays free, unless it is kept for one that waits longer or others are stopped for', () => {
    const mayKeep = (play: Play, id: string) => {
      const holder = play.waiting.find(job => job.id === id)!;
      const waited = Date.parse(at(play.minute)) - Date.parse(holder.createdAt);
      const isClaim =
        play.running.some(job => job.stoppingFor === id) ||
        play.waiting.some(job => job.stoppedFor === id) ||
        decideAdmission(play.snapshot()).preempt.some(one => one.for === id);
      return isClaim || waited >= 20 * 60_000;
    };
    holds((play, { admit, whyNot }) => {
      const starts = new Set(admit.map(({ id }) => id));
      const running = [
        ...play.running,
        ...play.waiting.filter(({ id }) => starts.has(id)),
      ];
      for (const job of play.waiting) {
        const of = play.queues.find(({ name }) => name === job.queue)!;
        const why = whyNot.get(job.id);
        if (!why || of.held || of.lends || of.borrowing) continue;
        const own = running.filter(one => one.queue === job.queue);
        const there = running.filter(one => one.runtime === job.runtime);
        const { capacity } = play.rooms.find(
          ({ runtime }) => runtime === job.runtime,
        )!;
        const fits = resources.every(
          name =>
            sum(there, name) + job.demand[name] <= capacity[name] &&
            sum(own, name) + job.demand[name] <= (of.quota[name] ?? Infinity),
        );
        const isKept = ['Reserved', 'MakingRoom'].includes(why.reason);
        expect(!fits || isKept).toBe(true);
        expect(!why.reservedFor || mayKeep(play, why.reservedFor)).toBe(true);
      }
    });
  });

  it('every job that is not too large and not held starts at last', () => {
    holds(
      () => {},
      play => {
        for (const { id } of play.waiting) {
          const why = decideAdmission(play.snapshot()).whyNot.get(id);
          expect(['TooLarge', 'QueueHeld']).toContain(why?.reason);
        }
      },
    );
  });

  it('the answer does not depend on the order in which the snapshot was read', () => {
    holds((play, decision) => {
      const from = play.snapshot();
      const turned = decideAdmission({
        ...from,
        running: [...from.running].reverse(),
        waiting: [...from.waiting].reverse(),
        queues: [...from.queues].reverse(),
      });
      expect(turned.admit).toEqual(decision.admit);
      expect(turned.preempt).toEqual(decision.preempt);
      expect(turned.order).toEqual(decision.order);
      for (const [id, why] of decision.whyNot)
        expect(turned.whyNot.get(id)).toEqual(why);
    });
  });

  it('the answer is the same from the first ones of each kind, as many as there are slots', () => {
    holds((play, decision) => {
      const from = play.snapshot();
      const count = new Map<string, number>();
      const heads = [...from.waiting]
        .sort((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1))
        .filter(job => {
          const kind = JSON.stringify([
            ...[job.queue, job.owner, job.runtime, job.priority, job.demand],
          ]);
          const before = count.get(kind) ?? 0;
          count.set(kind, before + 1);
          const { capacity } = play.rooms.find(
            ({ runtime }) => runtime === job.runtime,
          )!;
          const isPart =
            job.stoppedFor !== undefined ||
            from.waiting.some(one => one.stoppedFor === job.id) ||
            from.running.some(one => one.stoppingFor === job.id);
          return isPart || before < capacity.slots;
        });
      const short = decideAdmission({ ...from, waiting: heads });
      expect(short.admit).toEqual(decision.admit);
      expect(short.preempt).toEqual(decision.preempt);
    });
  });
});
