import { ConflictError, InputError } from '@backstage/errors';
import type {
  LabelReceipt,
  LabelValue,
} from '@downstage/plugin-ml-monitoring-common';

/** Which prediction a label belongs to. */
export type LabelKey = { requestId: string; row: number };

/** What is stored of one prediction, as far as a decision needs it. */
export type KnownLabel = LabelKey & {
  /** The highest of all its rows. */
  revision: number;
  /** The row that counts. Retention may have removed it. */
  current?: { revision: number; label: LabelValue; at: string };
  /** What was sent of the same times before, whether it counts or not. */
  sentBefore?: readonly { label: LabelValue; at: string }[];
};

/** A label that was sent. */
export type SentLabel = LabelKey & {
  label: LabelValue;
  /** When it became known; absent where the sender does not say. */
  at?: string;
};

/** A row that a batch adds. */
type AddedLabel = LabelKey & {
  revision: number;
  label: LabelValue;
  at: string;
  /** Whether it is the one that counts. */
  counts: boolean;
};

export type LabelPlan = {
  insert: AddedLabel[];
  /** Those that another takes the place of. */
  supersede: (LabelKey & { revision: number })[];
  receipt: LabelReceipt;
};

/** Rows of one prediction: the first label, corrections, and late ones. */
export const MOST_REVISIONS = 20;

/**
 * The labels of a batch, each prediction once.
 *
 * @throws InputError where two labels of one prediction differ, because their order means nothing
 */
export function distinctLabels(sent: readonly SentLabel[]): SentLabel[] {
  const byPrediction = new Map<string, SentLabel>();
  for (const label of sent) {
    const key = labelKey(label);
    const before = byPrediction.get(key);
    if (before && before.label !== label.label) {
      throw new InputError(
        `The batch has two different labels of prediction ${key}; send one, or the correction in a batch of its own`,
      );
    }
    if (!before) byPrediction.set(key, label);
  }
  return [...byPrediction.values()];
}

/**
 * What a batch changes.
 *
 * @remarks
 * A label that is sent again changes nothing, also after a correction: its time tells that it is the older one. Without a
 * time, another value is a correction.
 *
 * @param sent - each prediction once, see {@link distinctLabels}
 * @throws ConflictError where a prediction has as many revisions as it may have
 */
export function planLabels(
  sent: readonly SentLabel[],
  known: readonly KnownLabel[],
  now: string,
): LabelPlan {
  const byPrediction = new Map(known.map(one => [labelKey(one), one]));
  const plan: LabelPlan = {
    insert: [],
    supersede: [],
    receipt: {
      received: sent.length,
      added: 0,
      unchanged: 0,
      corrected: 0,
      late: 0,
    },
  };
  for (const { requestId, row, label, at } of sent) {
    const key = labelKey({ requestId, row });
    const {
      current,
      sentBefore,
      revision: highest = -1,
    } = byPrediction.get(key) ?? {};
    if (
      current?.label === label ||
      sentBefore?.some(one => one.label === label && one.at === at)
    ) {
      plan.receipt.unchanged += 1;
      continue;
    }
    const revision = highest + 1;
    if (revision >= MOST_REVISIONS) {
      throw new ConflictError(
        `Prediction ${key} has ${revision} labels, of which one counts; ${MOST_REVISIONS} are allowed. The batch was not taken: send it without this one`,
      );
    }
    const isLate = current !== undefined && at !== undefined && at < current.at;
    if (isLate) {
      plan.receipt.late += 1;
    } else if (current) {
      plan.receipt.corrected += 1;
      plan.supersede.push({ requestId, row, revision: current.revision });
    } else {
      plan.receipt.added += 1;
    }
    plan.insert.push({
      requestId,
      row,
      revision,
      label,
      at: at ?? now,
      counts: !isLate,
    });
  }
  return plan;
}

/** One text for a prediction, as the log spells its id. */
export function labelKey({ requestId, row }: LabelKey): string {
  return `${requestId}/${row}`;
}
