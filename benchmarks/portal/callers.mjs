// Callers who do not see everything: people under the policy of `companyPolicy.ts`, and access tokens.
import { randomUUID } from 'node:crypto';
import { tokenOf } from './portals.mjs';
import { busiest } from './seed.mjs';

const scopes = ['read', 'track', 'register', 'train', 'serve', 'monitor'];

const people = {
  underRules: 'user:default/cleo',
  underCatalog: 'user:default/ben',
  free: 'user:default/ann',
};

/** Each with what is sent as its bearer token. */
export async function callersOf(url) {
  const [rules, catalog, free] = await Promise.all(
    Object.values(people).map(person => tokenOf(url, person)),
  );
  const made = (maker, binding) =>
    makeToken(url, maker, { scopes, ...(binding && { binding }) });
  return [
    { title: 'a person, rules for our things', secret: rules },
    { title: 'a person, rules for the catalog', secret: catalog },
    {
      title: 'a token bound to a model',
      secret: await made(free, { model: `model:default/${busiest.name}` }),
    },
    {
      title: 'a token bound to a group',
      secret: await made(free, { group: `group:default/${busiest.group}` }),
    },
    { title: 'a token, rules for our things', secret: await made(rules) },
    { title: 'a token, rules for the catalog', secret: await made(catalog) },
  ];
}

async function makeToken(url, maker, asked) {
  const answer = await fetch(`${url}/api/ml-tokens/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${maker}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      name: `benchmark-${randomUUID()}`,
      expiresInDays: 1,
      ...asked,
    }),
  });
  if (!answer.ok) {
    throw new Error(`No token: ${answer.status} ${await answer.text()}`);
  }
  return (await answer.json()).secret;
}
