import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { useLoad } from '@downstage/react';
import { useRegistry } from './useRegistry';

/** How many promotions wait for the signed-in person; 0 as long as that is not known. */
export function useWaitingForMe(): number {
  const api = useRegistry();
  const { value } = useLoad(
    async signal => (await api.countPromotions({}, { signal })).waitingForMe,
    [api],
    { pollMs: 60_000, channel: mlRegistryTopics.promotionChanged },
  );
  return value ?? 0;
}
