import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { z } from 'zod';
import { formatRights, parseRights, type KeptRights } from './keptRights';
import { SubjectSpelling, subjectOf, words } from './subject';

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
  /** What the submitter could read when the job was submitted; absent for everything. */
  rights?: KeptRights;
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

const spelling = new SubjectSpelling({
  // `job:` alone begins what rows keep (`job:<id>`), and must not pass for the subject of a principal.
  prefix: 'job-token:',
  whose: 'a job',
  schema: z.object({
    id: z.string().min(1),
    owner: z.string().min(1),
    groups: z.string().transform(words).optional(),
    commit: z.string().optional(),
    environment: z.string().optional(),
    datasets: z.string().transform(words).optional(),
    model: z.string().optional(),
    rights: z.string().optional(),
  }),
});

/**
 * The subject of a job's service principal, by which one plugin tells another for which job it asks:
 * `job-token:user:default/ann?id=8fk2&owner=group:default/diagnostics&groups=group:default/diagnostics`.
 */
export function formatJobSubject(job: JobIdentity): string {
  const { commit, environment, datasets, model } = job.attributes;
  return spelling.format(job.actor, {
    id: job.attributes.job,
    owner: job.owner,
    groups: job.groups,
    commit,
    environment,
    datasets,
    model,
    rights: job.rights && formatRights(job.rights),
  });
}

/** @throws AuthenticationError for a subject that begins as a job's and is none */
export function parseJobSubject(subject: string): JobIdentity | undefined {
  const parsed = spelling.parse(subject);
  if (!parsed) return undefined;
  const { id, owner, groups, rights, ...attributes } = parsed.parameters;
  return {
    subject: `job:${id}`,
    actor: parsed.actor,
    owner,
    ...(groups && { groups }),
    ...(rights && { rights: parseRights(rights) }),
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
