import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { useLoad, useMe } from '@downstage/react';
import { waitsFor } from '../domain/approvalsInbox';
import { useRegistry } from './useRegistry';

/** How many promotions wait for the signed-in person; 0 as long as that is not known. */
export function useWaitingForMe(): number {
  const api = useRegistry();
  const me = useMe();
  const { value = [] } = useLoad(
    async signal => {
      const query = { state: 'waiting-for-approval' as const };
      return (await api.listPromotions({ query }, { signal })).items;
    },
    [api],
    { pollMs: 60_000, channel: mlRegistryTopics.promotionChanged },
  );
  return value.filter(promotion => waitsFor(me, promotion)).length;
}
