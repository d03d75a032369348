import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import { jobOf, jobCredentials, type JobIdentity } from './jobSubject';
import { subjectOf } from './subject';
import { tokenOf, type TokenIdentity } from './tokenSubject';

type Anybody = {
  /**
   * How rows and the audit trail name the caller: `user:default/ann` (also for her tokens and her jobs),
   * `service:diagnostics/nightly` (a group's token) or `service:ml-jobs` (a plugin).
   */
  actor: string;
  /** For calls to other plugins in the name of this caller. */
  credentials: BackstageCredentials;
  /** The HTTP request, where there is one: the audit trail keeps its address and method. */
  request?: Request;
};

/** Somebody who is signed in to the portal. */
export type PersonCaller = Anybody & { kind: 'person' };
/** An access token, of a person or of a group. */
export type TokenCaller = Anybody & { kind: 'token'; token: TokenIdentity };
/** A job, by the token that was made for it. */
export type JobCaller = Anybody & { kind: 'job'; job: JobIdentity };
/** Another plugin that speaks for itself, or a static token of the configuration. */
export type ServiceCaller = Anybody & { kind: 'service' };

/** Who calls a service: one of four kinds, known from the door on. */
export type Caller = PersonCaller | TokenCaller | JobCaller | ServiceCaller;

/** The second argument of every service method: `service.method(request, { caller })`. */
export type Call = { caller: Caller; signal?: AbortSignal };

// Actions know credentials only. The facts of the call for the audit trail are kept here for as long as they live.
const requests = new WeakMap<BackstageCredentials, Request>();

/** Lets {@link callerOf} find the request of credentials that reach a service without it. */
export function rememberRequest(
  credentials: BackstageCredentials,
  request: Request,
): void {
  requests.set(credentials, request);
}

/**
 * Who stands behind credentials.
 *
 * @throws AuthenticationError for a subject that begins as a token's or a job's and is none
 */
export function callerOf(
  credentials: BackstageCredentials,
  request: Request | undefined = requests.get(credentials),
): Caller {
  const shared = { credentials, ...(request && { request }) };
  const token = tokenOf(credentials);
  if (token) return { ...shared, kind: 'token', actor: token.actor, token };
  const job = jobOf(credentials);
  if (job) return { ...shared, kind: 'job', actor: job.actor, job };
  const principal = credentials.principal as {
    type: string;
    userEntityRef?: string;
  };
  if (principal.type === 'user' && principal.userEntityRef) {
    return { ...shared, kind: 'person', actor: principal.userEntityRef };
  }
  if (principal.type === 'service') {
    const subject = subjectOf(credentials) ?? 'unknown';
    return {
      ...shared,
      kind: 'service',
      actor: `service:${subject.replace(/^plugin:/, '')}`,
    };
  }
  // Nobody is known and nobody is trusted: the permission policy denies what has no user.
  return { ...shared, kind: 'person', actor: 'anonymous' };
}

/** The caller behind a job's token, once its issuer has said whose it is. `own` carries its calls. */
export function callerOfJob(
  job: JobIdentity,
  own: BackstageCredentials,
  request?: Request,
): JobCaller {
  return {
    kind: 'job',
    actor: job.actor,
    job,
    credentials: jobCredentials(job, own),
    ...(request && { request }),
  };
}

/** What a row keeps as its maker: the job for a job, the actor for everybody else. */
export function makerOf(caller: Caller): string {
  return caller.kind === 'job' ? caller.job.subject : caller.actor;
}

/** Whether another plugin of this portal speaks for itself; never true for a static token of the configuration. */
export function isPlugin(caller: Caller): boolean {
  return (
    caller.kind === 'service' &&
    subjectOf(caller.credentials)?.startsWith('plugin:') === true
  );
}

/** Who did it, for the audit trail: the actor, and the token or the job that was used. */
export function whoOf(caller: Caller): {
  actor: string;
  token?: { id: string; name: string };
  job?: string;
} {
  return {
    actor: caller.actor,
    ...(caller.kind === 'token' && {
      token: { id: caller.token.tokenId, name: caller.token.tokenName },
    }),
    ...(caller.kind === 'job' && { job: caller.job.subject }),
  };
}
