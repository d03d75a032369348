import { Readable } from 'node:stream';
import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { parseRequest, requestCaller, sendContent } from '@downstage/node';
import { ledgerFilterSchema } from '@downstage/plugin-ml-registry-common';
import type { Request } from 'express';
import type express from 'express';
import Router from 'express-promise-router';
import { z } from 'zod';
import type { CardService } from './CardService';
import type { LedgerService } from '../ledger/LedgerService';
import { asAttachment } from '../kernel/http/asAttachment';
import { versionPathOf } from '../kernel/http/versionPath';

const exportQuerySchema = ledgerFilterSchema.extend({
  format: z.enum(['csv', 'json']).default('csv'),
});

/** Exports people save: attachments only, never shown by the browser on the portal's origin. */
export function createExportRouter(options: {
  httpAuth: HttpAuthService;
  cards: CardService;
  ledgers: LedgerService;
}): express.Router {
  const { httpAuth, cards, ledgers } = options;
  const router = Router();
  const callOf = async (request: Request) => ({
    caller: await requestCaller(httpAuth, request),
  });

  router.get('/v1/ledger/export', async (request, response) => {
    const call = await callOf(request);
    const query = parseRequest('query', exportQuerySchema, request.query);
    const { format } = query;
    const content = await ledgers.export(query, call);
    asAttachment(response, {
      name: `ledger.${format}`,
      type: format === 'csv' ? 'text/csv' : 'application/json',
    });
    await sendContent(Readable.from(content), response);
  });

  router.get(
    '/v1/models/:namespace/:name/versions/:version/card.md',
    async (request, response) => {
      const call = await callOf(request);
      const path = versionPathOf(request, 'card.md');
      const content = await cards.markdown(path, call);
      asAttachment(response, {
        name: `${path.name}-${path.version}-card.md`,
        type: 'text/markdown',
      });
      response.send(content);
    },
  );

  router.get(
    '/v1/models/:namespace/:name/versions/:version/bom.json',
    async (request, response) => {
      const call = await callOf(request);
      const path = versionPathOf(request, 'card.md');
      const content = await cards.bom(path, call);
      asAttachment(response, {
        name: `${path.name}-${path.version}.cdx.json`,
        type: 'application/vnd.cyclonedx+json; version=1.6',
      });
      response.send(JSON.stringify(content, undefined, 2));
    },
  );
  return router;
}
