import { createHmac } from 'node:crypto';
import type { WebhookEvent } from '@downstage/plugin-ml-registry-common';

/** Seconds before each further attempt: eight, over about eleven hours. */
const PAUSES = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600];

/** As often as this a delivery holds back younger ones of its webhook. */
export const ORDERED_ATTEMPTS = 3;

/** How one attempt went. */
export type Attempt = {
  /** Absent when nothing answered. */
  status?: number;
  reason?: string;
};

export type Verdict =
  | { state: 'delivered' }
  | { state: 'failed'; reason: string }
  | { state: 'pending'; reason: string; retryInMs: number };

/**
 * What follows from an attempt. Answers of the receiver that will not change
 * (4xx but 408, 425 and 429; redirects, which are not followed) end it; the rest
 * is tried again until the pauses are used up.
 */
export function judgeAttempt(attempt: Attempt, attempts: number): Verdict {
  const { status } = attempt;
  if (status !== undefined && status >= 200 && status < 300) {
    return { state: 'delivered' };
  }
  const reason =
    attempt.reason ?? `The receiver answered ${status ?? 'nothing'}`;
  const final =
    status !== undefined && status < 500 && ![408, 425, 429].includes(status);
  if (final) return { state: 'failed', reason };
  const pause = PAUSES[attempts - 1];
  if (pause === undefined) {
    return {
      state: 'failed',
      reason: `Gave up after ${attempts} attempts: ${reason}`,
    };
  }
  return { state: 'pending', reason, retryInMs: pause * 1000 };
}

/**
 * Signs as MLflow does (`mlflow/webhooks/delivery.py`): `v1,` and the base64 of
 * HMAC-SHA256 over `<delivery id>.<timestamp>.<body>`.
 */
export function sign(options: {
  secret: string;
  deliveryId: string;
  /** Seconds since the epoch. */
  timestamp: number;
  body: string;
}): string {
  const { secret, deliveryId, timestamp, body } = options;
  const mac = createHmac('sha256', secret)
    .update(`${deliveryId}.${timestamp}.${body}`)
    .digest('base64');
  return `v1,${mac}`;
}

/** The body of a delivery, in MLflow's shape. */
export function toPayload(options: {
  event: string;
  /** ISO text: when it happened. */
  at: string;
  data: object;
}): string {
  const [entity, action] = options.event.split('.');
  return JSON.stringify({
    entity,
    action,
    timestamp: options.at,
    data: options.data,
  });
}

/** What a test sends: data of a model that does not exist. */
export function exampleOf(event: WebhookEvent): object {
  const name = 'example_model';
  const [entity, action] = event.split('.');
  const tag = {
    key: 'example_key',
    ...(action === 'set' && { value: 'example_value' }),
  };
  const context = {
    tags: { example_key: 'example_value' },
    description: 'An example',
  };
  switch (entity) {
    case 'registered_model':
    case 'prompt':
      return { name, ...context };
    case 'model_version':
      return {
        name,
        version: '1',
        source: 'models:/123',
        run_id: 'abcd1234abcd5678',
        ...context,
      };
    case 'prompt_version':
      return { name, version: '1', template: 'Hello {{name}}!', ...context };
    case 'registered_model_tag':
    case 'prompt_tag':
      return { name, ...tag };
    case 'model_version_tag':
    case 'prompt_version_tag':
      return { name, version: '1', ...tag };
    case 'model_version_alias':
    case 'prompt_alias':
      return {
        name,
        alias: 'example_alias',
        ...(action === 'created' && { version: '1' }),
      };
    case 'model_version_stage':
      return {
        name,
        version: '1',
        from_stage: 'staging',
        to_stage: 'production',
      };
    default:
      return { name, version: '1', message: 'An example' };
  }
}
