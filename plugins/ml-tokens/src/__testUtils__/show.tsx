import type { ReactElement } from 'react';
import type {
  AccessToken,
  OfferedScope,
} from '@downstage/plugin-ml-tokens-common';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { mlTokensApiRef, type MlTokensApi } from '../api';

export const diagnostics = 'group:default/diagnostics';
export const secret = `dst_${'a'.repeat(49)}`;

/** A token of Ann's, unless it is said to be another. */
export function aToken(change: Partial<AccessToken> = {}): AccessToken {
  return {
    id: 'k3v9',
    name: 'notebook',
    kind: 'personal',
    owner: 'user:default/ann',
    actor: 'user:default/ann',
    scopes: ['track', 'register'],
    binding: {},
    state: 'active',
    hint: 'dst_aaaa',
    createdBy: 'user:default/ann',
    createdAt: '2026-11-20T10:00:00Z',
    expiresAt: '2099-02-18T10:00:00Z',
    ...change,
  };
}

/** A scope that every token may have. */
export function aScope(name: string, ...permissions: string[]): OfferedScope {
  return { name, permissions, personal: false };
}

/** Renders a page as Ann sees it, over tokens that answer as `api` says. */
export function show(
  element: ReactElement,
  options: { api?: Partial<MlTokensApi>; address?: string } = {},
) {
  const notHere = async () => {
    throw new Error('Not expected here');
  };
  const api: MlTokensApi = {
    listTokens: async () => ({
      items: [aToken()],
      options: { defaultDays: 90, maxDays: 200 },
    }),
    listScopes: async () => ({
      items: [
        aScope('read', 'ml.registry.read'),
        aScope('predict', 'ml.serving.predict'),
        aScope('track', 'ml.registry.track'),
        aScope('register', 'ml.registry.register'),
        { ...aScope('promote', 'ml.registry.promote'), personal: true },
      ],
    }),
    createToken: notHere,
    revokeToken: notHere,
    getCurrentToken: notHere,
    ...options.api,
  };
  return renderInTestApp(element, {
    initialRouteEntries: [options.address ?? '/'],
    apis: [
      [mlTokensApiRef, api],
      [
        identityApiRef,
        mockApis.identity({
          userEntityRef: 'user:default/ann',
          ownershipEntityRefs: ['user:default/ann', diagnostics],
        }),
      ],
    ],
  });
}
