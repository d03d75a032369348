import {
  configApiRef,
  identityApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { useEffect, useState } from 'react';

/** Who is signed in: their ref and what they own things through. */
export type Me = { userEntityRef: string; ownershipEntityRefs: string[] };

/** The signed-in user; `undefined` until known. */
export function useMe(): Me | undefined {
  const identityApi = useApi(identityApiRef);
  const [me, setMe] = useState<Me>();
  useEffect(() => {
    let gone = false;
    identityApi.getBackstageIdentity().then(
      identity => {
        if (!gone) setMe(identity);
      },
      () => {
        if (!gone) setMe({ userEntityRef: '', ownershipEntityRefs: [] });
      },
    );
    return () => {
      gone = true;
    };
  }, [identityApi]);
  return me;
}

/**
 * Whether the signed-in user may change what `owner` owns: a member of it, or an administrator of the portal.
 * Pages use it to offer only what the server will allow; the server decides.
 */
export function useOwns(owner: string | undefined): boolean {
  const me = useMe();
  const config = useApi(configApiRef);
  const administrators =
    config.getOptionalStringArray('downstage.administrators') ?? [];
  if (!me || !owner) return false;
  return me.ownershipEntityRefs.some(
    ref => ref === owner || administrators.includes(ref),
  );
}
