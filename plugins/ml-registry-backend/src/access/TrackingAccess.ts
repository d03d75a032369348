import { NotAllowedError } from '@backstage/errors';
import { type Authorizer, type Caller } from '@downstage/node';
import {
  mlRegistryPromotePermission,
  mlRegistryRegisterPermission,
  mlRegistryTrackPermission,
} from '@downstage/plugin-ml-registry-common';
import { listed } from '@downstage/common';
import { modelRefOf } from '../kernel/refs';

/** The tag that names the owner when an experiment or a registered model is created from code. */
export const OWNER_TAG = 'downstage.owner';

/**
 * Who may read and write through the MLflow API. Backstage principals are
 * judged by permission and ownership. A job's token may write the job's own
 * runs, and register models of the job's owner, and nothing else.
 */
export class TrackingAccess {
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** May the caller put something new into what belongs to `owner` (nobody: anyone may). */
  async track(caller: Caller, owner: string | undefined): Promise<void> {
    await this.#require(caller, {
      owner,
      permission: mlRegistryTrackPermission,
    });
  }

  /** May the caller write to this run (or logged model)? Jobs only to what they made. */
  async trackOwn(
    caller: Caller,
    thing: { what: string; owner?: string; createdBy?: string },
  ): Promise<void> {
    if (caller.kind === 'job' && thing.createdBy !== caller.job.subject) {
      throw new NotAllowedError(
        `The token of ${
          caller.job.subject
        } may write only what that job created; ${thing.what} was created by ${
          thing.createdBy ?? 'somebody else'
        }`,
      );
    }
    await this.#require(caller, {
      owner: thing.owner,
      permission: mlRegistryTrackPermission,
    });
  }

  /** May the caller change this registered model, which belongs to `owner` (nobody: anyone may)? */
  async register(
    caller: Caller,
    owner: string | undefined,
    name: string,
  ): Promise<void> {
    await this.#require(caller, {
      owner,
      model: modelRefOf(name),
      permission: mlRegistryRegisterPermission,
    });
  }

  /** May the caller, who may register, also decide what is a candidate or in production? */
  async promote(caller: Caller, name: string): Promise<void> {
    // The requester may not approve, so a person has to have asked: behind a service it could be the approver.
    if (caller.kind === 'job' && caller.actor.startsWith('service:')) {
      throw new NotAllowedError(
        `${caller.job.subject} runs for ${caller.actor}, and a service asks for no promotion of ${name}; a person does, in the portal`,
      );
    }
    await this.#require(caller, {
      model: modelRefOf(name),
      permission: mlRegistryPromotePermission,
    });
  }

  /** Deleting, renaming and the like: for people, never for a job. */
  refuseJobs(caller: Caller, what: string): void {
    if (caller.kind === 'job') {
      throw new NotAllowedError(
        `The token of ${caller.job.subject} may not ${what}; use a person's token`,
      );
    }
  }

  /**
   * Whose something new is: what was asked for, if the caller owns through it;
   * the owner behind a job; the owner of the entity of the same name, if the
   * caller is one of them; the user's group if there is exactly one, so that
   * team mates can go on; else the user. Services own nothing.
   */
  async ownerFor(
    caller: Caller,
    hints: { requested?: string; entityOwner?: string } = {},
  ): Promise<string | undefined> {
    const { requested, entityOwner } = hints;
    if (caller.kind === 'job') return caller.job.owner;
    const refs = await this.#authorizer.groupsOf(caller);
    if (requested) {
      if (isService(caller) || refs.includes(requested)) {
        return requested;
      }
      throw new NotAllowedError(
        `The tag ${OWNER_TAG} names ${requested}, and ${
          caller.actor
        } owns only through ${listed(refs) || 'nothing'}`,
      );
    }
    if (entityOwner && refs.includes(entityOwner)) return entityOwner;
    const groups = refs.filter(ref => ref.startsWith('group:'));
    if (groups.length === 1) return groups[0];
    return caller.actor.startsWith('user:') ? caller.actor : undefined;
  }

  async #require(
    caller: Caller,
    options: {
      owner?: string;
      model?: string;
      permission: typeof mlRegistryTrackPermission;
    },
  ): Promise<void> {
    const { owner, model, permission } = options;
    await this.#authorizer.require({
      caller,
      permission,
      owner,
      model,
    });
  }
}

/** Another plugin, which speaks for whom it names; a token, of a person, a group or a job, speaks for itself only. */
export function isService(caller: Caller): boolean {
  return caller.kind === 'service';
}
