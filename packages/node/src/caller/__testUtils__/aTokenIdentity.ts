import { type TokenIdentity } from '../tokenSubject';

export const diagnostics = 'group:default/diagnostics';
export const identity: TokenIdentity = {
  actor: 'user:default/ann',
  tokenId: 'k3v9',
  tokenName: 'nightly',
  scopes: ['track'],
  groups: ['user:default/ann', diagnostics],
};
