import { generateKeyPairSync, sign } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import express from 'express';

const { privateKey, publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
});
const kid = 'people';

/** Stands in for the auth plugin: publishes the key by which the tokens of `signedToken` are verified. */
export const signedPeople = createBackendPlugin({
  pluginId: 'auth',
  register(env) {
    env.registerInit({
      deps: { httpRouter: coreServices.httpRouter },
      async init({ httpRouter }) {
        const router = express.Router();
        router.get('/.well-known/jwks.json', (_, response) => {
          const key = publicKey.export({ format: 'jwk' });
          response.json({ keys: [{ ...key, kid, alg: 'ES256', use: 'sig' }] });
        });
        httpRouter.use(router);
        httpRouter.addAuthPolicy({
          path: '/.well-known',
          allow: 'unauthenticated',
        });
      },
    });
  },
});

/** The token of a person who is signed in, as Backstage issues it. */
export function signedToken(userEntityRef: string): string {
  const now = Math.floor(Date.now() / 1000);
  const head = part({ typ: 'vnd.backstage.user', alg: 'ES256', kid });
  const times = { iat: now, exp: now + 3600 };
  const proof = signed(
    `${part({ typ: 'vnd.backstage.limited-user', alg: 'ES256', kid })}.${part({
      sub: userEntityRef,
      ...times,
    })}`,
  );
  const body = part({
    sub: userEntityRef,
    ...times,
    uip: proof,
  });
  return `${head}.${body}.${signed(`${head}.${body}`)}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signed(text: string): string {
  return sign('sha256', Buffer.from(text), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
}
