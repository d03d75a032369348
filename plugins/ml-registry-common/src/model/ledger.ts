import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/**
 * What the ledger writes down, one word per kind of change. Closed for writing; reading shows a word that a newer
 * release wrote as it is.
 */
export const ledgerActions = {
  registered: 'A model was registered.',
  claimed: 'A group took on a model that nobody owned.',
  'handed-over': 'A model got another owner.',
  'file-accepted': 'An owner let another catalog file speak for the model.',
  'version-created':
    'A version was made, from a run, a logged model or a copy.',
  described: 'The description of a model or version changed.',
  tagged: 'A tag of a model or version was set.',
  untagged: 'A tag of a model or version was taken away.',
  'alias-set': 'An alias was pointed at a version.',
  'alias-deleted': 'An alias was taken away.',
  staged: 'A version changed its stage without a promotion.',
  archived: 'A version was archived.',
  replaced: 'A version left its stage because another one took its place.',
  'promotion-requested': 'Somebody asked that a version enter a stage.',
  'promotion-approved': 'Somebody approved a promotion.',
  'promotion-lapsed':
    'Approvals no longer counted: what they approved changed.',
  'promotion-waived': 'An approver let a version pass a gate it had failed.',
  'promotion-blocked':
    'A promotion ended: a gate or the state of things refused.',
  'promotion-rejected': 'An approver rejected a promotion.',
  'promotion-withdrawn': 'A promotion was taken back.',
  promoted: 'A version entered the stage its promotion asked for.',
  'rolled-back': 'An earlier production version was brought back.',
  'break-glass': 'A version was put into production past gates and approvals.',
  'card-changed': 'The declared part of a model card changed.',
  'signature-checked': 'The signature of a version was checked.',
  reproduced: 'A job was submitted that trains a version again.',
  renamed: 'A model got another name.',
  'version-deleted': 'A version was deleted.',
  deleted: 'A model was deleted with all its versions.',
} as const satisfies Record<string, string>;
export type LedgerAction = keyof typeof ledgerActions;

export function isLedgerAction(word: string): word is LedgerAction {
  return Object.hasOwn(ledgerActions, word);
}

/** An action as it stands in the ledger: one of ours, or one that a newer release wrote and this one does not know. */
export const ledgerWordSchema = z.string();

export const ledgerActionSchema = z.enum(
  Object.keys(ledgerActions).filter(isLedgerAction),
);

/** One change of a model or version. Written in the transaction of the change, and never again. */
export const ledgerEntrySchema = z.object({
  /** Goes up; a later change has a higher one. */
  id: z.number().int(),
  /** The model as it was called then. */
  name: z.string(),
  modelRef: z.string(),
  at: timestampSchema,
  actor: z.string(),
  action: ledgerWordSchema,
  version: z.number().int().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
  /** Somebody went past a gate. Stays for ever. */
  flagged: z.boolean(),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** Which version of a model was in production at a moment. */
export const productionAtSchema = z.object({
  name: z.string(),
  modelRef: z.string(),
  version: z.number().int(),
  /** When it came into production, and by whom. */
  since: timestampSchema,
  actor: z.string(),
  action: ledgerWordSchema,
  /** When it left; absent while it is there. */
  until: timestampSchema.optional(),
  flagged: z.boolean(),
});
export type ProductionAt = z.infer<typeof productionAtSchema>;

/** A model that had another version in production at the end than at the beginning. */
export const productionChangeSchema = z.object({
  name: z.string(),
  modelRef: z.string(),
  before: z.number().int().optional(),
  after: z.number().int().optional(),
  /** How often production changed in between. */
  changes: z.number().int(),
});
export type ProductionChange = z.infer<typeof productionChangeSchema>;
