import { InputError } from '@backstage/errors';
import type { ModelPath } from './refs';

/** `model:default/churn`, `default/churn` or `churn`. */
export function pathOfModel(text: string): ModelPath {
  const match = /^(?:model:)?(?:([^/:@]+)\/)?([^/:@]+)$/i.exec(text.trim());
  if (!match) {
    throw new InputError(
      `Not a model: '${text}' (expected model:default/churn or churn)`,
    );
  }
  return { namespace: match[1] ?? 'default', name: match[2] };
}
