import { mockServices } from '@backstage/backend-test-utils';
import express from 'express';
import request from 'supertest';
import { onlyKnownHosts, readKnownHosts, requireKnownHost } from './knownHosts';

const known = readKnownHosts(
  mockServices.rootConfig({
    data: {
      app: { baseUrl: 'https://Portal.example:8443' },
      backend: { baseUrl: 'http://localhost:7007' },
      auth: { providers: { example: { allowedHosts: ['Ml.Intern'] } } },
    },
  }),
);

describe('signing in without a password', () => {
  it.each([
    { host: 'localhost:7007' },
    { host: 'LOCALHOST' },
    { host: '127.0.0.1:7007' },
    { host: '[::1]:7007' },
    { host: '192.168.1.5:7007' },
    { host: 'portal.example:8443', origin: 'https://portal.example:8443' },
    { host: 'ml.intern', origin: 'http://localhost:3000' },
  ])('works at %p', headers => {
    expect(() => requireKnownHost(known, headers)).not.toThrow();
  });

  it.each([
    { host: 'rebound.attacker.example:7007' },
    { host: 'localhost.attacker.example' },
    { host: 'localhost:7007@attacker.example' },
    { host: 'a b' },
    { host: '' },
    {},
    { host: 'localhost:7007', origin: 'http://attacker.example' },
    { host: 'localhost:7007', origin: 'null' },
    { host: 'localhost:7007', origin: '' },
  ])('is refused at %p (issue 7)', headers => {
    expect(() => requireKnownHost(known, headers)).toThrow(
      /works under the portal's own names only.*localhost, portal\.example, ml\.intern/s,
    );
  });

  it('is refused before anything is asked', async () => {
    const app = express();
    const asked = jest.fn((_, response) => response.json({ token: 'x' }));
    app.use(onlyKnownHosts(known), asked);
    app.use(
      (
        error: Error,
        _request: express.Request,
        response: express.Response,
        _next: express.NextFunction,
      ) => response.status(403).json({ message: error.message }),
    );
    await request(app).get('/').set('Host', 'attacker.example').expect(403);
    expect(asked).not.toHaveBeenCalled();
    await request(app).get('/').set('Host', 'localhost:7007').expect(200);
  });
});
