import type {
  ModelEvaluation,
  Risk,
} from '@downstage/plugin-ml-catalog-common';
import { z } from 'zod';
import type { AcceptedFile, OwnershipRecord } from './OwnershipStore';
import type { ModelProfile } from './ModelProfiles';

/** A Model entity as the catalog has it, before anybody asked whether it may speak for the model. */
export type EntityProfile = ModelProfile & {
  /** Where the entity was read from; absent where the registry itself brought it. */
  source?: string;
};

/** What decides about versions; it stays as the last accepted file said it. */
type Rules = {
  risk: Risk;
  approvals?: number;
  evaluation?: ModelEvaluation;
  features: string[];
};

/** Why the catalog's entity does not speak for the registered model. */
export type CatalogConflict = {
  reason: 'other-owner' | 'other-file' | 'not-accepted';
  /** The owner that the entity names. */
  owner?: string;
  /** Where the entity was read from. */
  source: string;
  message: string;
};

/** Stored by this package and read back: known to fit, checked for being there. */
const rulesSchema = z.looseObject({
  risk: z.enum(['minimal', 'limited', 'high']),
  features: z.array(z.string()),
});

/**
 * Decides who owns a model, and whether the catalog's entity counts.
 *
 * @remarks
 * The registry's own owner is the truth until it hands the model over. A file counts when it names that owner and was
 * there when the model was registered. It also counts when an owner accepted it since. Any other file changes nothing:
 * risk, approvals and gates stay as the last accepted file had them. A name that is not registered belongs to the
 * entity.
 *
 * @returns the profile that holds, and what has to be remembered when something new was accepted
 */
export function settleProfile(options: {
  name: string;
  record: OwnershipRecord | undefined;
  entity: EntityProfile;
  nobody: string;
}): { profile: ModelProfile; accept?: AcceptedFile } {
  const { name, record, entity, nobody } = options;
  const { source, ...found } = entity;
  if (!record) return { profile: found };
  const { accepted } = record;
  const owner = record.owner ?? accepted?.owner;
  const kept = rulesOf(accepted?.profile);
  const held = { ...found, ...kept, owner: owner ?? found.owner };
  if (source === undefined) {
    return { profile: kept ? { ...held, problem: undefined } : held };
  }
  const isUnread = found.owner === nobody;
  const namesOwner = !owner || isUnread || found.owner === owner;
  const isKnownFile =
    !accepted || accepted.source === source || (!owner && !isUnread);
  if (namesOwner && isKnownFile) {
    const profile = { ...found, owner: owner ?? found.owner };
    if (found.problem || !profile.owner || isUnread) return { profile };
    const accept: AcceptedFile = {
      owner: record.owner ? undefined : profile.owner,
      source,
      profile: JSON.stringify(ruledBy(found)),
    };
    return isSame(accept, accepted) ? { profile } : { profile, accept };
  }
  return {
    profile: {
      ...(kept ?? { risk: 'minimal', features: [] }),
      hasEntity: true,
      owner,
      conflict: conflictOf({ name, owner, accepted, found, source }),
    },
  };
}

/** What is remembered when an owner accepts the file as it is now, or that there is none. */
export function acceptedAsItIs(
  record: OwnershipRecord,
  entity: EntityProfile,
): AcceptedFile {
  const { source } = entity;
  const keeps = source === undefined || entity.problem;
  return {
    owner: record.accepted?.owner,
    source,
    profile: keeps ? record.accepted?.profile : JSON.stringify(ruledBy(entity)),
  };
}

function conflictOf(options: {
  name: string;
  owner: string | undefined;
  accepted: AcceptedFile | undefined;
  found: ModelProfile;
  source: string;
}): CatalogConflict {
  const { name, owner, accepted, found, source } = options;
  const base = { owner: found.owner, source };
  if (found.owner !== owner) {
    return {
      ...base,
      reason: 'other-owner',
      message: `The catalog file ${source} says that ${name} belongs to ${
        found.owner ?? 'nobody'
      }, and the registry says ${owner}. The registry's owner counts until they hand the model over`,
    };
  }
  if (accepted?.source) {
    return {
      ...base,
      reason: 'other-file',
      message: `The catalog reads ${name} from ${source}, and its owners accepted ${accepted.source}. Gates, risk and approvals stay as they were until an owner accepts the new file`,
    };
  }
  return {
    ...base,
    reason: 'not-accepted',
    message: `The catalog reads ${name} from ${source}, which came after the model was registered. It counts when an owner accepts it`,
  };
}

function ruledBy({
  risk,
  approvals,
  evaluation,
  features,
}: ModelProfile): Rules {
  return { risk, approvals, evaluation, features };
}

function rulesOf(text: string | undefined): Rules | undefined {
  if (text === undefined) return undefined;
  return rulesSchema.parse(JSON.parse(text)) as Rules;
}

function isSame(a: AcceptedFile, b: AcceptedFile | undefined): boolean {
  return (
    !!b &&
    a.owner === b.owner &&
    a.source === b.source &&
    a.profile === b.profile
  );
}
