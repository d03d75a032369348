import { setTimeout as pause } from 'node:timers/promises';
import { InputError } from '@backstage/errors';
import { cli } from 'cleye';
import { number, refuseMore } from '../../command';
import { exitCodes } from '../../jobs/exitCodes';
import { followLog, lastLines } from '../../jobs/followLog';
import { jobCommand } from '../../jobs/jobCommand';
import { patiently } from '../../jobs/patiently';
import { reportEnd } from '../../jobs/reportEnd';
import { waysOn } from '../../jobs/seeToTheEnd';
import { untilCtrlC } from '../../jobs/untilCtrlC';

export const logs = jobCommand({
  path: ['jobs', 'logs'],
  description: 'The log of a job; -f follows it to the end of the job',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<job>'],
        flags: {
          follow: {
            type: Boolean,
            alias: 'f',
            description: 'Go on until the job is over, and end as it ended',
            default: false,
          },
          tail: {
            type: number,
            description: 'Begin with the last so many lines',
          },
          worker: {
            type: String,
            description: 'Of one process of a job with several: worker/1',
          },
          every: {
            type: number,
            description: 'Seconds between two looks',
            default: 1,
          },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    const { follow, tail, worker } = flags;
    if (tail !== undefined && !(Number.isInteger(tail) && tail >= 0))
      throw new InputError(
        `--tail is ${tail}; expected how many lines, such as 20`,
      );
    const { job: id } = given;
    return async context => {
      const { jobs, output } = context;
      const ended = await untilCtrlC(async signal => {
        const waiting = {
          pause: (ms: number) => pause(ms, undefined, { signal }),
          say: output.note,
        };
        let offset = 0;
        if (tail !== undefined) {
          const last = await lastLines({ jobs }, { id, worker, lines: tail });
          output.piece(last.text);
          offset = last.nextOffset;
        }
        if (tail === undefined || follow)
          await followLog(context, {
            ...{ id, worker, offset, follow },
            ...waiting,
            everyMs: flags.every * 1000,
          });
        return follow
          ? patiently(() => jobs.getJob({ params: { id } }), waiting)
          : true;
      });
      if (ended === undefined) {
        output.note(`${id} goes on. ${waysOn(id)}`);
        process.exitCode = exitCodes.interrupted;
      } else if (ended !== true) {
        await reportEnd(
          { jobs, output: { ...output, result: output.note } },
          ended,
          { json: false, log: false, now: new Date() },
        );
      }
    };
  },
});
