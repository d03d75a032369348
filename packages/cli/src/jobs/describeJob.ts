import type { Job, JobState } from '@downstage/plugin-ml-jobs-common';
import { table } from '../terminal/output';
import { plainLine } from '../terminal/plainText';

const over: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return over.includes(state);
}

/** `group:default/diagnostics` and `model:default/churn` as the flags take them: `diagnostics`, `churn`. */
export function shortRef(ref: string | undefined): string | undefined {
  return ref?.replace(/^(group|model):(default\/)?/, '');
}

/** A length of time in words: `5 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. One that clocks made negative is none. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const [unit, size] = units[first];
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  const whole = `${Math.floor(seconds / size)} ${unit}`;
  return next && rest ? `${whole} ${rest} ${next[0]}` : whole;
}

export function agoOf(at: string, now: Date): string {
  return `${lengthOf(now.getTime() - Date.parse(at))} ago`;
}

/** How long a job has run, or ran; nothing where it has not begun. */
export function tookOf(
  { startedAt, endedAt }: Pick<Job, 'startedAt' | 'endedAt'>,
  now: Date,
): string | undefined {
  if (startedAt === undefined) return undefined;
  const end = endedAt === undefined ? now.getTime() : Date.parse(endedAt);
  return lengthOf(end - Date.parse(startedAt));
}

/** Where a job is, in one line that changes only when the job does. */
export function progressOf(job: Job): string {
  const { name, id, state, message, queuePosition } = job;
  return [
    `${name} ${id}: ${state}`,
    ...(queuePosition === undefined ? [] : [`place ${queuePosition}`]),
    ...(message && message.toLowerCase() !== state ? [message] : []),
  ].join(', ');
}

/** Why it is so: the word for programs and the sentence, where they say more than each other. */
function whyOf({ reason, message }: { reason?: string; message?: string }) {
  return [...new Set([reason, message])].filter(Boolean).join(': ');
}

/** How a job ended, in one line. */
export function endOf(job: Job, now: Date): string {
  const { name, id, state } = job;
  const took = tookOf(job, now);
  const why = whyOf(job);
  return `${name} ${id} ${state}${took ? ` after ${took}` : ''}${
    why && state !== 'succeeded' ? `. ${why}` : ''
  }`;
}

export function jobRow(job: Job, now: Date) {
  return {
    id: job.id,
    name: job.name,
    state: job.state,
    owner: shortRef(job.owner),
    model: shortRef(job.model),
    created: agoOf(job.createdAt, now),
    took: tookOf(job, now),
  };
}
export const jobColumns = [
  ...['id', 'name', 'state', 'owner', 'model', 'created', 'took'],
];

/** All that a person asks about one job, in blocks. */
export function describeJob(job: Job, now: Date): string {
  const { source, definition, attempts, outputs = [], warnings } = job;
  const facts: [string, string | undefined][] = [
    ['state', job.state],
    ['reason', whyOf(job)],
    ['owner', shortRef(job.owner)],
    ['model', shortRef(job.model)],
    ['runtime', job.runtime],
    ['place', job.queuePosition?.toString()],
    ['source', source.repository],
    ['commit', source.commit],
    ['command', definition.entryPoint],
    ['parameters', wordsOf(job.parameters)],
    ['resources', wordsOf({ ...definition.resources })],
    ['inputs', job.inputs.map(({ ref }) => ref).join(', ')],
    ['submitted', `${agoOf(job.createdAt, now)} by ${job.createdBy}`],
    ['took', tookOf(job, now)],
    ['rerun of', job.rerunOf],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value ? [`${name.padEnd(10)}  ${plainLine(value)}`] : [],
  );
  return [
    `${job.name} ${job.id}`,
    lines.join('\n'),
    ...(attempts.length > 1
      ? [
          table(
            attempts.map(attempt => ({
              attempt: attempt.number,
              state: attempt.state,
              took: tookOf(attempt, now),
              why: whyOf(attempt),
            })),
            ['attempt', 'state', 'took', 'why'],
          ),
        ]
      : []),
    ...(outputs.length
      ? [
          table(
            outputs.map(({ name, kind, state, ref, message }) => ({
              output: name,
              kind,
              state,
              'what came': ref ?? message,
            })),
            ['output', 'kind', 'state', 'what came'],
          ),
        ]
      : []),
    ...(warnings.length ? [warnings.map(warningOf).join('\n')] : []),
  ].join('\n\n');
}

export function warningOf({ option, message }: Job['warnings'][number]) {
  return `Warning, ${option}: ${message}`;
}

function wordsOf(values: Record<string, unknown>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))
    .join(' ');
}
