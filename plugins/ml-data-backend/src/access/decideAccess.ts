import type { Classification } from '@downstage/plugin-ml-catalog-common';

/** Who wants to read: the kind of caller, and what it owns things through. */
export type DataReader = {
  kind: 'person' | 'token' | 'job' | 'plugin' | 'service';
  actor: string;
  /** The caller itself and its groups; for a job those of its submitter. */
  owners: readonly string[];
};

/** What is known of the data set at this moment. */
export type DataFacts = {
  /** `dataset:default/breast-masses` */
  ref: string;
  owner?: string;
  classification?: Classification;
  grants: readonly { id: string; group: string; until: string }[];
};

/** Whether the content may be read, and by which right; or why not, and what helps. */
export type AccessDecision =
  | {
      allowed: true;
      because: 'open' | 'owner' | 'grant' | 'plugin';
      grant?: string;
    }
  | { allowed: false; message: string };

/** The classifications whose content is not open to everybody in the portal. */
const guarded: readonly (Classification | undefined)[] = [
  'confidential',
  'restricted',
];

/** Whether every read of the content is worth an audit event. */
export function isGuarded(classification: Classification | undefined): boolean {
  return guarded.includes(classification);
}

/**
 * Decides who reads the content of a data set: values, profiles, files, and what shows them.
 *
 * @remarks
 * The only place that says so. `public` and `internal` data, and data without a classification, are open to everybody
 * with the permission to read. `confidential` and `restricted` data are for the owner and for groups with a grant that
 * has not ended; being an administrator gives no right to read. Access tokens live long and travel, so `restricted`
 * data is not for them, nor for the jobs that they submit. Plugins read for their own work, such as a baseline; what they show to somebody is asked for
 * in that caller's name. Other services, such as a static token of the configuration, read open data only.
 */
export function decideAccess(
  reader: DataReader,
  facts: DataFacts,
  now: string,
): AccessDecision {
  const { ref, owner, classification, grants } = facts;
  if (!isGuarded(classification)) return { allowed: true, because: 'open' };
  if (reader.kind === 'plugin') return { allowed: true, because: 'plugin' };
  if (reader.kind === 'service') {
    return refuse(
      facts,
      `${reader.actor} is a service that is no part of the portal`,
    );
  }
  if (reader.kind === 'token' && classification === 'restricted') {
    return refuse(
      facts,
      'no access token reads restricted data, nor does a job that one submitted; sign in to the portal, or submit the job there',
    );
  }
  if (owner && reader.owners.includes(owner)) {
    return { allowed: true, because: 'owner' };
  }
  const grant = grants.find(
    ({ group, until }) => reader.owners.includes(group) && until > now,
  );
  if (grant) return { allowed: true, because: 'grant', grant: grant.id };
  const ended = grants.find(({ group }) => reader.owners.includes(group));
  return refuse(
    facts,
    ended
      ? `the grant to ${ended.group} ended on ${ended.until.slice(0, 10)}`
      : `${reader.actor} is not one of them`,
  );

  function refuse(
    { classification: level }: DataFacts,
    why: string,
  ): AccessDecision {
    return {
      allowed: false,
      message: `${ref} is ${level}: its content is for ${
        owner ?? 'its owner, and it has none'
      } and for groups with a grant, and ${why}. Ask ${
        owner ?? 'an administrator to give it an owner'
      }${owner ? ' for a grant' : ''}`,
    };
  }
}
