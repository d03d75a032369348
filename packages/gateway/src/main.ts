import { stringifyError } from '@backstage/errors';
import { readConfig } from './config';
import { changeOwn } from './processes/niceness';
import { Priorities } from './processes/Priorities';
import { startGateway } from './startGateway';

/* The process: `node dist/main.cjs.js --state-dir … --log-dir … --admin-token-file …`. */

function say(level: string, message: string) {
  process.stdout.write(
    `${JSON.stringify({ at: new Date().toISOString(), level, message })}\n`,
  );
}

// The reader of the output may be gone: the gateway outlives the portal. Unheard, the error of one line would be said by the
// next, which fails too, without end.
process.stdout.on('error', () => {});

async function main() {
  const config = readConfig(process.argv.slice(2), process.env);
  const { heavyNiceness: niceness, lightNiceness } = config;
  const isFavoured = niceness > 0 && changeOwn(lightNiceness);
  const light = isFavoured ? lightNiceness : 0;
  const priorities = new Priorities({ niceness, light });
  const gateway = await startGateway(config, { say, priorities });
  // A mistake in one request must not end the others: said, counted in nobody's favour, and carried on from.
  const carryOn = (error: unknown) =>
    say('error', `Unforeseen: ${stringifyError(error)}`);
  process.on('unhandledRejection', carryOn);
  process.on('uncaughtException', carryOn);
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    say('info', `${signal}: stopping`);
    await gateway.stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // Last: a reader of this line may stop the gateway in the same moment.
  say('info', `Listening on ${gateway.url}`);
}

main().catch(error => {
  say('error', stringifyError(error));
  process.exit(1);
});
