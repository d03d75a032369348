/**
 * The command line of Downstage: a module of the Backstage CLI, and the program `downstage`.
 *
 * @packageDocumentation
 */
import { createCliModule } from '@backstage/cli-node';
import packageJson from '../package.json';
import { importServer } from './commands/importServer';
import { init } from './commands/init';
import { cancel } from './commands/jobs/cancel';
import { explain } from './commands/jobs/explain';
import { get } from './commands/jobs/get';
import { list } from './commands/jobs/list';
import { logs } from './commands/jobs/logs';
import { queue } from './commands/jobs/queue';
import { rerun } from './commands/jobs/rerun';
import { submit } from './commands/jobs/submit';
import { ledger, production } from './commands/ledger';
import { models } from './commands/models';
import { approve, promote, promotions, reject } from './commands/promotions';
import { rollback } from './commands/rollback';
import { search } from './commands/search';
import { tokenCreate, tokenList, tokenRevoke } from './commands/tokens';
import { validate } from './commands/validate';
import { versions } from './commands/versions';

/** Every command of `downstage`. */
export const commands = [
  models,
  versions,
  search,
  promote,
  promotions,
  approve,
  reject,
  rollback,
  ledger,
  production,
  submit,
  list,
  get,
  logs,
  cancel,
  rerun,
  explain,
  queue,
  importServer,
  tokenCreate,
  tokenList,
  tokenRevoke,
  init,
  validate,
];

export default createCliModule({
  packageJson,
  init: async registry => {
    for (const command of commands) registry.addCommand(command);
  },
});
