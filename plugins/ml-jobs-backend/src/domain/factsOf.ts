import { parseEntityRef } from '@backstage/catalog-model';
import type { Facts } from '@downstage/node';

/** What a permission policy may ask about a job. The namespace is that of the model it trains. */
export function factsOf(job: { owner: string; model?: string }): Facts {
  const { owner, model } = job;
  return {
    owner,
    ...(model && { model, namespace: parseEntityRef(model).namespace }),
  };
}
