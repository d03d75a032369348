import { createTranslationRef } from '@backstage/frontend-plugin-api';
import { artifactsMessages } from '../artifacts/messages';
import { compareMessages } from '../compare/messages';
import { garbageMessages } from '../garbage/messages';
import { importsMessages } from '../imports/messages';
import { ledgerMessages } from '../ledger/messages';
import { modelsMessages } from '../models/messages';
import { promotionsMessages } from '../promotions/messages';
import { runMessages } from '../run/messages';
import { runsMessages } from '../runs/messages';
import { seriesMessages } from '../series/messages';
import { sharedMessages } from './messages';
import { versionSearchMessages } from '../versionSearch/messages';
import { versionsMessages } from '../versions/messages';
import { webhooksMessages } from '../webhooks/messages';

/** The words of the Models pages, cards and tabs; a portal may replace any of them. */
export const mlRegistryTranslationRef = createTranslationRef({
  id: 'plugin.ml-registry',
  messages: {
    ...artifactsMessages,
    ...compareMessages,
    ...garbageMessages,
    ...importsMessages,
    ...ledgerMessages,
    ...modelsMessages,
    ...promotionsMessages,
    ...runMessages,
    ...runsMessages,
    ...seriesMessages,
    ...sharedMessages,
    ...versionSearchMessages,
    ...versionsMessages,
    ...webhooksMessages,
  },
});
