import { InputError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import type { JsonText } from './JsonText';
import type { Message } from './Message';

/** One endpoint: reads the message, calls a service, answers an object or its text. */
export type MlflowRoute = {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/<version>/mlflow/`; express parameters become fields of the message. */
  path: string;
  /** 2.0 unless said otherwise; younger endpoints of MLflow have 3.0. */
  version?: '2.0' | '3.0';
  /** Bytes of the body, where fewer are allowed than for others. */
  bodyLimit?: number;
  handle: (message: Message, caller: Caller) => Promise<object | JsonText>;
};

/** Bounds of `max_results`; zero and too many are the caller's mistake. */
export function readLimit(
  message: Message,
  bounds: { default: number; max: number },
): number {
  const asked = message.integer('max_results') ?? bounds.default;
  if (asked >= 1 && asked <= bounds.max) return asked;
  throw new InputError(
    `Invalid value ${asked} for parameter 'max_results' supplied. It must be at least 1 and at most ${bounds.max}`,
  );
}

/** `key`/`value` pairs as a record; the last of a key wins. */
export function readTags(
  message: Message,
  name = 'tags',
): Record<string, string> {
  return Object.fromEntries(
    readEntries(message, name).map(({ key, value }) => [key, value]),
  );
}

/** The value of a tag or a param. Without one, or with null, MLflow takes it for empty. */
export function readValue(message: Message): string {
  return message.string('value') ?? '';
}

export function readEntries(
  message: Message,
  name: string,
): { key: string; value: string }[] {
  return message.messages(name).map(entry => ({
    key: entry.required('key'),
    value: readValue(entry),
  }));
}

export function readLifecycle(
  message: Message,
  name: string,
): ('active' | 'deleted')[] {
  const view = message.choice(name, ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']);
  if (view === 'DELETED_ONLY') return ['deleted'];
  if (view === 'ALL') return ['active', 'deleted'];
  return ['active'];
}
