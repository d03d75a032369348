import {
  mlRegistryTopics,
  type Model,
} from '@downstage/plugin-ml-registry-common';
import { useLoad, type Loaded } from '@downstage/react';
import { useRegistry } from './useRegistry';

const pageSize = 500;
const mostPages = 20;

/** All models by name, read page after page; `complete` is false when there are more than the list can hold. */
export function useAllModels(): Loaded<{ items: Model[]; complete: boolean }> {
  const api = useRegistry();
  return useLoad(
    async signal => {
      const items: Model[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const query = { limit: pageSize, ...(cursor && { cursor }) };
        const answer = await api.listModels({ query }, { signal });
        items.push(...answer.items);
        cursor = answer.nextCursor;
        if (!cursor) return { items, complete: true };
      }
      return { items, complete: false };
    },
    [api],
    {
      channel: [
        mlRegistryTopics.stageChanged,
        mlRegistryTopics.promotionChanged,
      ],
    },
  );
}
