import type { Clock } from '@downstage/common';
import type { ReconcilePatch } from '@downstage/node';
import { judgeAttempt, ORDERED_ATTEMPTS } from './webhooks';
import type { WebhookStore } from './WebhookStore';
import type { WebhookSender } from './WebhookSender';

/** One that waits for an older one is woken; looking again by itself is for when the process that had to wake it died. */
const HELD_BACK_MS = 10 * 60_000;
/** Deliveries that ended are kept for a month. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/**
 * Takes deliveries one step further. A webhook hears of changes in their order,
 * as long as it answers; a delivery that failed three times no longer holds
 * back the younger ones. A step that a crash cut off runs again. A receiver may
 * then hear of a change twice, under the same delivery id.
 */
export class WebhookDeliveries {
  readonly #webhooks: WebhookStore;
  readonly #sender: WebhookSender;
  readonly #clock: Clock;
  #prunedAt = 0;

  constructor(options: {
    webhooks: WebhookStore;
    sender: WebhookSender;
    clock: Clock;
  }) {
    this.#webhooks = options.webhooks;
    this.#sender = options.sender;
    this.#clock = options.clock;
  }

  async step(sequence: number): Promise<ReconcilePatch> {
    const done = { next_reconcile_at: null };
    const delivery = await this.#webhooks.findDelivery({ sequence });
    if (!delivery || delivery.state !== 'pending') return done;
    const webhook = await this.#webhooks.find(delivery.webhookId);
    if (!webhook) return done;
    if (webhook.status !== 'ACTIVE') {
      const reason = 'The webhook was disabled before it was sent';
      return { ...done, state: 'failed', reason };
    }
    if (await this.#webhooks.isHeldBack(delivery, ORDERED_ATTEMPTS)) {
      return { next_reconcile_at: this.#after(HELD_BACK_MS), ticket: null };
    }
    const attempts = delivery.attempts + 1;
    const attempt = await this.#sender.send(webhook, delivery);
    const verdict = judgeAttempt(attempt, attempts);
    const seen = { attempts, response_status: attempt.status ?? null };
    if (verdict.state === 'pending') {
      return {
        ...seen,
        reason: verdict.reason,
        next_reconcile_at: this.#after(verdict.retryInMs),
      };
    }
    return verdict.state === 'delivered'
      ? {
          ...seen,
          ...done,
          state: 'delivered',
          reason: null,
          delivered_at: this.#after(0),
        }
      : { ...seen, ...done, state: 'failed', reason: verdict.reason };
  }

  /** After a step was written: wakes the next one of the same webhook, and forgets old ones now and then. */
  async after(sequence: number): Promise<void> {
    const delivery = await this.#webhooks.findDelivery({ sequence });
    if (delivery) {
      // After a step that only waited, too: the one it waited for may have ended in between.
      await this.#webhooks.wakeNext(delivery.webhookId, {
        now: this.#after(0),
        orderedAttempts: ORDERED_ATTEMPTS,
      });
    }
    const now = this.#clock().getTime();
    if (now - this.#prunedAt < 3600_000) return;
    this.#prunedAt = now;
    await this.#webhooks.prune(this.#after(-KEPT_MS));
  }

  #after(ms: number): string {
    return new Date(this.#clock().getTime() + ms).toISOString();
  }
}
