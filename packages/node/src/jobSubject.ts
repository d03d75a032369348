import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { z } from 'zod';
import { encodeSubject, subjectOf, words } from './tokenSubject';

/** Whom a job's token speaks for, and what the job is about. */
export type JobIdentity = {
  /** `job:<id>`, as rows name what a job made. */
  subject: string;
  /** The person behind it: `user:default/ann`. */
  actor: string;
  /** Who owns what is written with it: `group:default/diagnostics`. */
  owner: string;
  /** What the submitter owned things through when the job was submitted; none for jobs that older portals made. */
  groups?: string[];
  attributes: {
    job: string;
    commit?: string;
    environment?: string;
    /** Dataset versions the job read: `default/breast-masses@1`. */
    datasets?: string[];
    /** `model:default/tumour-malignancy` */
    model?: string;
  };
};

// `job:` alone begins what rows keep (`job:<id>`), and must not pass for the subject of a principal.
const PREFIX = 'job-token:';

const parametersSchema = z.object({
  id: z.string().min(1),
  owner: z.string().min(1),
  groups: z.string().transform(words).optional(),
  commit: z.string().optional(),
  environment: z.string().optional(),
  datasets: z.string().transform(words).optional(),
  model: z.string().optional(),
});

/**
 * The subject of a job's service principal, by which one plugin tells another for which job it asks:
 * `job-token:user:default/ann?id=8fk2&owner=group:default/diagnostics&groups=group:default/diagnostics`.
 */
export function formatJobSubject(job: JobIdentity): string {
  const { commit, environment, datasets, model } = job.attributes;
  return `${PREFIX}${job.actor}?${encodeSubject([
    ['id', job.attributes.job],
    ['owner', job.owner],
    ['groups', job.groups?.join(',')],
    ['commit', commit],
    ['environment', environment],
    ['datasets', datasets?.join(',')],
    ['model', model],
  ])}`;
}

/**
 * The job a subject speaks for; `undefined` for every other subject.
 *
 * @throws AuthenticationError for a subject that begins as a job's and is none: it must not pass for a service
 */
export function parseJobSubject(subject: string): JobIdentity | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const rest = subject.slice(PREFIX.length);
  const mark = rest.indexOf('?');
  const parsed = parametersSchema.safeParse(
    Object.fromEntries(new URLSearchParams(rest.slice(mark + 1))),
  );
  if (mark < 1 || !parsed.success) {
    throw new AuthenticationError(
      `The subject '${subject}' is not that of a job, although it begins like one`,
    );
  }
  const { id, owner, groups, ...attributes } = parsed.data;
  return {
    subject: `job:${id}`,
    actor: rest.slice(0, mark),
    owner,
    ...(groups && { groups }),
    attributes: { job: id, ...attributes },
  };
}

/** The job behind the credentials; `undefined` for people, access tokens and plugins. */
export function jobOf(
  credentials: BackstageCredentials,
): JobIdentity | undefined {
  const subject = subjectOf(credentials);
  return subject === undefined ? undefined : parseJobSubject(subject);
}

/**
 * Credentials by which a call to another plugin says for which job it is made.
 *
 * @param own - the credentials of this plugin, which carry the call
 */
export function jobCredentials(
  job: JobIdentity,
  own: BackstageCredentials,
): BackstageCredentials {
  return {
    ...own,
    principal: { type: 'service', subject: formatJobSubject(job) },
  } as BackstageCredentials;
}
