import type { Knex } from 'knex';
import { attemptStates } from '../domain/jobStates';
import { hashToken, newToken } from '../domain/tokens';

/**
 * The tokens of attempts. A token works while its attempt is the job's newest and is not over; nothing
 * has to be revoked when a job ends, so nothing can be forgotten.
 */
export class TokenStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * A new token for an attempt. The token itself is never stored. Those of earlier attempts go; another one of the same
   * attempt stays. Two portals (or one before and after a crash) may both hand over the attempt. The process that the
   * runtime lets through must be able to log.
   */
  async issue(options: {
    jobId: string;
    attempt: number;
    now: string;
  }): Promise<string> {
    const token = newToken();
    await this.#knex.transaction(async tx => {
      await tx('job_tokens')
        .where({ job_id: options.jobId })
        .whereNot('attempt', options.attempt)
        .delete();
      await tx('job_tokens').insert({
        hash: hashToken(token),
        job_id: options.jobId,
        attempt: options.attempt,
        created_at: options.now,
      });
    });
    return token;
  }

  /** The job a token speaks for, or `undefined`. */
  async verify(token: string): Promise<string | undefined> {
    const row = await this.#knex('job_tokens')
      .join('jobs', 'jobs.id', 'job_tokens.job_id')
      .where('job_tokens.hash', hashToken(token))
      .whereRaw('?? = ??', ['jobs.attempt', 'job_tokens.attempt'])
      .whereIn('jobs.state', [...attemptStates])
      .whereNull('jobs.cancel_requested_at')
      .first('jobs.id as id');
    return row?.id;
  }
}
