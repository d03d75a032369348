import type { WebhookTest } from '@downstage/plugin-ml-registry-common';
import { sign, type Attempt } from './webhooks';
import type { WebhookRecord } from './WebhookStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';

/** Of an answer; the rest is not read. */
const BODY_LIMIT = 1024;

/** Sends one event to one webhook, once. */
export class WebhookSender {
  readonly #client: OutboundClient;
  readonly #secrets: SecretBox;
  readonly #clock: () => Date;

  constructor(options: {
    client: OutboundClient;
    secrets: SecretBox;
    clock: () => Date;
  }) {
    this.#client = options.client;
    this.#secrets = options.secrets;
    this.#clock = options.clock;
  }

  /** Never throws: how it went is the answer. */
  async send(
    webhook: WebhookRecord,
    delivery: { id: string; payload: string },
  ): Promise<Attempt & WebhookTest> {
    try {
      const timestamp = Math.floor(this.#clock().getTime() / 1000);
      const secret =
        webhook.secret &&
        this.#secrets.open(webhook.secret, purposeOf(webhook.id));
      const response = await this.#client.send(webhook.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'downstage-webhooks',
          'x-mlflow-delivery-id': delivery.id,
          'x-mlflow-timestamp': String(timestamp),
          ...(secret && {
            'x-mlflow-signature': sign({
              secret,
              timestamp,
              deliveryId: delivery.id,
              body: delivery.payload,
            }),
          }),
        },
        body: delivery.payload,
      });
      const status = response.statusCode;
      const text = await readStart(response.body);
      const success = status >= 200 && status < 300;
      const reason = success ? undefined : explain(status);
      return {
        status,
        reason,
        success,
        responseStatus: status,
        responseBody: text,
        message: reason,
      };
    } catch (error) {
      const reason = reasonOf(error);
      return { success: false, reason, message: reason };
    }
  }
}

/** What a webhook's secret is sealed for. */
export function purposeOf(webhookId: string): string {
  return `webhook ${webhookId}`;
}

async function readStart(
  body: AsyncIterable<unknown> & { destroy(): unknown },
) {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
    parts.push(bytes);
    size += bytes.length;
    if (size >= BODY_LIMIT) break;
  }
  body.destroy();
  return Buffer.concat(parts).subarray(0, BODY_LIMIT).toString('utf8');
}

function explain(status: number): string {
  return status >= 300 && status < 400
    ? `The receiver answered ${status}; redirects are not followed, set the address it points to`
    : `The receiver answered ${status}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 500);
  if (error.name === 'TimeoutError') return 'No answer within ten seconds';
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return `${error.message || error.name}${code}`.slice(0, 500);
}
