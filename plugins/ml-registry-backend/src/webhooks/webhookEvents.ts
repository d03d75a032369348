import {
  isLedgerAction,
  type LedgerAction,
  type LedgerEntry,
  type WebhookEvent,
} from '@downstage/plugin-ml-registry-common';

/** The model or version that an entry is about, as it is after the change. */
export type Subject = {
  isPrompt: boolean;
  tags: Record<string, string>;
  description?: string;
  source?: string;
  runId?: string;
};

const EVENTS: Record<LedgerAction, (entry: LedgerEntry) => WebhookEvent> = {
  registered: () => 'registered_model.created',
  claimed: () => 'registered_model.claimed',
  'handed-over': () => 'registered_model.claimed',
  'file-accepted': () => 'registered_model.updated',
  'version-created': () => 'model_version.created',
  described: ({ version }) =>
    version ? 'model_version.updated' : 'registered_model.updated',
  tagged: ({ version }) =>
    version ? 'model_version_tag.set' : 'registered_model_tag.set',
  untagged: ({ version }) =>
    version ? 'model_version_tag.deleted' : 'registered_model_tag.deleted',
  'alias-set': () => 'model_version_alias.created',
  'alias-deleted': () => 'model_version_alias.deleted',
  staged: () => 'model_version_stage.changed',
  archived: () => 'model_version_stage.changed',
  replaced: () => 'model_version_stage.changed',
  promoted: () => 'model_version_stage.changed',
  'rolled-back': () => 'model_version_stage.changed',
  'break-glass': () => 'model_version_stage.changed',
  'promotion-requested': () => 'promotion.requested',
  'promotion-approved': () => 'promotion.approved',
  'promotion-lapsed': () => 'promotion.lapsed',
  'promotion-waived': () => 'promotion.waived',
  'promotion-blocked': () => 'promotion.blocked',
  'promotion-rejected': () => 'promotion.rejected',
  'promotion-withdrawn': () => 'promotion.withdrawn',
  'card-changed': () => 'model_card.changed',
  'signature-checked': () => 'model_version_signature.verified',
  reproduced: () => 'model_version.reproduced',
  renamed: () => 'registered_model.renamed',
  'version-deleted': () => 'model_version.deleted',
  deleted: () => 'registered_model.deleted',
};

/** MLflow tells of prompts, which are registered models to it, by names of their own. */
const PROMPT_EVENTS: Partial<Record<WebhookEvent, WebhookEvent>> = {
  'registered_model.created': 'prompt.created',
  'model_version.created': 'prompt_version.created',
  'registered_model_tag.set': 'prompt_tag.set',
  'registered_model_tag.deleted': 'prompt_tag.deleted',
  'model_version_tag.set': 'prompt_version_tag.set',
  'model_version_tag.deleted': 'prompt_version_tag.deleted',
  'model_version_alias.created': 'prompt_alias.created',
  'model_version_alias.deleted': 'prompt_alias.deleted',
};

/** What webhooks call a change. */
export function eventOf(entry: LedgerEntry, subject?: Subject): WebhookEvent {
  // Told of what this release writes itself, so the word is one of ours.
  if (!isLedgerAction(entry.action)) return '*';
  const event = EVENTS[entry.action](entry);
  return (subject?.isPrompt && PROMPT_EVENTS[event]) || event;
}

/** What webhooks are told of a change: in MLflow's shape for its events, else what the ledger says. */
export function dataOf(
  event: WebhookEvent,
  entry: LedgerEntry,
  subject?: Subject,
): object {
  const { name } = entry;
  const version =
    entry.version === undefined ? undefined : String(entry.version);
  const context = {
    tags: subject?.tags ?? {},
    description: subject?.description ?? null,
  };
  const key = textOf(entry, 'key');
  const value = key === undefined ? undefined : subject?.tags[key];
  const alias = textOf(entry, 'alias');
  switch (event) {
    case 'registered_model.created':
    case 'prompt.created':
      return { name, ...context };
    case 'model_version.created':
      return {
        name,
        version,
        source: subject?.source ?? '',
        run_id: subject?.runId ?? null,
        ...context,
      };
    case 'prompt_version.created':
      return {
        name,
        version,
        template: subject?.tags['mlflow.prompt.text'] ?? '',
        ...context,
      };
    case 'registered_model_tag.set':
    case 'prompt_tag.set':
    case 'model_version_tag.set':
    case 'prompt_version_tag.set':
      return { name, version, key, value: value ?? textOf(entry, 'value') };
    case 'registered_model_tag.deleted':
    case 'prompt_tag.deleted':
    case 'model_version_tag.deleted':
    case 'prompt_version_tag.deleted':
      return { name, version, key };
    case 'model_version_alias.created':
    case 'prompt_alias.created':
      return { name, alias, version };
    case 'model_version_alias.deleted':
    case 'prompt_alias.deleted':
      return { name, alias };
    default:
      return {
        name,
        version,
        ledger_id: entry.id,
        action: entry.action,
        actor: entry.actor,
        from_stage: entry.from,
        to_stage: entry.to,
        message: entry.message,
        flagged: entry.flagged,
        details: entry.details,
      };
  }
}

function textOf(entry: LedgerEntry, key: string): string | undefined {
  const value = entry.details?.[key];
  return typeof value === 'string' ? value : undefined;
}
