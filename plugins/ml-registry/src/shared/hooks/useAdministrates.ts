import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { useMe } from '@downstage/react';

/** Whether the signed-in person belongs to `downstage.administrators`; pages offer what the server will allow. */
export function useAdministrates(): boolean {
  const me = useMe();
  const administrators =
    useApi(configApiRef).getOptionalStringArray('downstage.administrators') ??
    [];
  return Boolean(
    me?.ownershipEntityRefs.some(ref => administrators.includes(ref)),
  );
}
